package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func readAssertion(d *caddyfile.Dispenser, h *Handler) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	h.Assertion = new(Assertion)
	return readBlock(d, h.Assertion, map[string]subdirective[Assertion]{
		"issuer":    {func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Issuer) }, false},
		"audience":  {func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Audience) }, false},
		"subject":   {func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Subject) }, false},
		"claims":    {func(d *caddyfile.Dispenser, a *Assertion) error { return readList(d, &a.Claims) }, false},
		"header":    {func(d *caddyfile.Dispenser, a *Assertion) error { return readText(d, &a.Header) }, false},
		"ttl":       {func(d *caddyfile.Dispenser, a *Assertion) error { return readDuration(d, &a.TTL) }, false},
		"algorithm": {func(d *caddyfile.Dispenser, a *Assertion) error { return readWord(d, &a.Algorithm) }, false},
		"rotation":  {func(d *caddyfile.Dispenser, a *Assertion) error { return readDuration(d, &a.Rotation) }, false},
	})
}

func readWord[S ~string](d *caddyfile.Dispenser, into *S) error {
	var text string
	if err := readText(d, &text); err != nil {
		return err
	}
	*into = S(text)
	return nil
}
