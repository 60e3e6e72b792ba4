package caddymodule

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// targets are changes to a request that passes, and the reason that each is
// refused for.
var targets = []struct {
	name   string
	change func(*http.Request)
	reason string // "" passes
}{
	{"the control", func(*http.Request) {}, ""},
	{"the root", func(r *http.Request) { r.URL.Path = "/" }, ""},
	{"OPTIONS of a path", func(r *http.Request) { r.Method = http.MethodOptions }, ""},
	{"a query", func(r *http.Request) { r.URL.RawQuery = "a=*" }, ""},

	{"websocket", func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }, "upgrade_refused"},
	{"h2c", func(r *http.Request) {
		r.Header.Set("Connection", "Upgrade, HTTP2-Settings")
		r.Header.Set("Upgrade", "h2c")
		r.Header.Set("Http2-Settings", "AAMAAABkAAQAAP__")
	}, "upgrade_refused"},
	{"extended CONNECT", func(r *http.Request) { r.Header[":protocol"] = []string{"websocket"} }, "upgrade_refused"},
	{"CONNECT", func(r *http.Request) { r.Method = http.MethodConnect }, "upgrade_refused"},
	{"CONNECT of a host", func(r *http.Request) { r.Method, r.URL.Path = http.MethodConnect, "" }, "upgrade_refused"},

	{"*", func(r *http.Request) { r.Method, r.URL.Path = http.MethodOptions, "*" }, "unsafe_path"},
	{"* of another method", func(r *http.Request) { r.URL.Path = "*" }, "unsafe_path"},
	{"no path", func(r *http.Request) { r.URL.Path = "" }, "unsafe_path"},
	{"a relative path", func(r *http.Request) { r.URL.Path = "orders" }, "unsafe_path"},
	{"opaque", func(r *http.Request) { r.URL.Path, r.URL.Opaque = "", "orders.example/admin" }, "unsafe_path"},
	{"opaque beside a path", func(r *http.Request) { r.URL.Opaque = "/admin" }, "unsafe_path"},
}

// What would escape the rules is refused by a gate, whose caller is known, and
// by a firewall, which asks for nothing else.
func TestTargets(t *testing.T) {
	for kind, h := range map[string]*Handler{"gate": newHandler(t, nil), "firewall": newFirewall(t)} {
		for _, tt := range targets {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				r := get(goodToken(t))
				tt.change(r)
				got := serve(t, r, h)
				checkReason(t, got, tt.reason)
				if tt.reason != "" {
					checkAnswer(t, got.Result(), got.Body.String(), tt.reason)
				}
			})
		}
	}
}

// An error route's proxy finds nothing in a refused request that it would
// follow out of HTTP.
func TestRefusalDropsUpgrade(t *testing.T) {
	refusals := append(slices.Clone(provocations), provocation{
		name: "firewall", reason: "upgrade_refused",
		handler: func(h *Handler) { *h = Handler{FirewallOnly: true} },
	})
	for _, p := range refusals {
		t.Run(p.reason+"/"+p.name, func(t *testing.T) {
			h, r := p.prepare(t, true)
			r.Header.Set("Http2-Settings", "AAMAAABkAAQAAP__")
			// An upgrade goes before what the policy says.
			if designTable[p.reason].status != http.StatusForbidden || p.reason == "upgrade_refused" {
				r.Header.Set("Upgrade", "h2c")
				r.Header[":protocol"] = []string{"websocket"}
			}
			got := serveOn(t, withErrorRoutes(), r, h)
			var handlerError caddyhttp.HandlerError
			if !errors.As(got.err, &handlerError) || handlerError.StatusCode != designTable[p.reason].status {
				t.Errorf("error %v, want a HandlerError of %d", got.err, designTable[p.reason].status)
			}
			if got.reason() != p.reason || len(got.seen) != 0 {
				t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), p.reason)
			}
			for _, field := range []string{"Upgrade", "Http2-Settings", ":protocol"} {
				if values, ok := got.sent.Header[field]; ok {
					t.Errorf("%s is still there: %q", field, values)
				}
			}
		})
	}
}
