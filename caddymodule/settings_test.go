package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func algorithms(list ...verifier.Algorithm) []verifier.Algorithm { return list }

func checkReason(t *testing.T, got outcome, want string) {
	t.Helper()
	if got.reason() != want || got.passed() != (want == "") {
		t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), want)
	}
}

// The times that a token may have, with and without settings of one's own.
func TestTimes(t *testing.T) {
	at := func(iat, exp int64) string {
		return tokenWith(t, func(c claims) { c.top["iat"], c.top["exp"] = instant.Unix()+iat, instant.Unix()+exp })
	}
	leeway := func(d time.Duration) func(*Handler) { return func(h *Handler) { h.Leeway = duration(d) } }
	lifetime := func(d time.Duration) func(*Handler) { return func(h *Handler) { h.MaxLifetime = duration(d) } }
	for _, tt := range []struct {
		name     string
		change   func(*Handler)
		iat, exp int64 // seconds from now
		reason   string
	}{
		{"default leeway, ended", nil, -60, -29, ""},
		{"default leeway, ended", nil, -60, -30, "expired"},
		{"default leeway, not begun", nil, 30, 60, ""},
		{"default leeway, not begun", nil, 31, 60, "not_yet_valid"},
		{"leeway 0, ended", leeway(0), -60, 1, ""},
		{"leeway 0, ended", leeway(0), -60, 0, "expired"},
		{"leeway 0, not begun", leeway(0), 0, 60, ""},
		{"leeway 0, not begun", leeway(0), 1, 60, "not_yet_valid"},
		{"leeway 60s", leeway(time.Minute), -90, -59, ""},
		{"leeway 60s", leeway(time.Minute), -90, -60, "expired"},
		{"default lifetime", nil, 0, 3600, ""},
		{"default lifetime", nil, 0, 3601, "lifetime_too_long"},
		{"max_lifetime 5m", lifetime(5 * time.Minute), 0, 300, ""},
		{"max_lifetime 5m", lifetime(5 * time.Minute), 0, 301, "lifetime_too_long"},
		{"max_lifetime 2h", lifetime(2 * time.Hour), 0, 7200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkReason(t, serve(t, get(at(tt.iat, tt.exp)), newHandler(t, tt.change)), tt.reason)
		})
	}
}

// An issuer's audiences and algorithms stand instead of the handler's.
func TestIssuerSettings(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Handler)
		reason string
	}{
		{"the issuer's audience", func(h *Handler) { h.Audiences, h.Issuers[0].Audiences = nil, []string{audience} }, ""},
		{"instead of the handler's", func(h *Handler) { h.Issuers[0].Audiences = []string{"other"} }, "wrong_audience"},
		{"the issuer's algorithm", func(h *Handler) { h.Algorithms, h.Issuers[0].Algorithms = algorithms("RS256"), algorithms("ES384") }, ""},
		{"instead of the handler's", func(h *Handler) { h.Issuers[0].Algorithms = algorithms("RS256") }, "algorithm_not_allowed"},
		{"any account", func(h *Handler) { h.Issuers[0].Accounts = nil }, ""},
		{"another account", func(h *Handler) { h.Issuers[0].Accounts = []string{strangerAccount} }, "account_mismatch"},
		{"another org", func(h *Handler) { h.Orgs = []string{"o-stranger01"} }, "requirement_failed"},
		{"the org", func(h *Handler) { h.Orgs = []string{"o-devsts0001"} }, ""},
		{"another account's requirement", func(h *Handler) { h.Accounts = []string{strangerAccount, ordersAccount} }, ""},
		{"a request tag", func(h *Handler) { h.RequestTags = map[string][]string{"purpose": {"batch"}} }, "requirement_failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkReason(t, serve(t, get(goodToken(t)), newHandler(t, tt.change)), tt.reason)
		})
	}
}

