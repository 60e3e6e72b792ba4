package verifier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// endpoint is an issuer on loopback whose answers a test may replace.
type endpoint struct {
	*httptest.Server
	issuer                string
	discoveries, jwksGets atomic.Int32
	mu                    sync.Mutex
	discovery, jwks       http.HandlerFunc
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := new(endpoint)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /uuid/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		e.discoveries.Add(1)
		e.answer(&e.discovery)(w, r)
	})
	mux.HandleFunc("GET /uuid/.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		e.jwksGets.Add(1)
		e.answer(&e.jwks)(w, r)
	})
	e.Server = httptest.NewServer(mux)
	t.Cleanup(e.Close)
	e.issuer = e.URL + "/uuid"
	e.discovery = text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, e.issuer, e.issuer+"/.well-known/jwks.json"))
	e.jwks = text(string(aws().jwks()))
	return e
}

func (e *endpoint) answer(which *http.HandlerFunc) http.HandlerFunc {
	e.mu.Lock()
	defer e.mu.Unlock()
	return *which
}

func (e *endpoint) set(which *http.HandlerFunc, to http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*which = to
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// clock is a clock that tests move.
type clock struct{ moved atomic.Int64 }

func (c *clock) now() time.Time          { return epoch.Add(time.Duration(c.moved.Load())) }
func (c *clock) advance(d time.Duration) { c.moved.Add(int64(d)) }

// remote is the key set of one issuer, with the sets that it is one of.
type remote struct {
	KeySet
	*RemoteKeySets
	at location
}

func (r *remote) set() *remoteKeySet { return r.RemoteKeySets.at(r.at) }

func newRemote(t *testing.T, issuer string, c RemoteConfig) (*remote, *clock) {
	t.Helper()
	clk := new(clock)
	c.Now = clk.now
	return remoteOf(t, issuer, c), clk
}

func remoteOf(t *testing.T, issuer string, c RemoteConfig) *remote {
	t.Helper()
	sets, err := NewRemoteKeySets(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sets.Close() })
	keys, err := sets.KeySet(issuer, "")
	if err != nil {
		t.Fatal(err)
	}
	return &remote{keys, sets, location{issuer: issuer}}
}

func wantKey(t *testing.T, s KeySet, id string) {
	t.Helper()
	if k, err := s.Key(t.Context(), id); err != nil || k.ID() != id {
		t.Errorf("key %q: got %q, %v", id, k.ID(), err)
	}
}

func wantUnavailable(t *testing.T, s KeySet, id string) *KeysUnavailableError {
	t.Helper()
	_, err := s.Key(t.Context(), id)
	var unavailable *KeysUnavailableError
	if !errors.As(err, &unavailable) {
		t.Fatalf("key %q: got %v, want a KeysUnavailableError", id, err)
	}
	return unavailable
}

func wantUnknown(t *testing.T, s KeySet, id string) {
	t.Helper()
	if _, err := s.Key(t.Context(), id); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("key %q: got %v, want ErrUnknownKey", id, err)
	}
}

func TestRemoteFetchesOnce(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, e.issuer, RemoteConfig{})
	if e.discoveries.Load() != 0 {
		t.Error("making a key set fetched")
	}
	for range 3 {
		wantKey(t, s, "RSA_0")
		wantKey(t, s, "EC384_0")
	}
	if d, j := e.discoveries.Load(), e.jwksGets.Load(); d != 1 || j != 1 {
		t.Errorf("%d discoveries, %d key fetches; want one of each", d, j)
	}
}

func TestRemoteFirstCallersShareOneFetch(t *testing.T) {
	e := newEndpoint(t)
	gate := make(chan struct{})
	e.set(&e.jwks, func(w http.ResponseWriter, r *http.Request) { <-gate; text(string(aws().jwks()))(w, r) })
	s, _ := newRemote(t, e.issuer, RemoteConfig{})

	// The first to come hangs up; the others do not notice.
	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := s.Key(ctx, "RSA_0"); first <- err }()
	for e.jwksGets.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() { wantKey(t, s, "RSA_0") })
	}
	hangUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first caller got %v", err)
	}
	close(gate)
	wg.Wait()
	if d, j := e.discoveries.Load(), e.jwksGets.Load(); d != 1 || j != 1 {
		t.Errorf("%d discoveries, %d key fetches; want one of each", d, j)
	}
}

