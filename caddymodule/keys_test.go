package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// counted is a key endpoint of the orders account that counts its requests.
func counted(t *testing.T) (url string, asked *int) {
	t.Helper()
	asked = new(int)
	upstream := issuerOf(t, ordersAccount) + "/.well-known/jwks.json"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		http.Redirect(w, r, upstream, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func withJWKS(change func(*JWKS)) func(*Handler) {
	return func(h *Handler) {
		h.JWKS = new(JWKS)
		change(h.JWKS)
	}
}

func differentCA(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, append(text, text...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Handlers with the same settings share key sets, however the settings are
// written; a single one that differs keeps them apart.
func TestKeySetsAreShared(t *testing.T) {
	plain := newHandler(t, nil)
	off := false
	for name, change := range map[string]func(*JWKS){
		"nothing":         func(*JWKS) {},
		"the default ttl": func(j *JWKS) { j.TTL = duration(15 * time.Minute) },
		"the other defaults": func(j *JWKS) {
			j.MaxStale, j.Cooldown, j.Timeout = duration(24*time.Hour), duration(30*time.Second), duration(5*time.Second)
		},
		"nowhere to keep any": func(j *JWKS) { j.Persist = &off }, // this context has no storage
	} {
		if h := newHandler(t, withJWKS(change)); h.lease.keys() != plain.lease.keys() {
			t.Errorf("%s: the key sets are not shared", name)
		}
	}
	handlers := map[string]*Handler{"": plain}
	for name, change := range map[string]func(*JWKS){
		"ttl":                     func(j *JWKS) { j.TTL = duration(time.Minute) },
		"max_stale":               func(j *JWKS) { j.MaxStale = duration(time.Hour) },
		"cooldown":                func(j *JWKS) { j.Cooldown = duration(time.Second) },
		"timeout":                 func(j *JWKS) { j.Timeout = duration(time.Second) },
		"ca":                      func(j *JWKS) { j.CA = []string{"testdata/ca.pem"} },
		"another ca":              func(j *JWKS) { j.CA = []string{differentCA(t)} },
		"the same ca twice":       func(j *JWKS) { j.CA = []string{"testdata/ca.pem", "testdata/ca.pem"} },
		"proxy":                   func(j *JWKS) { j.Proxy = "http://127.0.0.1:1" },
		"proxy with a user":       func(j *JWKS) { j.Proxy = "http://u:p@127.0.0.1:1" },
		"allow_private_addresses": func(j *JWKS) { j.AllowPrivateAddresses = true },
	} {
		h := newHandler(t, withJWKS(change))
		for other, o := range handlers {
			if o.lease.keys() == h.lease.keys() {
				t.Errorf("%q and %q share key sets", name, other)
			}
		}
		handlers[name] = h
	}
}

// What decides what can be fetched decides where it is stored, and nothing else
// does: another ttl is no reason to lose keys.
func TestStoredKeysAreKeptApart(t *testing.T) {
	directory := func(change func(*JWKS)) string {
		var found faults
		j := new(JWKS)
		change(j)
		settings, _, ok := j.settings(&found)
		if !ok {
			t.Fatal(found.err())
		}
		return settings.fetching.directory()
	}
	plain := directory(func(*JWKS) {})
	for name, change := range map[string]func(*JWKS){
		"ttl":      func(j *JWKS) { j.TTL = duration(time.Minute) },
		"cooldown": func(j *JWKS) { j.Cooldown = duration(time.Minute) },
	} {
		if directory(change) != plain {
			t.Errorf("another %s is stored elsewhere", name)
		}
	}
	proxied := func(proxy string) string { return directory(func(j *JWKS) { j.Proxy = proxy }) }
	if proxied("http://127.0.0.1:1") != proxied("http://u:p@127.0.0.1:1/") {
		t.Error("another password of the proxy's is stored elsewhere")
	}
	for name, change := range map[string]func(*JWKS){
		"ca":                      func(j *JWKS) { j.CA = []string{"testdata/ca.pem"} },
		"proxy":                   func(j *JWKS) { j.Proxy = "http://127.0.0.1:1" },
		"allow_private_addresses": func(j *JWKS) { j.AllowPrivateAddresses = true },
	} {
		if directory(change) == plain {
			t.Errorf("another %s is stored in the same place", name)
		}
	}
}

// A configuration that fails, and one whose time is over, take nothing from
// another that lives on the same key sets, however often Caddy cleans up.
func TestCleanupLeavesOthersAlone(t *testing.T) {
	shared := withJWKS(func(j *JWKS) { j.TTL = duration(17 * time.Minute) })
	running := newHandler(t, shared)
	references := func() int {
		n, _ := keyPool.References(running.lease.settings)
		return n
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	for name, harm := range map[string]func(*Handler){
		"a bad issuer": func(h *Handler) { h.Issuers = append(h.Issuers, Issuer{URL: "https://*"}) },
		"a bad rule":   func(h *Handler) { h.Allow = []Rule{{Expression: "1"}} },
		"a bad header": func(h *Handler) { h.Headers = []Header{{"Host", "x"}} },
		"no file":      func(h *Handler) { h.IssuersFile = "testdata/missing.json" },
		"bad settings": func(h *Handler) { h.JWKS.Cooldown = duration(0) },
		"none":         func(*Handler) {},
	} {
		h := &Handler{Issuers: []Issuer{{URL: "https://a.example"}}, Audiences: []string{audience}, now: clock}
		shared(h)
		harm(h)
		if err := h.Provision(ctx); (err == nil) != (name == "none") {
			t.Errorf("%s: Provision: %v", name, err)
		}
		for range 3 {
			if err := h.Cleanup(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := references(); n != 1 {
			t.Fatalf("%s: %d leases are left, want the running one", name, n)
		}
	}
	serve(t, get(goodToken(t)), running).upstreamSaw(t)
}

// A handler that comes and goes leaves the keys with those that stay; when the
// last goes, so do they.
func TestKeysStayWithTheLastHandler(t *testing.T) {
	url, asked := counted(t)
	at := func(h *Handler) {
		h.Issuers[0].JWKSURL = url
		h.JWKS = &JWKS{TTL: duration(18 * time.Minute)}
	}
	// The endpoint redirects, which no fetch follows: it fails, and says when.
	first := newHandler(t, at)
	serve(t, get(goodToken(t)), first)
	second := newHandler(t, at)
	if err := first.Cleanup(); err != nil {
		t.Fatal(err)
	}
	serve(t, get(goodToken(t)), second)
	if *asked != 1 {
		t.Errorf("%d fetches within the cooldown: the second did not go on with what the first knew", *asked)
	}
	if err := second.Cleanup(); err != nil {
		t.Fatal(err)
	}
	serve(t, get(goodToken(t)), newHandler(t, at))
	if *asked != 2 {
		t.Errorf("%d fetches: what nobody uses was kept", *asked)
	}
}
