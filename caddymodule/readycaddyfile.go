package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("aws_jwt_ready", parseReady)
	// Before aws_jwt, so that whoever asks needs no token.
	httpcaddyfile.RegisterDirectiveOrder("aws_jwt_ready", httpcaddyfile.After, "try_files")
}

// parseReady sets up the handler from Caddyfile tokens. Syntax:
//
//	aws_jwt_ready [<matcher>] {
//	    require listed|none|<issuer-url>...
//	}
func parseReady(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	ready := new(Ready)
	return ready, ready.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (r *Ready) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, r, map[string]subdirective[Ready]{
		"require": {func(d *caddyfile.Dispenser, r *Ready) error { return readList(d, &r.Require) }, false},
	})
}
