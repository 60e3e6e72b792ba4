package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	publisherDirective.registerHandler(parsePublisher)
}

// It comes before aws_jwt, so that whoever fetches the keys needs no token.
var publisherDirective = directive[Publisher]{
	name:         "aws_jwt_issuer",
	subdirective: subdirective[Publisher]{usage: "[<matcher>] <url> [{ … }]", read: readPublisher, block: publisherLines},
	position:     httpcaddyfile.After,
	beside:       "try_files",
}

func parsePublisher(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	publisher := new(Publisher)
	return publisher, publisher.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (p *Publisher) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return publisherDirective.unmarshal(d, p)
}

func readPublisher(d *caddyfile.Dispenser, p *Publisher) error {
	if !d.Args(&p.URL) || d.NextArg() {
		return errArguments
	}
	return readBlock(d, p, publisherLines)
}

func readExchangeBlock(d *caddyfile.Dispenser, p *Publisher) error {
	p.Exchange = new(Exchange)
	return readOnlyBlock(d, p.Exchange, exchangeLines)
}

var publisherLines = lines[Publisher]{
	"algorithm": {usage: "ES256|RS256...", read: func(d *caddyfile.Dispenser, p *Publisher) error { return readList(d, &p.Algorithms) }},
	"rotation":  {usage: "<duration>", read: func(d *caddyfile.Dispenser, p *Publisher) error { return readDuration(d, &p.Rotation) }},
	"exchange":  {usage: "{ … }", read: readExchangeBlock, block: exchangeLines},
}

var exchangeLines = lines[Exchange]{
	"audience":  {usage: "<audience>...", read: func(d *caddyfile.Dispenser, e *Exchange) error { return readList(d, &e.Audiences) }},
	"subject":   {usage: "<template>", read: func(d *caddyfile.Dispenser, e *Exchange) error { return readText(d, &e.Subject) }},
	"claims":    {usage: "<path>...", read: func(d *caddyfile.Dispenser, e *Exchange) error { return readList(d, &e.Claims) }},
	"ttl":       {usage: "<duration>", read: func(d *caddyfile.Dispenser, e *Exchange) error { return readDuration(d, &e.TTL) }},
	"algorithm": {usage: "ES256|RS256", read: func(d *caddyfile.Dispenser, e *Exchange) error { return readWord(d, &e.Algorithm) }},
	"aws_jwt": {usage: "{ … }", read: func(d *caddyfile.Dispenser, e *Exchange) error {
		e.Handler = new(Handler)
		return readHandler(d, e.Handler)
	}, block: handlerLines},
}
