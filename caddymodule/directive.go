package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

// directive is one of the Caddyfile's, with its place in Caddy's order.
type directive[T any] struct {
	name string
	subdirective[T]
	position httpcaddyfile.Positional
	beside   string
}

// register lets Caddyfiles have the directive.
func (s directive[T]) register(setup httpcaddyfile.UnmarshalFunc) {
	httpcaddyfile.RegisterDirective(s.name, setup)
	httpcaddyfile.RegisterDirectiveOrder(s.name, s.position, s.beside)
}

// registerHandler lets Caddyfiles have a directive that writes one handler.
func (s directive[T]) registerHandler(setup httpcaddyfile.UnmarshalHandlerFunc) {
	httpcaddyfile.RegisterHandlerDirective(s.name, setup)
	httpcaddyfile.RegisterDirectiveOrder(s.name, s.position, s.beside)
}

// unmarshal reads a whole directive, beginning at its name.
func (s directive[T]) unmarshal(d *caddyfile.Dispenser, into *T) error {
	d.Next()
	return s.readLine(d, s.name, into)
}
