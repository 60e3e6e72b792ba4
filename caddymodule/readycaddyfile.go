package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	readyDirective.registerHandler(parseReady)
}

// It comes before aws_jwt, so that whoever asks needs no token.
var readyDirective = directive[Ready]{
	name: "aws_jwt_ready",
	subdirective: subdirective[Ready]{
		usage: "[<matcher>] [{ … }]",
		read:  func(d *caddyfile.Dispenser, r *Ready) error { return readOnlyBlock(d, r, readyLines) },
		block: readyLines,
	},
	position: httpcaddyfile.After,
	beside:   "try_files",
}

func parseReady(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	ready := new(Ready)
	return ready, ready.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (r *Ready) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return readyDirective.unmarshal(d, r)
}

var readyLines = lines[Ready]{
	"require": {usage: "listed|none|<issuer-url>...", read: func(d *caddyfile.Dispenser, r *Ready) error { return readList(d, &r.Require) }},
}
