package caddymodule

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// subdirective is one line, or block, of a Caddyfile that is read into a T.
type subdirective[T any] struct {
	usage      string // what stands behind its name, as in docs/reference/caddyfile.md
	read       func(*caddyfile.Dispenser, *T) error
	repeatable bool
	block      manual // the lines of its block; nil: it has none
}

// lines are the subdirectives of a block, by name.
type lines[T any] map[string]subdirective[T]

// manual is what is asked of the lines of another block.
type manual interface{ knows(name string) bool }

func (l lines[T]) knows(name string) bool {
	_, known := l[name]
	return known
}

// errArguments is the error of whatever reads a line that has too few arguments,
// or too many. The user sees what to write instead.
var errArguments = errors.New("wrong arguments")

// readLine reads what is behind the name of a line.
func (s subdirective[T]) readLine(d *caddyfile.Dispenser, name string, into *T) error {
	err := s.read(d, into)
	if errors.Is(err, errArguments) {
		return d.Errf("wrong argument count or unexpected line ending after '%s'; write %s", d.Val(), s.written(name))
	}
	return err
}

// written is the whole line.
func (s subdirective[T]) written(name string) string {
	return strings.TrimSpace(name + " " + s.usage)
}

// readBlock reads the block at the cursor, line by line. A name that is not
// known, and one that comes twice and may not, is an error.
func readBlock[T any](d *caddyfile.Dispenser, into *T, known lines[T]) error {
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
		if err := sub.readLine(d, name, into); err != nil {
			return err
		}
	}
	return nil
}

// readOnlyBlock reads a block that has nothing before it.
func readOnlyBlock[T any](d *caddyfile.Dispenser, into *T, known lines[T]) error {
	if d.NextArg() {
		return errArguments
	}
	return readBlock(d, into, known)
}

func unknownSubdirective[T any](d *caddyfile.Dispenser, name string, known lines[T]) error {
	names := slices.Sorted(maps.Keys(known))
	var within []string
	for _, each := range names {
		if block := known[each].block; block != nil && block.knows(name) {
			within = append(within, each+" { … }")
		}
	}
	if len(within) > 0 {
		return d.Errf("unknown subdirective %q; it belongs into %s", name, strings.Join(within, " or "))
	}
	if nearest := awstoken.Nearest(name, names); nearest != "" {
		return d.Errf("unknown subdirective %q; did you mean %q?", name, nearest)
	}
	return d.Errf("unknown subdirective %q; known are %v", name, names)
}

func readIssuer(d *caddyfile.Dispenser, h *Handler) error {
	var issuer Issuer
	if !d.Args(&issuer.URL) {
		return errArguments
	}
	issuer.Accounts = d.RemainingArgs()
	err := readBlock(d, &issuer, issuerLines)
	h.Issuers = append(h.Issuers, issuer)
	return err
}

func readJWKS(d *caddyfile.Dispenser, h *Handler) error {
	h.JWKS = new(JWKS)
	return readOnlyBlock(d, h.JWKS, jwksLines)
}

func readOrganization(d *caddyfile.Dispenser, h *Handler) error {
	h.Organization = &Organization{IDs: d.RemainingArgs()}
	if len(h.Organization.IDs) == 0 {
		return errArguments
	}
	return readBlock(d, h.Organization, organizationLines)
}

func readList[S ~string](d *caddyfile.Dispenser, into *[]S) error {
	values := d.RemainingArgs()
	if len(values) == 0 {
		return errArguments
	}
	for _, value := range values {
		*into = append(*into, S(value))
	}
	return nil
}

func readText(d *caddyfile.Dispenser, into *string) error {
	if !d.AllArgs(into) {
		return errArguments
	}
	if *into == "" {
		return d.Err("the value is empty")
	}
	return nil
}

func readFlag(d *caddyfile.Dispenser, into *bool) error {
	if d.NextArg() {
		return errArguments
	}
	*into = true
	return nil
}

func readDuration(d *caddyfile.Dispenser, into **caddy.Duration) error {
	var text string
	if !d.AllArgs(&text) {
		return errArguments
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

func readSwitch(d *caddyfile.Dispenser, name string, into **bool) error {
	var text string
	if !d.AllArgs(&text) || text != "on" && text != "off" {
		return d.Errf("%s is on or off", name)
	}
	on := text == "on"
	*into = &on
	return nil
}

var issuerLines = lines[Issuer]{
	"account":   {usage: "<account-id>...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Accounts) }},
	"audience":  {usage: "<audience>...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Audiences) }},
	"algorithm": {usage: "RS256|ES384...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Algorithms) }},
	"jwks_url":  {usage: "<url>", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSURL) }},
	"jwks_file": {usage: "<path>", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSFile) }},
}

var jwksLines = lines[JWKS]{
	"ttl":                     {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.TTL) }},
	"max_stale":               {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.MaxStale) }},
	"cooldown":                {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Cooldown) }},
	"timeout":                 {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Timeout) }},
	"ca":                      {usage: "<pem-file>...", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readList(d, &j.CA) }},
	"proxy":                   {usage: "<url>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readText(d, &j.Proxy) }},
	"allow_private_addresses": {read: func(d *caddyfile.Dispenser, j *JWKS) error { return readFlag(d, &j.AllowPrivateAddresses) }},
	"persist":                 {usage: "on|off", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readSwitch(d, "persist", &j.Persist) }},
}

var organizationLines = lines[Organization]{
	"issuer_template": {usage: "<url>", read: func(d *caddyfile.Dispenser, o *Organization) error { return readText(d, &o.IssuerTemplate) }},
}
