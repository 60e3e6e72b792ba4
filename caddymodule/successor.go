package caddymodule

import (
	"context"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// A connection may outlive the configuration that accepted it: Caddy reports a
// reload as done while the old server still serves what comes in on connections
// that it had not yet closed. Such a request must be judged by the new
// configuration, and must not fail for having come at the wrong moment. So a
// handler whose time is over hands it to the server that now listens in its
// place.

// handOver serves a request by the running configuration, and reports whether
// there is one that listens where the request came in.
func handOver(w http.ResponseWriter, r *http.Request, v *visit) bool {
	server := successor(r)
	if server == nil {
		return false
	}
	again := r.WithContext(context.WithValue(r.Context(), visitKey{}, nil))
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		again.Method, again.RequestURI = original.Method, original.RequestURI
		target := *original.URL
		again.URL = &target
	}
	if v.taken && v.credential.field != "" {
		again.Header.Set("Authorization", v.credential.field)
	}
	server.ServeHTTP(w, again)
	return true
}

// successor finds the server of the running configuration with one of the
// listeners of the request's own, or nil.
func successor(r *http.Request) *caddyhttp.Server {
	old, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil
	}
	value, err := caddy.ActiveContext().AppIfConfigured("http")
	if err != nil {
		return nil
	}
	app, ok := value.(*caddyhttp.App)
	if !ok {
		return nil
	}
	for _, server := range app.Servers {
		if server != old && slices.ContainsFunc(server.Listen, func(address string) bool { return slices.Contains(old.Listen, address) }) {
			return server
		}
	}
	return nil
}

// outlived is the refusal of a handler whose time is over and that has no
// successor.
func outlived() *refusal {
	return &refusal{
		reason: string(verifier.KeysUnavailable),
		hint:   "the configuration of this handler has ended, and none listens in its place",
	}
}
