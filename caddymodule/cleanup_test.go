package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"
)

// Caddy calls Cleanup after a failed Provision too, on a half-made value.
func TestCleanupOfHalfMadeHandlers(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	for name, h := range map[string]*Handler{
		"zero":                 {},
		"a good issuer first":  {Issuers: []Issuer{{URL: "https://a.example"}, {URL: "https://*"}}, Audiences: []string{"a"}},
		"a good issuer behind": {Issuers: []Issuer{{URL: "https://*"}, {URL: "https://a.example"}}, Audiences: []string{"a"}},
		"a bad rule":           {Issuers: []Issuer{{URL: "https://a.example"}}, Audiences: []string{"a"}, Allow: []Rule{{Expression: "1"}}},
		"a bad header":         {Issuers: []Issuer{{URL: "https://a.example"}}, Audiences: []string{"a"}, Headers: []Header{{"Host", "a"}}},
		"a bad firewall":       {FirewallOnly: true, Audiences: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			if err := h.Cleanup(); err != nil {
				t.Errorf("before Provision: %v", err)
			}
			if err := h.Provision(ctx); err == nil {
				t.Error("it loads")
			}
			for range 2 {
				if err := h.Cleanup(); err != nil {
					t.Errorf("after Provision: %v", err)
				}
			}
		})
	}
}

// A handler whose time is over refuses, and what it began has ended: a fetch
// that hangs does not outlive it.
func TestCleanupEndsFetches(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	asked, release := make(chan struct{}, 1), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer hanging.Close()
	defer close(release)
	h := newHandler(t, func(h *Handler) {
		h.Issuers[0].JWKSURL, h.JWKS = hanging.URL, &JWKS{Timeout: duration(time.Minute)}
	})
	token := goodToken(t)

	done := make(chan outcome)
	go func() { done <- serve(t, get(token), h) }()
	<-asked
	if err := h.Cleanup(); err != nil {
		t.Error(err)
	}
	select {
	case got := <-done:
		if got.reason() != "keys_unavailable" || len(got.seen) != 0 {
			t.Errorf("reason %q, %d requests upstream", got.reason(), len(got.seen))
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the fetch goes on after Cleanup")
	}
	if got := serve(t, get(token), h); got.Code != http.StatusServiceUnavailable || len(got.seen) != 0 {
		t.Errorf("afterwards: status %d, %d requests upstream", got.Code, len(got.seen))
	}
}

// Provision fetches nothing: an issuer that is down delays no start.
func TestProvisionFetchesNothing(t *testing.T) {
	fetches := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetches++ }))
	defer server.Close()
	newHandler(t, func(h *Handler) { h.Issuers[0].JWKSURL = server.URL })
	if fetches != 0 {
		t.Errorf("%d fetches", fetches)
	}
}
