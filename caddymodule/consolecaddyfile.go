package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("aws_jwt_console", parseConsole)
	httpcaddyfile.RegisterDirectiveOrder("aws_jwt_console", httpcaddyfile.Before, "respond")
}

// parseConsole sets up the page from Caddyfile tokens. Syntax:
//
//	aws_jwt_console [<matcher>] {
//	    remote_ip     <cidr>...|private_ranges
//	    authenticated
//	    host          <name>...
//	}
func parseConsole(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	c := new(Console)
	return c, c.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads a whole directive, beginning at its name.
func (c *Console) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, c, map[string]subdirective[Console]{
		"remote_ip":     {readRemoteIP, false},
		"authenticated": {func(d *caddyfile.Dispenser, c *Console) error { return readFlag(d, &c.Authenticated) }, false},
		"host":          {func(d *caddyfile.Dispenser, c *Console) error { return readList(d, &c.Hosts) }, false},
	})
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
