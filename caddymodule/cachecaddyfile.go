package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// readSignatureShare reads a share of the processors such as 50%.
func readSignatureShare(d *caddyfile.Dispenser, h *Handler) error {
	return readNumber(d, "a share is a number of per cent such as 50%", "%", &h.SignatureShare)
}

// readCache reads cache off, or a block.
func readCache(d *caddyfile.Dispenser, h *Handler) error {
	h.Cache = new(Cache)
	if d.NextArg() {
		if d.Val() != "off" || d.NextArg() {
			return d.Errf("cache is off or a block with size and ttl")
		}
		h.Cache.Off = true
		return nil
	}
	return readBlock(d, h.Cache, cacheLines)
}

var cacheLines = lines[Cache]{
	"size": {usage: "<tokens>", read: func(d *caddyfile.Dispenser, c *Cache) error {
		return readNumber(d, "a size is a number above 0", "", &c.Size)
	}},
	"ttl": {usage: "<duration>", read: func(d *caddyfile.Dispenser, c *Cache) error { return readDuration(d, &c.TTL) }},
}
