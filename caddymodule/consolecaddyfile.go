package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	consoleDirective.registerHandler(parseConsole)
}

var consoleDirective = directive[Console]{
	name: "aws_jwt_console",
	subdirective: subdirective[Console]{
		usage: "[<matcher>] { … }",
		read:  func(d *caddyfile.Dispenser, c *Console) error { return readOnlyBlock(d, c, consoleLines) },
		block: consoleLines,
	},
	position: httpcaddyfile.Before,
	beside:   "respond",
}

func parseConsole(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	c := new(Console)
	return c, c.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (c *Console) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return consoleDirective.unmarshal(d, c)
}

// readRemoteIP takes private_ranges for what Caddy's own matchers take it.
func readRemoteIP(d *caddyfile.Dispenser, c *Console) error {
	var listed []string
	if err := readList(d, &listed); err != nil {
		return err
	}
	for _, each := range listed {
		if each == "private_ranges" {
			c.RemoteIP = append(c.RemoteIP, caddyhttp.PrivateRangesCIDR()...)
			continue
		}
		c.RemoteIP = append(c.RemoteIP, each)
	}
	return nil
}

var consoleLines = lines[Console]{
	"remote_ip":     {usage: "<cidr>...|private_ranges", read: readRemoteIP},
	"authenticated": {read: func(d *caddyfile.Dispenser, c *Console) error { return readFlag(d, &c.Authenticated) }},
	"host":          {usage: "<name>...", read: func(d *caddyfile.Dispenser, c *Console) error { return readList(d, &c.Hosts) }},
}
