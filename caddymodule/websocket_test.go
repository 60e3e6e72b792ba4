package caddymodule

import (
	"net/http"
	"testing"
)

func allowWebSocket(h *Handler) { h.AllowUpgrade = []string{webSocket} }

// handshake is a browser's (RFC 6455, section 1.2).
func handshake(token string) *http.Request {
	r := get(token)
	r.Header.Set("Connection", "keep-alive, Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	return r
}

// allow_upgrade websocket passes a WebSocket handshake and nothing that
// resembles one.
func TestWebSocketHandshake(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		passes bool
	}{
		{"the control", func(*http.Request) {}, true},
		{"another case", func(r *http.Request) { r.Header.Set("Upgrade", "WebSocket") }, true},
		{"connection in another case", func(r *http.Request) { r.Header.Set("Connection", "upgrade") }, true},
		{"letters that fold to its own", func(r *http.Request) { r.Header.Set("Upgrade", "web\u017foc\u212aet") }, false},
		{"h2c", func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, false},
		{"a second protocol", func(r *http.Request) { r.Header.Set("Upgrade", "websocket, h2c") }, false},
		{"a second field", func(r *http.Request) { r.Header.Add("Upgrade", "h2c") }, false},
		{"a version", func(r *http.Request) { r.Header.Set("Upgrade", "websocket/13") }, false},
		{"HTTP2-Settings", func(r *http.Request) { r.Header.Set("HTTP2-Settings", "") }, false},
		{"no Connection", func(r *http.Request) { r.Header.Del("Connection") }, false},
		{"Connection without upgrade", func(r *http.Request) { r.Header.Set("Connection", "keep-alive") }, false},
		{"no key", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, false},
		{"a short key", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j") }, false},
		{"two keys", func(r *http.Request) { r.Header.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") }, false},
		{"another version", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, false},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, false},
		{"a body", func(r *http.Request) { r.ContentLength = 1 }, false},
		{"a body of unknown length", func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} }, false},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, false},
		{"HTTP/2", func(r *http.Request) { r.ProtoMajor = 2 }, false},
		{"extended CONNECT", func(r *http.Request) { r.Header[":protocol"] = []string{"websocket"} }, false},
		{"CONNECT", func(r *http.Request) { r.Method = http.MethodConnect }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, h := range []*Handler{newHandler(t, allowWebSocket), newHandler(t, nil)} {
				want := ""
				if !tt.passes || h.AllowUpgrade == nil {
					want = upgradeRefused
				}
				r := handshake(goodToken(t))
				tt.change(r)
				got := serve(t, r, h)
				if got.reason() != want || got.passed() != (want == "") {
					t.Errorf("allowed %v: reason %q, %d requests upstream; want %q", h.AllowUpgrade, got.reason(), len(got.seen), want)
				}
				if want == "" && got.upstreamSaw(t).Get("Upgrade") == "" {
					t.Error("the upstream did not see the handshake")
				}
			}
		})
	}
}

// The policy is asked about a handshake as about any request.
func TestWebSocketIsAuthorized(t *testing.T) {
	denied := func(h *Handler) { allowWebSocket(h); denyAll(h) }
	for want, token := range map[string]string{"missing_token": "", "policy_denied": goodToken(t)} {
		if got := serve(t, handshake(token), newHandler(t, denied)); got.reason() != want || got.passed() {
			t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), want)
		}
	}
}

// Where a matcher leaves a path open, a handshake goes on as an ordinary
// request; only a handler that lets the caller upgrade makes it one again.
func TestWebSocketThroughFirewalls(t *testing.T) {
	firewall := func(change func(*Handler)) *Handler {
		h := &Handler{FirewallOnly: true}
		if change != nil {
			change(h)
		}
		return provisioned(t, h)
	}
	open, closed := firewall(allowWebSocket), firewall(nil)
	lets, lets2, refuses := newHandler(t, allowWebSocket), newHandler(t, allowWebSocket), newHandler(t, nil)
	for _, tt := range []struct {
		name     string
		handlers []*Handler
		reason   string
		upgrades bool
	}{
		{"open path", []*Handler{open}, "", false},
		{"open path, closed firewall", []*Handler{closed}, "upgrade_refused", false},
		{"path that asks for a token", []*Handler{open, lets}, "", true},
		{"path that lets nobody upgrade", []*Handler{open, refuses}, "upgrade_refused", false},
		{"path of a second directive", []*Handler{open, open, lets}, "", true},
		{"path of the first of two directives", []*Handler{open, lets, open}, "", true},
		{"before a closed firewall", []*Handler{open, lets, closed}, "", true},
		{"behind a closed firewall", []*Handler{closed, open, lets}, "upgrade_refused", false},
		{"two handlers", []*Handler{open, lets, open, lets2}, "", true},
		{"two handlers, of which one refuses", []*Handler{lets, refuses}, "upgrade_refused", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, handshake(goodToken(t)), tt.handlers...)
			if got.reason() != tt.reason || got.passed() != (tt.reason == "") {
				t.Fatalf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), tt.reason)
			}
			if got.passed() && (got.upstreamSaw(t).Get("Upgrade") == "websocket") != tt.upgrades {
				t.Errorf("the upstream saw %v", got.seen)
			}
			if !got.passed() && got.sent.Header.Get("Upgrade") != "" {
				t.Error("an error route sees the upgrade")
			}
		})
	}
}
