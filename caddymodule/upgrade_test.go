package caddymodule

import (
	"net/http"
	"testing"
)

// TestUpgrades is threat H7: who gets an upgrade through owns a connection to
// the upstream that nobody looks at any more. The token is asked for first.
func TestUpgrades(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*http.Request)
		refused bool
	}{
		{"the control", func(*http.Request) {}, false},
		{"Connection alone", func(r *http.Request) { r.Header.Set("Connection", "Upgrade") }, false},
		{"websocket", func(r *http.Request) {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
		}, true},
		{"h2c", func(r *http.Request) {
			r.Header.Set("Connection", "Upgrade, HTTP2-Settings")
			r.Header.Set("Upgrade", "h2c")
		}, true},
		{"Upgrade without Connection", func(r *http.Request) { r.Header.Set("Upgrade", "anything") }, true},
		{"an empty Upgrade", func(r *http.Request) { r.Header["Upgrade"] = []string{""} }, true},
		{"CONNECT", func(r *http.Request) { r.Method = http.MethodConnect }, true},
		{"extended CONNECT", func(r *http.Request) {
			r.Method, r.ProtoMajor = http.MethodConnect, 2
			r.Header[":protocol"] = []string{"websocket"}
		}, true},
		{":protocol alone", func(r *http.Request) { r.Header[":protocol"] = []string{"websocket"} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandler(t, nil)
			for _, token := range []string{goodToken(t), ""} {
				want := ""
				switch {
				case token == "":
					want = "missing_token"
				case tt.refused:
					want = "upgrade_refused"
				}
				r := get(token)
				tt.change(r)
				got := serve(t, r, h)
				if got.reason() != want || got.passed() != (want == "") {
					t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), want)
				}
				if want != "" {
					checkAnswer(t, got.Result(), got.Body.String(), want)
				}
			}
		})
	}
}

// TestNoMethodIsSpecial is threat H8.
func TestNoMethodIsSpecial(t *testing.T) {
	h := newHandler(t, nil)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PROPFIND", "PRI", ""} {
		for token, want := range map[string]string{goodToken(t): "", "": "missing_token"} {
			r := get(token)
			r.Method = method
			if got := serve(t, r, h); got.reason() != want || got.passed() != (want == "") {
				t.Errorf("%q: reason %q, %d requests upstream; want %q", method, got.reason(), len(got.seen), want)
			}
		}
	}
}
