package caddymodule

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
)

func init() {
	caddy.RegisterModule(new(Console))
}

// Console serves a page that shows what the aws_jwt handlers of this process do:
// what passes and what is refused, and why, the issuers and their keys, the rules
// and what they decided. It is for an internal site, and is served only to whom
// its configuration names; without such a name it does not load. Everybody else is
// answered 403 without a body, at every path.
//
// The page is at each path with a slash at its end, its files and data beneath it.
// The handler ends the route: it calls no next one.
type Console struct {
	// The addresses that may see the page, as IP addresses or CIDR ranges. It is
	// Caddy's client IP that counts, which honours trusted proxies. One is
	// required, here or as authenticated; where both are set, both must hold.
	RemoteIP []string `json:"remote_ip,omitempty"`

	// Only requests that a handler before it has let in by who they are from: one
	// that sets {http.auth.user.id}, such as basic_auth, or an aws_jwt whose
	// policy let the caller's token pass. One that it let pass without a token
	// (optional), or in spite of the policy (mode audit), does not count.
	Authenticated bool `json:"authenticated,omitempty"`

	// The hosts by which the page may be asked for without TLS, besides IP
	// addresses and localhost, when authenticated is not set. A page elsewhere can
	// have its own name lead to this gateway (DNS rebinding) and would then read
	// what its visitor's address may.
	Hosts []string `json:"hosts,omitempty"`

	ranges []netip.Prefix
	page   http.Handler
	logger *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (*Console) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.aws_jwt_console",
		New: func() caddy.Module { return new(Console) },
	}
}

// Provision checks the configuration. The error names every fault.
func (c *Console) Provision(ctx caddy.Context) error {
	c.logger = ctx.Logger()
	var found faults
	if len(c.RemoteIP) == 0 && !c.Authenticated {
		found.add(errors.New("remote_ip or authenticated: say who may see the page; it shows callers, policies and keys"))
	}
	c.readRanges(&found)
	c.readHosts(&found)
	if server, _ := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); len(c.RemoteIP) > 0 && believesClients(server) {
		what := "nobody is let in by an address that a proxy hands on: "
		if c.Authenticated {
			what = "remote_ip may go by what a client wrote: "
		}
		c.logger.Warn(what + mayBeWritten)
	}
	c.page = console.New(consoleSource{now: time.Now}, time.Now)
	return found.errOf("aws_jwt_console")
}

// ServeHTTP serves the page to those who may see it.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	if why := c.refuses(r); why != "" {
		if line := c.logger.Check(zap.InfoLevel, "refused"); line != nil {
			line.Write(append([]zap.Field{zap.String("hint", why)}, requestFields(r)...)...)
		}
		console.SetHeaders(w.Header())
		w.WriteHeader(http.StatusForbidden) // and nothing that tells one cause from another
		return nil
	}
	c.page.ServeHTTP(w, r)
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Console)(nil)
	_ caddyhttp.MiddlewareHandler = (*Console)(nil)
)
