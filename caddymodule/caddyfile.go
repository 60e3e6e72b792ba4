package caddymodule

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	handlerDirective.register(parseDirective)
}

var handlerDirective = directive[Handler]{
	name:         "aws_jwt",
	subdirective: subdirective[Handler]{usage: "[<matcher>] { … }", read: readHandler, block: handlerLines},
	position:     httpcaddyfile.Before,
	beside:       "basic_auth",
}

// parseDirective sets up the handler from Caddyfile tokens: those of handlerLines.
// With a matcher it writes two routes: one that strips every request, and one
// that authenticates those that match.
func parseDirective(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next() // the directive's name
	matcher, err := h.ExtractMatcherSet()
	if err != nil {
		return nil, err
	}
	handler := new(Handler)
	if err := handler.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	if len(matcher) == 0 {
		return h.NewRoute(nil, handler), nil
	}
	firewall := &Handler{
		FirewallOnly: true, Headers: handler.Headers, DefaultHeaders: handler.DefaultHeaders,
		AllowUpgrade: handler.AllowUpgrade,
	}
	if handler.Assertion != nil {
		firewall.Assertion = &Assertion{Header: handler.Assertion.Header}
	}
	// A Subroute of nothing but routes keeps them in this order; two routes
	// would be sorted, and the one with the matcher come first.
	routes := caddyhttp.Subroute{Routes: caddyhttp.RouteList{
		route(nil, firewall), route(matcher, handler),
	}}
	return []httpcaddyfile.ConfigValue{{Class: "route", Value: routes}}, nil
}

func route(matcher caddy.ModuleMap, handler *Handler) caddyhttp.Route {
	r := caddyhttp.Route{HandlersRaw: []json.RawMessage{caddyconfig.JSONModuleObject(handler, "handler", "aws_jwt", nil)}}
	if matcher != nil {
		r.MatcherSetsRaw = []caddy.ModuleMap{matcher}
	}
	return r
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return handlerDirective.unmarshal(d, h)
}

func readHandler(d *caddyfile.Dispenser, h *Handler) error {
	return readOnlyBlock(d, h, handlerLines)
}

var handlerLines = lines[Handler]{
	"issuer":          {usage: "<url> [<account-id>...] [{ … }]", read: readIssuer, repeatable: true, block: issuerLines},
	"issuers_file":    {usage: "<path>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.IssuersFile) }},
	"organization":    {usage: "<org-id>... [{ … }]", read: readOrganization, block: organizationLines},
	"jwks":            {usage: "{ … }", read: readJWKS, block: jwksLines},
	"audience":        {usage: "<audience>...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Audiences) }},
	"single_audience": {read: func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.SingleAudience) }},
	"algorithm":       {usage: "RS256|ES384...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Algorithms) }},
	"leeway":          {usage: "<duration>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.Leeway) }},
	"max_lifetime":    {usage: "<duration>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.MaxLifetime) }},
	"account":         {usage: "<account-id>...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Accounts) }},
	"org":             {usage: "<org-id>...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Orgs) }},
	"principal_tag":   {usage: "<key> <value>...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readTag(d, &h.PrincipalTags) }, repeatable: true},
	"request_tag":     {usage: "<key> <value>...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readTag(d, &h.RequestTags) }, repeatable: true},
	"token_source":    {usage: "bearer|basic...", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.TokenSources) }},
	"deny":            {usage: "[[shadow] <name>] <cel>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readRule(d, &h.Deny) }, repeatable: true},
	"allow":           {usage: "[[shadow] <name>] <cel>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readRule(d, &h.Allow) }, repeatable: true},
	"mode":            {usage: "enforce|audit", read: func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.Mode) }},
	"optional":        {read: func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.Optional) }},
	"header":          {usage: "<field> <value>", read: readHeader, repeatable: true},
	"default_headers": {usage: "on|off", read: func(d *caddyfile.Dispenser, h *Handler) error { return readSwitch(d, &h.DefaultHeaders) }},
	"assertion":       {usage: "{ … }", read: readAssertion, block: assertionLines},
	"forward_token":   {read: func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.ForwardToken) }},
	"allow_upgrade":   {usage: "websocket", read: func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.AllowUpgrade) }},
	"max_stream":      {usage: "<duration>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.MaxStream) }},
	"cache":           {usage: "off|{ … }", read: readCache, block: cacheLines},
	"signature_share": {usage: "<per-cent>", read: readSignatureShare},
	"realm":           {usage: "<name>", read: func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.Realm) }},
	"log_passes":      {usage: "<n>", read: readLogPasses},
	"explain_errors":  {read: func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.ExplainErrors) }},
}

func readTag(d *caddyfile.Dispenser, into *map[string][]string) error {
	var key string
	if !d.Args(&key) {
		return errArguments
	}
	values := d.RemainingArgs()
	if len(values) == 0 {
		return errArguments
	}
	if _, twice := (*into)[key]; twice {
		return d.Errf("tag %q stands here already; name all its values on one line", key)
	}
	if *into == nil {
		*into = make(map[string][]string)
	}
	(*into)[key] = values
	return nil
}

func readRule(d *caddyfile.Dispenser, into *[]Rule) error {
	kind := d.Val()
	args := d.RemainingArgs()
	shadow := len(args) > 1 && args[0] == "shadow"
	switch {
	case shadow && len(args) == 3 && args[1] != "":
		*into = append(*into, Rule{Name: args[1], Expression: args[2], Shadow: true})
	case shadow && len(args) <= 3:
		// As the name of a rule it would be in force.
		return d.Errf("a shadow rule has a name: %s shadow <name> <cel>", kind)
	case len(args) == 1:
		*into = append(*into, Rule{Expression: args[0]})
	case len(args) == 2:
		*into = append(*into, Rule{Name: args[0], Expression: args[1]})
	default:
		return d.Errf("a rule is [<name>] <cel>; put the expression between backquotes, so that it is one argument and not %d", len(args))
	}
	return nil
}

func readHeader(d *caddyfile.Dispenser, h *Handler) error {
	var header Header
	if !d.AllArgs(&header.Field, &header.Value) {
		return errArguments
	}
	h.Headers = append(h.Headers, header)
	return nil
}

// readLogPasses reads of how many passes one is logged.
func readLogPasses(d *caddyfile.Dispenser, h *Handler) error {
	return readNumber(d, "log_passes is a number above 0, of how many requests one is logged", "", &h.LogPasses)
}
