package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	authorizeDirective.registerHandler(parseAuthorize)
}

var authorizeDirective = directive[Authorize]{
	name: "aws_jwt_authorize",
	subdirective: subdirective[Authorize]{
		usage: "[<matcher>] { … }",
		read:  func(d *caddyfile.Dispenser, a *Authorize) error { return readOnlyBlock(d, a, authorizeLines) },
		block: authorizeLines,
	},
	position: httpcaddyfile.Before,
	beside:   "respond",
}

func parseAuthorize(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	authorize := new(Authorize)
	return authorize, authorize.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (a *Authorize) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return authorizeDirective.unmarshal(d, a)
}

func readOriginal(d *caddyfile.Dispenser, a *Authorize) error {
	a.Original = new(Original)
	return readOnlyBlock(d, a.Original, originalLines)
}

var authorizeLines = lines[Authorize]{
	"original": {usage: "{ … }", read: readOriginal, block: originalLines},
	"aws_jwt": {usage: "{ … }", read: func(d *caddyfile.Dispenser, a *Authorize) error {
		a.Handler = new(Handler)
		return readHandler(d, a.Handler)
	}, block: handlerLines},
}

var originalLines = lines[Original]{
	"method":    {usage: "<field>", read: func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.Method) }},
	"host":      {usage: "<field>", read: func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.Host) }},
	"uri":       {usage: "<field>", read: func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.URI) }},
	"client_ip": {usage: "<field>", read: func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.ClientIP) }},
}
