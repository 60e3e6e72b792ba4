package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func readAssertion(d *caddyfile.Dispenser, h *Handler) error {
	h.Assertion = new(Assertion)
	return readOnlyBlock(d, h.Assertion, assertionLines)
}

var assertionLines = lines[Assertion]{
	"issuer":    {usage: "<url>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Issuer) }},
	"audience":  {usage: "<audience>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Audience) }},
	"subject":   {usage: "<template>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Subject) }},
	"claims":    {usage: "<path>...", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readList(d, &a.Claims) }},
	"header":    {usage: "<field>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Header) }},
	"ttl":       {usage: "<duration>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readDuration(d, &a.TTL) }},
	"algorithm": {usage: "ES256|RS256", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readWord(d, &a.Algorithm) }},
	"rotation":  {usage: "<duration>", read: func(d *caddyfile.Dispenser, a *Assertion) error { return readDuration(d, &a.Rotation) }},
}
