package caddymodule

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
)

func init() {
	caddy.RegisterModule(new(Authorize))
}

// Authorize answers the question of another proxy whether it may hand a request
// on: nginx's auth_request, Traefik's ForwardAuth, Envoy's ext_authz over HTTP. It
// answers 200 with the caller's identity in headers of the answer, or the refusal
// that an aws_jwt would have sent.
//
// What the question is about, its method, host, path and client, it believes only
// of a proxy that the server trusts (trusted_proxies), and only from the headers
// that are named here. With an assertion it answers nobody else at all.
type Authorize struct {
	// Whom to trust, who may pass and what the upstream sees: the settings of an
	// aws_jwt. Those that are about a request that goes on have no place here.
	// Required.
	Handler *Handler `json:"aws_jwt,omitempty"`

	// The headers that hold the original request. Default: none, so that the policy
	// sees the question's own method, host and path. Where one of these three is
	// named, the others have to be that the policy reads.
	Original *Original `json:"original,omitempty"`
}

// Original names the headers in which a proxy says what request it asks about. Each
// that is named has to be there, once.
type Original struct {
	// The header with the method, such as X-Forwarded-Method.
	Method string `json:"method,omitempty"`

	// The header with the host, such as X-Forwarded-Host.
	Host string `json:"host,omitempty"`

	// The header with the path and the query, such as X-Forwarded-Uri or
	// X-Original-URI.
	URI string `json:"uri,omitempty"`

	// The header with the client's address, one IP address, such as X-Real-IP.
	// Without it the client is whom Caddy takes for it.
	ClientIP string `json:"client_ip,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (*Authorize) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.aws_jwt_authorize",
		New: func() caddy.Module { return new(Authorize) },
	}
}

// Provision checks the configuration and provisions the aws_jwt.
func (a *Authorize) Provision(ctx caddy.Context) error {
	var found faults
	if a.Handler == nil {
		found.add(errors.New("aws_jwt: it is missing; write an aws_jwt block that says whom to trust"))
		return found.errOf("aws_jwt_authorize")
	}
	h := a.Handler
	found.misplaced("aws_jwt", "it is about a request that goes on, and here is only a question",
		setting{"forward_token", h.ForwardToken}, setting{"allow_upgrade", h.AllowUpgrade != nil},
		setting{"max_stream", h.MaxStream != nil}, setting{"firewall_only", h.FirewallOnly})
	a.Original.check(&found)
	h.clientTold = a.Original != nil && a.Original.ClientIP != ""
	found.add(h.Provision(ctx))
	a.Original.checkPolicy(h.policy, &found)
	if a.Original != nil && !h.clientTold && h.policy.ReadsRemoteIP() {
		h.logger.Named(logConfig).Warn(guessedClient)
		h.warnings = append(h.warnings, guessedClient)
	}
	return found.errOf("aws_jwt_authorize")
}

// guessedClient is why an address is not to be relied upon then.
const guessedClient = "request.remote_ip is what X-Forwarded-For of the question says, which the client may have written, and without one the address of the proxy that asks; name client_ip in original, unless that proxy writes the header anew"

// Cleanup gives back what Provision took, also when Provision failed half-way.
func (a *Authorize) Cleanup() error {
	if a.Handler == nil {
		return nil
	}
	return a.Handler.Cleanup()
}

// ServeHTTP answers every request that comes to it.
func (a *Authorize) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	h, began := a.Handler, a.Handler.now()
	v := new(visit) // and not one of handlers that the request met before
	h.strip(v, r)
	question := r
	r = v.enter(r.Clone(r.Context()))
	refused := a.read(r)
	if refused != nil {
		v.take(r.Header, h.sources)
	} else {
		refused = h.decide(r, v)
	}
	takeFields(question.Header) // which error routes see
	if refused != nil {
		if h.ended.Load() && h.handOver(w, question, v) {
			return nil
		}
		h.tellRefusal(r, v, refused, began)
		return h.respond(w, question, refused)
	}
	h.tellPass(r, v, began)
	header := w.Header()
	header.Set("Cache-Control", "no-store") // the answer is the caller's alone
	for _, field := range h.fields {
		if values, ok := r.Header[field]; ok {
			header[field] = values
		}
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// read makes a question look as the request that it is about. Who is no proxy that
// the server trusts might write anything, and would have the assertion in its own
// hands, for whatever request it likes; so its questions are not answered.
func (a *Authorize) read(r *http.Request) *refusal {
	if a.Original != nil || a.Handler.Assertion != nil {
		if refused := ofTrusted(r); refused != nil {
			return refused
		}
	}
	return a.Original.put(r)
}

// checkPolicy refuses a policy that reads of the question what the proxy changed.
// One that tells one thing of the request in a header asks by a request of its own,
// a GET of some path, and its method would pass for any method.
func (o *Original) checkPolicy(policy *celpolicy.Policy, found *faults) {
	if o == nil || o.Method == "" && o.Host == "" && o.URI == "" {
		return
	}
	for _, each := range []struct{ what, name, variable string }{
		{"method", o.Method, "request.method"}, {"host", o.Host, "request.host"}, {"uri", o.URI, "request.path"},
	} {
		if each.name == "" && policy.Reads(each.variable) {
			found.add(fmt.Errorf("original.%s: it is missing, and the policy reads %s: that would be the question's own; name the header in which the proxy sends that of the request", each.what, each.variable))
		}
	}
}

// check finds fault with the names of headers.
func (o *Original) check(found *faults) {
	if o == nil {
		return
	}
	named := false
	for _, each := range o.fields() {
		if each.name == "" {
			continue
		}
		named = true
		if err := identity.CheckField(each.name); err != nil {
			found.add(fmt.Errorf("original.%s: %w", each.what, err))
		}
	}
	if !named {
		found.add(errors.New("original: it names no header; write method, host, uri or client_ip, or leave original out"))
	}
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Authorize)(nil)
	_ caddy.CleanerUpper          = (*Authorize)(nil)
	_ caddyhttp.MiddlewareHandler = (*Authorize)(nil)
)
