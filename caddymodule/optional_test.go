package caddymodule

import (
	"net/http"
	"testing"

	"go.uber.org/zap/zapcore"
)

func optional(h *Handler) { h.Optional = true }

// Under optional a request without a token passes, stripped and anonymous; one
// with a bad token is refused as ever. The control is the same handler without
// optional.
func TestOptional(t *testing.T) {
	upgrade := func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }
	for _, tt := range []struct {
		name    string
		request func(*http.Request)
		reason  string // "": it passes
		without string // reason without optional
		seen    http.Header
	}{
		{"no credential", func(*http.Request) {}, "", "missing_token", http.Header{}},
		{"a forged identity", func(r *http.Request) { r.Header.Set("X-Aws-Token-Sub", "evil") }, "", "missing_token", http.Header{}},
		{"another scheme", func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") }, "", "missing_token",
			http.Header{"Authorization": {"Basic YTpi"}}},
		{"a bearer behind another scheme", func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi, bearer x") }, "malformed_request", "malformed_request", nil},
		{"another scheme with a list", func(r *http.Request) { r.Header.Set("Authorization", `Digest a="b", bearer="x"`) }, "", "missing_token",
			http.Header{"Authorization": {`Digest a="b", bearer="x"`}}},
		{"two credentials", func(r *http.Request) { r.Header["Authorization"] = []string{"Basic YTpi", "Basic YTpi"} },
			"malformed_request", "malformed_request", nil},
		{"an empty field", func(r *http.Request) { r.Header.Set("Authorization", "") }, "malformed_request", "malformed_request", nil},
		{"a bad token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, "malformed_token", "malformed_token", nil},
		{"a good token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+goodToken(t)) }, "", "",
			http.Header{"X-Team": {"orders"}}},
		{"an upgrade", upgrade, "upgrade_refused", "missing_token", nil},
		{"CONNECT", func(r *http.Request) { r.Method = http.MethodConnect }, "upgrade_refused", "missing_token", nil},
		{"no path", func(r *http.Request) { r.URL.Path = "*" }, "unsafe_path", "missing_token", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, isOptional := range []bool{false, true} {
				reason := tt.without
				if isOptional {
					reason = tt.reason
				}
				r := get("")
				tt.request(r)
				h := newHandler(t, func(h *Handler) {
					noDefaults(h)
					withTeam(h)
					allowWebSocket(h)
					h.Optional = isOptional
				})
				got := serve(t, r, h)
				if got.reason() != reason || got.passed() != (reason == "") {
					t.Errorf("optional %v: reason %q, %d requests upstream; want %q", h.Optional, got.reason(), len(got.seen), reason)
				}
				if h.Optional && reason == "" {
					checkHeader(t, got.upstreamSaw(t), tt.seen)
				}
			}
		})
	}
}

// optional speaks for its own handler: the one behind it asks for its own
// token, and what the first left for a later handler is no way round it.
func TestOptionalIsOneHandlers(t *testing.T) {
	for _, field := range []string{"", "Basic YTpi"} {
		for want, handlers := range map[string][]*Handler{
			"":              {newHandler(t, optional), newHandler(t, optional)},
			"missing_token": {newHandler(t, optional), newHandler(t, nil)},
		} {
			r := get("")
			if field != "" {
				r.Header.Set("Authorization", field)
			}
			got := serve(t, r, handlers...)
			if got.reason() != want || got.passed() != (want == "") {
				t.Errorf("%q: reason %q, %d requests upstream; want %q", field, got.reason(), len(got.seen), want)
			}
			if left := got.sent.Header.Get("Authorization"); want != "" && left != "" {
				t.Errorf("the refused request still has Authorization %q", left)
			}
			if want == "" && got.upstreamSaw(t).Get("Authorization") != field {
				t.Errorf("the upstream saw %v, want Authorization %q", got.seen, field)
			}
		}
	}
}

func TestAnonymousLine(t *testing.T) {
	got := oneLine(t, zapcore.DebugLevel, newHandler(t, optional), get(""))
	if got.level != zapcore.DebugLevel || got.fields["msg"] != "anonymous" || got.fields["sub"] != nil || got.fields["path"] != "/orders" {
		t.Errorf("logged %v", got)
	}
}
