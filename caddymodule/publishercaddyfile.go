package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("aws_jwt_issuer", parsePublisher)
	// Before aws_jwt, so that whoever fetches the keys needs no token.
	httpcaddyfile.RegisterDirectiveOrder("aws_jwt_issuer", httpcaddyfile.After, "try_files")
}

// parsePublisher sets up the handler from Caddyfile tokens. Syntax:
//
//	aws_jwt_issuer [<matcher>] <url> {
//	    algorithm ES256|RS256...
//	    rotation  <duration>
//	    exchange {
//	        audience  <audience>...
//	        subject   <template>
//	        claims    <path>...
//	        ttl       <duration>
//	        algorithm ES256|RS256
//	        aws_jwt {
//	            …
//	        }
//	    }
//	}
func parsePublisher(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	publisher := new(Publisher)
	return publisher, publisher.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (p *Publisher) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if !d.Args(&p.URL) || d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, p, map[string]subdirective[Publisher]{
		"algorithm": {func(d *caddyfile.Dispenser, p *Publisher) error { return readList(d, &p.Algorithms) }, false},
		"rotation":  {func(d *caddyfile.Dispenser, p *Publisher) error { return readDuration(d, &p.Rotation) }, false},
		"exchange":  {readExchangeBlock, false},
	})
}

func readExchangeBlock(d *caddyfile.Dispenser, p *Publisher) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	p.Exchange = new(Exchange)
	return readBlock(d, p.Exchange, map[string]subdirective[Exchange]{
		"audience":  {func(d *caddyfile.Dispenser, e *Exchange) error { return readList(d, &e.Audiences) }, false},
		"subject":   {func(d *caddyfile.Dispenser, e *Exchange) error { return readText(d, &e.Subject) }, false},
		"claims":    {func(d *caddyfile.Dispenser, e *Exchange) error { return readList(d, &e.Claims) }, false},
		"ttl":       {func(d *caddyfile.Dispenser, e *Exchange) error { return readDuration(d, &e.TTL) }, false},
		"algorithm": {func(d *caddyfile.Dispenser, e *Exchange) error { return readWord(d, &e.Algorithm) }, false},
		"aws_jwt": {func(d *caddyfile.Dispenser, e *Exchange) error {
			e.Handler = new(Handler)
			return e.Handler.readSettings(d)
		}, false},
	})
}
