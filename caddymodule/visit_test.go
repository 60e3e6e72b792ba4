package caddymodule

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A handler that prints the request, or its context, prints no token.
func TestNobodyPrintsTheCredential(t *testing.T) {
	token := goodToken(t)
	h := newHandler(t, nil)
	r := get(token)
	err := h.ServeHTTP(httptest.NewRecorder(), caddyhttp.PrepareRequest(r, caddy.NewReplacer(), httptest.NewRecorder(), new(caddyhttp.Server)), caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			for _, printed := range []any{r.Context(), visitOf(r)} {
				if text := fmt.Sprintf(verb, printed); strings.Contains(text, token[:16]) || strings.Contains(text, "Bearer") {
					t.Errorf("%s: %s", verb, text)
				}
			}
		}
		if v := visitOf(r); v.credential.token != token {
			t.Error("the control: the visit has no credential")
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// A request that outlives its configuration, and that no other server takes,
// leaves no credential for error routes.
func TestOutlivedRequestKeepsNoCredential(t *testing.T) {
	for _, ended := range []bool{false, true} {
		h := newHandler(t, nil)
		h.ended.Store(ended)
		out := serve(t, get(goodToken(t)), h)
		if out.passed() == ended || out.sent.Header.Get("Authorization") != "" {
			t.Errorf("ended %v: passed %v, the request has %q", ended, out.passed(), out.sent.Header.Get("Authorization"))
		}
	}
}
