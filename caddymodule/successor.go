package caddymodule

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// A request may outlive the configuration that it came in under: Caddy reports a
// reload as done while the old server still serves requests that wait for keys,
// and those that come in on connections which it had not yet closed. Such a
// request must be judged by the new configuration, and must not fail for having
// come at the wrong moment. So a handler whose time is over hands it to the
// server that now listens in its place.

// doors tells for each *caddyhttp.Server with an aws_jwt, of the configurations
// that are not over, what a connection has to pass before it. A request is only
// handed over to a server with the same door: another may ask for client
// certificates, or listen elsewhere, too. Like the key pool it must outlast
// configurations.
var doors sync.Map

// door is what decides which connections come in. It is read while the server
// is provisioned, since Caddy forgets the JSON of modules once they are loaded.
type door struct {
	Listen          []string
	ListenProtocols [][]string
	TLS             any // the connection policies
	StrictSNIHost   *bool
}

// recordDoor notes the door of the server that the handler is provisioned for,
// if it is one that requests may be handed over to.
func (h *Handler) recordDoor(ctx caddy.Context) {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || hasWrappers(server) {
		return
	}
	for _, policy := range server.TLSConnPolicies {
		if policy.ClientAuthentication != nil {
			return
		}
	}
	text, err := json.Marshal(door{server.Listen, server.ListenProtocols, server.TLSConnPolicies, server.StrictSNIHost})
	if err != nil {
		return
	}
	h.server, h.door = server, string(text)
	doors.Store(server, h.door)
}

// hasWrappers reports whether something stands before the server that may let
// in some connections and not others, such as PROXY protocol. Caddy keeps it to
// itself; a server that does not look as it should counts as having some.
func hasWrappers(server *caddyhttp.Server) bool {
	for _, name := range []string{"listenerWrappers", "packetConnWrappers"} {
		wrappers := reflect.ValueOf(server).Elem().FieldByName(name)
		if wrappers.Kind() != reflect.Slice || wrappers.Len() > 0 {
			return true
		}
	}
	return false
}

// handOver serves a request by the running configuration, and reports whether
// there is a server of it that lets in the same connections. A request that
// error routes serve was served once already.
func (h *Handler) handOver(w http.ResponseWriter, r *http.Request, v *visit) bool {
	server := h.successor()
	if server == nil || r.Context().Value(caddyhttp.ErrorCtxKey) != nil {
		return false
	}
	again := r.WithContext(context.WithValue(r.Context(), visitKey{}, nil))
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		again.Method, again.RequestURI = original.Method, original.RequestURI
		target := *original.URL
		again.URL = &target
	}
	for _, field := range v.fields {
		again.Header.Del(field)
	}
	if v.taken && v.credential.fields != nil {
		again.Header["Authorization"] = v.credential.fields
	}
	v.offerUpgrade(again.Header)
	server.ServeHTTP(w, again)
	return true
}

// successor finds the server of the running configuration with the same door as
// the handler's own, or nil.
func (h *Handler) successor() *caddyhttp.Server {
	if h.server == nil {
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
		if door, known := doors.Load(server); known && door == h.door && server != h.server {
			return server
		}
	}
	return nil
}

// outlived is the refusal of a handler whose time is over, unless a successor
// answers in its place.
func outlived() *refusal {
	return &refusal{
		reason: string(verifier.KeysUnavailable),
		hint:   "the configuration of this handler ended while the request was under way, and none listens in the same way",
	}
}
