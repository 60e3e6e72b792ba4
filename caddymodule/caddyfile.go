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
	httpcaddyfile.RegisterDirective("aws_jwt", parseDirective)
	httpcaddyfile.RegisterDirectiveOrder("aws_jwt", httpcaddyfile.Before, "basic_auth")
}

// parseDirective sets up the handler from Caddyfile tokens. Syntax:
//
//	aws_jwt [<matcher>] {
//	    issuer <url> [<account-id>...] {
//	        account   <account-id>...
//	        audience  <audience>...
//	        algorithm RS256|ES384...
//	        jwks_url  <url>
//	        jwks_file <path>
//	    }
//	    issuers_file <path>
//	    organization <org-id>... {
//	        issuer_template <url>
//	    }
//	    jwks {
//	        ttl       <duration>
//	        max_stale <duration>
//	        cooldown  <duration>
//	        timeout   <duration>
//	        ca        <pem-file>...
//	        proxy     <url>
//	        allow_private_addresses
//	        persist   on|off
//	    }
//	    audience        <audience>...
//	    single_audience
//	    algorithm       RS256|ES384...
//	    leeway          <duration>
//	    max_lifetime    <duration>
//	    account         <account-id>...
//	    org             <org-id>...
//	    principal_tag   <key> <value>...
//	    request_tag     <key> <value>...
//	    token_source    bearer|basic...
//	    deny            [<name>] <cel>
//	    deny            shadow <name> <cel>
//	    allow           [<name>] <cel>
//	    allow           shadow <name> <cel>
//	    mode            enforce|audit
//	    optional
//	    header          <field> <value>
//	    default_headers on|off
//	    assertion {
//	        issuer    <url>
//	        audience  <audience>
//	        subject   <template>
//	        claims    <path>...
//	        header    <field>
//	        ttl       <duration>
//	        algorithm ES256|RS256
//	        rotation  <duration>
//	    }
//	    forward_token
//	    allow_upgrade   websocket
//	    max_stream      <duration>
//	    realm           <name>
//	    explain_errors
//	    cache off|{
//	        size <tokens>
//	        ttl  <duration>
//	    }
//	    signature_share <per cent>
//	    log_passes      <n>
//	}
//
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
	d.Next()
	return h.readSettings(d)
}

// readSettings reads what is behind the name.
func (h *Handler) readSettings(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, h, map[string]subdirective[Handler]{
		"issuer":          {readIssuer, true},
		"issuers_file":    {func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.IssuersFile) }, false},
		"organization":    {readOrganization, false},
		"jwks":            {readJWKS, false},
		"audience":        {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Audiences) }, false},
		"single_audience": {func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.SingleAudience) }, false},
		"algorithm":       {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Algorithms) }, false},
		"leeway":          {func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.Leeway) }, false},
		"max_lifetime":    {func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.MaxLifetime) }, false},
		"account":         {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Accounts) }, false},
		"org":             {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.Orgs) }, false},
		"principal_tag":   {func(d *caddyfile.Dispenser, h *Handler) error { return readTag(d, &h.PrincipalTags) }, true},
		"request_tag":     {func(d *caddyfile.Dispenser, h *Handler) error { return readTag(d, &h.RequestTags) }, true},
		"token_source":    {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.TokenSources) }, false},
		"deny":            {func(d *caddyfile.Dispenser, h *Handler) error { return readRule(d, &h.Deny) }, true},
		"allow":           {func(d *caddyfile.Dispenser, h *Handler) error { return readRule(d, &h.Allow) }, true},
		"mode":            {func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.Mode) }, false},
		"optional":        {func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.Optional) }, false},
		"header":          {readHeader, true},
		"default_headers": {func(d *caddyfile.Dispenser, h *Handler) error {
			return readSwitch(d, "default_headers", &h.DefaultHeaders)
		}, false},
		"assertion":       {readAssertion, false},
		"forward_token":   {func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.ForwardToken) }, false},
		"allow_upgrade":   {func(d *caddyfile.Dispenser, h *Handler) error { return readList(d, &h.AllowUpgrade) }, false},
		"max_stream":      {func(d *caddyfile.Dispenser, h *Handler) error { return readDuration(d, &h.MaxStream) }, false},
		"cache":           {readCache, false},
		"signature_share": {readSignatureShare, false},
		"realm":           {func(d *caddyfile.Dispenser, h *Handler) error { return readText(d, &h.Realm) }, false},
		"log_passes":      {readLogPasses, false},
		"explain_errors":  {func(d *caddyfile.Dispenser, h *Handler) error { return readFlag(d, &h.ExplainErrors) }, false},
	})
}