// What a policy may ask about the request.
func TestPolicySeesTheRequest(t *testing.T) {
	for _, tt := range []struct{ holds, fails string }{
		{`request.method == "GET"`, `request.method == "POST"`},
		{`request.host == "orders.example"`, `request.host == "Orders.Example:8443"`},
		{`request.path == "/orders"`, `request.path == "/orders/"`},
		{`request.remote_ip == "192.0.2.1"`, `request.remote_ip == "192.0.2.1:1234"`},
		{`request.time == timestamp("2026-07-01T12:00:00Z")`, `request.time > timestamp("2026-07-01T12:00:00Z")`},
	} {
		for rule, reason := range map[string]string{tt.holds: "", tt.fails: "policy_denied"} {
			t.Run(rule, func(t *testing.T) {
				r := get(goodToken(t))
				r.Host = "Orders.Example:8443"
				checkReason(t, serve(t, r, newHandler(t, allow(Rule{Expression: rule}))), reason)
			})
		}
	}
}

// keyServer serves the keys of the orders account at another URL, and counts.
func keyServer(t *testing.T) (url string, fetches *atomic.Int32) {
	fetches = new(atomic.Int32)
	issuer := issuerOf(t, ordersAccount)
	path := issuer[strings.LastIndexByte(issuer, '/'):] + "/.well-known/jwks.json"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetches.Add(1)
		r = r.Clone(r.Context())
		r.URL.Path = path
		sts().Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/jwks", fetches
}

// A public issuer's keys come from a private address only on purpose.
func TestAllowPrivateAddresses(t *testing.T) {
	token := tokenWith(t, func(c claims) { c.top["iss"] = "https://a.example" })
	for allowed, reason := range map[bool]string{true: "", false: "keys_unavailable"} {
		url, fetches := keyServer(t)
		h := newHandler(t, func(h *Handler) {
			h.Issuers = []Issuer{{URL: "https://a.example", JWKSURL: url}}
			h.JWKS = &JWKS{AllowPrivateAddresses: allowed}
		})
		checkReason(t, serve(t, get(token), h), reason)
		if got := fetches.Load() > 0; got != allowed {
			t.Errorf("allowed: %v, dialled: %v", allowed, got)
		}
	}
}

func TestCooldownIsRetryAfter(t *testing.T) {
	h := newHandler(t, func(h *Handler) { unreachable(h); h.JWKS = &JWKS{Cooldown: duration(90 * time.Second)} })
	got := serve(t, get(goodToken(t)), h)
	if after := got.Header().Get("Retry-After"); after != "90" {
		t.Errorf("Retry-After: %q, want 90", after)
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	h := newHandler(t, func(h *Handler) {
		h.Issuers[0].JWKSURL, h.JWKS = hanging.URL, &JWKS{Timeout: duration(20 * time.Millisecond)}
	})
	began := time.Now()
	checkReason(t, serve(t, get(goodToken(t)), h), "keys_unavailable")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Keys that are older than the TTL serve, while they are fetched anew.
func TestTTL(t *testing.T) {
	for _, tt := range []struct {
		ttl, later time.Duration
		fetches    int32
	}{{time.Minute, 61 * time.Second, 2}, {2 * time.Minute, 61 * time.Second, 1}} {
		url, fetches := keyServer(t)
		var passed atomic.Int64
		h := &Handler{
			Issuers:   []Issuer{{URL: issuerOf(t, ordersAccount), JWKSURL: url}},
			Audiences: []string{audience}, JWKS: &JWKS{TTL: duration(tt.ttl)},
		}
		h = provisionedAt(t, h, func() time.Time { return instant.Add(time.Duration(passed.Load())) })
		checkReason(t, serve(t, get(goodToken(t)), h), "")
		passed.Store(int64(tt.later))
		checkReason(t, serve(t, get(goodToken(t)), h), "")
		deadline := time.Now().Add(3 * time.Second) // for the fetch in the background
		for fetches.Load() < tt.fetches && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if got := fetches.Load(); got != tt.fetches {
			t.Errorf("ttl %v, %v later: %d fetches, want %d", tt.ttl, tt.later, got, tt.fetches)
		}
	}
}