func TestRemoteRefreshesInTheBackground(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, e.issuer, RemoteConfig{TTL: time.Minute})
	wantKey(t, s, "RSA_0")
	e.set(&e.jwks, text(string(jwks(ecJWK(&aws().ec.PublicKey, "EC384_1")))))

	clk.advance(time.Minute)
	wantKey(t, s, "RSA_0") // at the ttl they are fresh still
	if e.jwksGets.Load() != 1 {
		t.Fatal("fresh keys were fetched again")
	}
	clk.advance(time.Second)
	wantKey(t, s, "RSA_0") // stale, and serves while it is refreshed
	s.running.Wait()
	wantUnknown(t, s, "RSA_0") // withdrawn
	wantKey(t, s, "EC384_1")
}

func TestRemoteOutage(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, e.issuer, RemoteConfig{TTL: time.Minute, MaxStale: time.Hour, Cooldown: 10 * time.Second})
	wantKey(t, s, "RSA_0")
	e.set(&e.discovery, status(http.StatusInternalServerError))

	clk.advance(2 * time.Minute)
	for range 5 {
		wantKey(t, s, "RSA_0")
		s.running.Wait()
	}
	if n := e.discoveries.Load(); n != 2 {
		t.Errorf("%d discoveries, want the first and one that failed", n)
	}
	clk.advance(10 * time.Second)
	wantKey(t, s, "RSA_0")
	s.running.Wait()
	if n := e.discoveries.Load(); n != 3 {
		t.Errorf("%d discoveries, want another after the cooldown", n)
	}
	clk.advance(time.Hour)
	wantUnavailable(t, s, "RSA_0")

	e.set(&e.discovery, text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, e.issuer, e.issuer+"/.well-known/jwks.json")))
	if wait := wantUnavailable(t, s, "RSA_0").RetryAfter; wait != 10*time.Second {
		t.Errorf("retry after %v, want the cooldown", wait)
	}
	clk.advance(10 * time.Second)
	wantKey(t, s, "RSA_0")
}

func TestRemoteCloseEndsAFetch(t *testing.T) {
	e := newEndpoint(t)
	e.set(&e.jwks, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s, _ := newRemote(t, e.issuer, RemoteConfig{Timeout: time.Hour})
	waiting := make(chan error)
	go func() { _, err := s.Key(t.Context(), "RSA_0"); waiting <- err }()
	for e.jwksGets.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var unavailable *KeysUnavailableError
	if err := <-waiting; !errors.As(err, &unavailable) {
		t.Errorf("the caller got %v", err)
	}
	wantUnavailable(t, s, "RSA_0")
}

func TestRemoteConfigFaults(t *testing.T) {
	proxy := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for want, c := range map[string]RemoteConfig{
		"jwks.ttl: -1s is not positive":                  {TTL: -time.Second},
		"jwks.max_stale: 1m0s is under the ttl of 15m0s": {MaxStale: time.Minute},
		"jwks.proxy: \"ftp://u:xxxxx@proxy\" is not a URL such as http://host:3128; https and socks5 are known, too": {Proxy: proxy("ftp://u:secret@proxy")},
		"jwks.proxy: \"http://proxy:1/x\" has no host, or a path, query or fragment":                                 {Proxy: proxy("http://proxy:1/x")},
		"jwks.proxy: \"http:\" has no host, or a path, query or fragment":                                            {Proxy: proxy("http:")},
	} {
		if _, err := NewRemoteKeySets(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	s, _ := newRemote(t, testIssuer, RemoteConfig{TTL: 48 * time.Hour, Proxy: proxy("socks5://proxy")})
	if s.config.MaxStale != 48*time.Hour {
		t.Errorf("max_stale %v, want the ttl that is longer than its default", s.config.MaxStale)
	}
}

func TestKeySetFaults(t *testing.T) {
	sets, err := NewRemoteKeySets(RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer sets.Close()
	for want, l := range map[string]location{
		"url: \"http://sts.example\" is plain http, which is only for loopback addresses": {issuer: "http://sts.example"},
		"jwks_url: \"ftp://x\" is not an https URL":                                       {testIssuer, "ftp://x"},
	} {
		if _, err := sets.KeySet(l.issuer, l.jwksURL); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := sets.KeySet(testIssuer, "https://keys.example/jwks"); err != nil {
		t.Error(err)
	}
}
