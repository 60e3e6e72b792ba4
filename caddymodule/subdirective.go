package caddymodule

import (
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// subdirective reads one line, or block, of a Caddyfile into a T.
type subdirective[T any] struct {
	read       func(*caddyfile.Dispenser, *T) error
	repeatable bool
}

// readBlock reads the block at the cursor, line by line. A name that is not
// known, and one that comes twice and may not, is an error.
func readBlock[T any](d *caddyfile.Dispenser, into *T, known map[string]subdirective[T]) error {
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		sub, ok := known[name]
		if !ok {
			return unknownSubdirective(d, name, known)
		}
		if seen[name] && !sub.repeatable {
			return d.Errf("%s stands here already; write it once", name)
		}
		seen[name] = true
		if err := sub.read(d, into); err != nil {
			return err
		}
	}
	return nil
}

func unknownSubdirective[T any](d *caddyfile.Dispenser, name string, known map[string]subdirective[T]) error {
	names := make([]string, 0, len(known))
	for each := range known {
		names = append(names, each)
	}
	slices.Sort(names)
	if nearest := awstoken.Nearest(name, names); nearest != "" {
		return d.Errf("unknown subdirective %q; did you mean %q?", name, nearest)
	}
	return d.Errf("unknown subdirective %q; known are %v", name, names)
}

func readIssuer(d *caddyfile.Dispenser, h *Handler) error {
	var issuer Issuer
	if !d.Args(&issuer.URL) {
		return d.ArgErr()
	}
	issuer.Accounts = d.RemainingArgs()
	err := readBlock(d, &issuer, map[string]subdirective[Issuer]{
		"account":   {func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Accounts) }, false},
		"audience":  {func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Audiences) }, false},
		"algorithm": {func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Algorithms) }, false},
		"jwks_url":  {func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSURL) }, false},
		"jwks_file": {func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSFile) }, false},
	})
	h.Issuers = append(h.Issuers, issuer)
	return err
}

func readJWKS(d *caddyfile.Dispenser, h *Handler) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	h.JWKS = new(JWKS)
	return readBlock(d, h.JWKS, map[string]subdirective[JWKS]{
		"ttl":       {func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.TTL) }, false},
		"max_stale": {func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.MaxStale) }, false},
		"cooldown":  {func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Cooldown) }, false},
		"timeout":   {func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Timeout) }, false},
		"ca":        {func(d *caddyfile.Dispenser, j *JWKS) error { return readList(d, &j.CA) }, false},
		"proxy":     {func(d *caddyfile.Dispenser, j *JWKS) error { return readText(d, &j.Proxy) }, false},
		"allow_private_addresses": {
			func(d *caddyfile.Dispenser, j *JWKS) error { return readFlag(d, &j.AllowPrivateAddresses) }, false,
		},
		"persist": {func(d *caddyfile.Dispenser, j *JWKS) error { return readSwitch(d, "persist", &j.Persist) }, false},
	})
}

func readOrganization(d *caddyfile.Dispenser, h *Handler) error {
	h.Organization = &Organization{IDs: d.RemainingArgs()}
	if len(h.Organization.IDs) == 0 {
		return d.ArgErr()
	}
	return readBlock(d, h.Organization, map[string]subdirective[Organization]{
		"issuer_template": {func(d *caddyfile.Dispenser, o *Organization) error { return readText(d, &o.IssuerTemplate) }, false},
	})
}

func readList[S ~string](d *caddyfile.Dispenser, into *[]S) error {
	values := d.RemainingArgs()
	if len(values) == 0 {
		return d.ArgErr()
	}
	for _, value := range values {
		*into = append(*into, S(value))
	}
	return nil
}

func readText(d *caddyfile.Dispenser, into *string) error {
	if !d.AllArgs(into) {
		return d.ArgErr()
	}
	if *into == "" {
		return d.Err("the value is empty")
	}
	return nil
}

func readFlag(d *caddyfile.Dispenser, into *bool) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	*into = true
	return nil
}

func readDuration(d *caddyfile.Dispenser, into **caddy.Duration) error {
	var text string
	if !d.AllArgs(&text) {
		return d.ArgErr()
	}
	parsed, err := caddy.ParseDuration(text)
	if err != nil {
		return d.Errf("%q is not a duration such as 30s or 15m", text)
	}
	duration := caddy.Duration(parsed)
	*into = &duration
	return nil
}

func readTag(d *caddyfile.Dispenser, into *map[string][]string) error {
	var key string
	if !d.Args(&key) {
		return d.ArgErr()
	}
	values := d.RemainingArgs()
	if len(values) == 0 {
		return d.ArgErr()
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
		return d.ArgErr()
	}
	h.Headers = append(h.Headers, header)
	return nil
}

func readSwitch(d *caddyfile.Dispenser, name string, into **bool) error {
	var text string
	if !d.AllArgs(&text) || text != "on" && text != "off" {
		return d.Errf("%s is on or off", name)
	}
	on := text == "on"
	*into = &on
	return nil
}
