package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("aws_jwt_authorize", parseAuthorize)
	httpcaddyfile.RegisterDirectiveOrder("aws_jwt_authorize", httpcaddyfile.Before, "respond")
}

// parseAuthorize sets up the handler from Caddyfile tokens. Syntax:
//
//	aws_jwt_authorize [<matcher>] {
//	    original {
//	        method    <field>
//	        host      <field>
//	        uri       <field>
//	        client_ip <field>
//	    }
//	    aws_jwt {
//	        …
//	    }
//	}
func parseAuthorize(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	authorize := new(Authorize)
	return authorize, authorize.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (a *Authorize) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, a, map[string]subdirective[Authorize]{
		"original": {readOriginal, false},
		"aws_jwt": {func(d *caddyfile.Dispenser, a *Authorize) error {
			a.Handler = new(Handler)
			return a.Handler.readSettings(d)
		}, false},
	})
}

func readOriginal(d *caddyfile.Dispenser, a *Authorize) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	a.Original = new(Original)
	return readBlock(d, a.Original, map[string]subdirective[Original]{
		"method":    {func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.Method) }, false},
		"host":      {func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.Host) }, false},
		"uri":       {func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.URI) }, false},
		"client_ip": {func(d *caddyfile.Dispenser, o *Original) error { return readText(d, &o.ClientIP) }, false},
	})
}
