package verifier

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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

func newRemote(t *testing.T, c RemoteConfig) (*RemoteKeySet, *clock) {
	t.Helper()
	clk := new(clock)
	c.Now = clk.now
	s, err := NewRemoteKeySet(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, clk
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
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer})
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
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer})

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
	s, clk := newRemote(t, RemoteConfig{Issuer: e.issuer, TTL: time.Minute})
	wantKey(t, s, "RSA_0")
	e.set(&e.jwks, text(string(jwks(ecJWK(&aws().ec.PublicKey, "EC384_1")))))

	clk.advance(time.Minute)
	wantKey(t, s, "RSA_0") // at the ttl they are fresh still
	if e.jwksGets.Load() != 1 {
		t.Fatal("fresh keys were fetched again")
	}
	clk.advance(time.Second)
	wantKey(t, s, "RSA_0") // stale, and serves while it is refreshed
	s.done.Wait()
	wantUnknown(t, s, "RSA_0") // withdrawn
	wantKey(t, s, "EC384_1")
}

func TestRemoteOutage(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, RemoteConfig{Issuer: e.issuer, TTL: time.Minute, MaxStale: time.Hour, Cooldown: 10 * time.Second})
	wantKey(t, s, "RSA_0")
	e.set(&e.discovery, status(http.StatusInternalServerError))

	clk.advance(2 * time.Minute)
	for range 5 {
		wantKey(t, s, "RSA_0")
		s.done.Wait()
	}
	if n := e.discoveries.Load(); n != 2 {
		t.Errorf("%d discoveries, want the first and one that failed", n)
	}
	clk.advance(10 * time.Second)
	wantKey(t, s, "RSA_0")
	s.done.Wait()
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

func TestRemoteUnknownKidIsRationed(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, RemoteConfig{Issuer: e.issuer, Cooldown: 30 * time.Second})
	wantKey(t, s, "RSA_0")
	for i := range 10_000 {
		wantUnknown(t, s, fmt.Sprint("invented", i))
	}
	if n := e.jwksGets.Load(); n != 2 {
		t.Errorf("%d fetches, want the first and one for the unknown kids", n)
	}
	// A rotation is seen at once when the cooldown is over.
	e.set(&e.jwks, text(string(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_1")))))
	clk.advance(29 * time.Second)
	wantUnknown(t, s, "RSA_1")
	clk.advance(time.Second)
	wantKey(t, s, "RSA_1")
	wantUnknown(t, s, "RSA_0")
}

func TestRemoteUnknownKidAtTheFirstRequest(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer})
	for i := range 100 {
		wantUnknown(t, s, fmt.Sprint("invented", i))
	}
	if n := e.jwksGets.Load(); n != 1 {
		t.Errorf("%d fetches, want one", n)
	}
}

// Invented kids cost no memory while a fetch takes its time.
func TestRemoteRemembersFewKids(t *testing.T) {
	e := newEndpoint(t)
	gate := make(chan struct{})
	e.set(&e.jwks, func(w http.ResponseWriter, r *http.Request) { <-gate; text(string(aws().jwks()))(w, r) })
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer})
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	for i := range 1000 {
		if _, err := s.Key(ctx, fmt.Sprint("invented", i)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	s.mu.Lock()
	remembered := len(s.current.wanted)
	s.mu.Unlock()
	if remembered > maxKeys+1 {
		t.Errorf("%d kids are remembered", remembered)
	}
	close(gate)
	s.done.Wait()
	wantUnknown(t, s, "another")
	if n := e.jwksGets.Load(); n != 1 {
		t.Errorf("%d fetches, want the one that found none of them", n)
	}
}

func TestRemoteUnknownKidWhileTheIssuerIsDown(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer})
	wantKey(t, s, "RSA_0")
	e.set(&e.jwks, status(http.StatusBadGateway))
	// Nobody knows whether the issuer has it: no fault of the token.
	wantUnavailable(t, s, "RSA_1")
	wantUnavailable(t, s, "RSA_2")
	wantKey(t, s, "RSA_0")
	if n := e.jwksGets.Load(); n != 2 {
		t.Errorf("%d fetches, want two", n)
	}
}

// Every answer is refused, and does no harm to the keys that are there.
func TestRemoteRefusesAnswers(t *testing.T) {
	e := newEndpoint(t)
	goodDiscovery, goodJWKS := e.discovery, e.jwks
	discovery := func(issuer, uri string) http.HandlerFunc {
		return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, uri))
	}
	uri := e.issuer + "/.well-known/jwks.json"
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 64 {
			_, _ = z.Write(make([]byte, 64<<10))
		}
	}
	for name, tt := range map[string]struct{ discovery, jwks http.HandlerFunc }{
		"discovery for another issuer": {discovery(e.issuer+"/", uri), goodJWKS},
		"no issuer":                    {text(fmt.Sprintf(`{"jwks_uri":%q}`, uri)), goodJWKS},
		"no jwks_uri":                  {text(fmt.Sprintf(`{"issuer":%q}`, e.issuer)), goodJWKS},
		"jwks_uri twice":               {text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":"x","jwks_uri":%q}`, e.issuer, uri)), goodJWKS},
		"jwks_uri elsewhere":           {discovery(e.issuer, "https://evil.example/jwks.json"), goodJWKS},
		"jwks_uri by another port":     {discovery(e.issuer, "http://127.0.0.1:1/jwks.json"), goodJWKS},
		"jwks_uri by another name":     {discovery(e.issuer, strings.Replace(uri, "127.0.0.1", "localhost", 1)), goodJWKS},
		"jwks_uri by another scheme":   {discovery(e.issuer, strings.Replace(uri, "http:", "https:", 1)), goodJWKS},
		"jwks_uri of 100 KB":           {discovery(e.issuer, "https://"+strings.Repeat("x", 100_000)), goodJWKS},
		"jwks_uri with user info":      {discovery(e.issuer, strings.Replace(uri, "//", "//u@", 1)), goodJWKS},
		"jwks_uri of metadata":         {discovery(e.issuer, "http://169.254.169.254/latest"), goodJWKS},
		"discovery redirects":          {redirect(uri), goodJWKS},
		"keys redirect":                {goodDiscovery, redirect(uri + "?again")},
		"HTML with 200":                {goodDiscovery, text("<html>hello</html>")},
		"404 with keys":                {goodDiscovery, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound); goodJWKS(w, r) }},
		"204":                          {goodDiscovery, status(204)},
		"over 512 KiB":                 {goodDiscovery, text(string(aws().jwks()) + strings.Repeat(" ", maxDocument))},
		"a gzip bomb":                  {goodDiscovery, bomb},
		"no usable key":                {goodDiscovery, text(`{"keys":[{"kty":"oct","kid":"x","k":"AA"}]}`)},
		"a connection that is cut":     {goodDiscovery, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"a body that never ends":       {goodDiscovery, endless},
		"headers that never come":      {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, goodJWKS},
	} {
		t.Run(name, func(t *testing.T) {
			e.set(&e.discovery, goodDiscovery)
			e.set(&e.jwks, goodJWKS)
			s, clk := newRemote(t, RemoteConfig{Issuer: e.issuer, Timeout: 500 * time.Millisecond})
			wantKey(t, s, "RSA_0") // the control
			e.set(&e.discovery, tt.discovery)
			e.set(&e.jwks, tt.jwks)
			clk.advance(DefaultTTL + time.Second)
			wantKey(t, s, "RSA_0")
			s.done.Wait()
			if s.failure == nil || len(s.failure.Error()) > 512 {
				t.Errorf("failure: %.600v", s.failure)
			}
			wantKey(t, s, "RSA_0")
		})
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(to, "?again") && r.URL.RawQuery != "" {
			text(string(aws().jwks()))(w, r)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		time.Sleep(time.Millisecond)
	}
}

func TestRemoteCloseEndsAFetch(t *testing.T) {
	e := newEndpoint(t)
	e.set(&e.jwks, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s, _ := newRemote(t, RemoteConfig{Issuer: e.issuer, Timeout: time.Hour})
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
	for want, c := range map[string]RemoteConfig{
		"url: \"http://sts.example\" is plain http, which is only for loopback addresses": {Issuer: "http://sts.example"},
		"jwks_url: \"ftp://x\" is not an https URL":                                       {Issuer: testIssuer, JWKSURL: "ftp://x"},
		"jwks.ttl: -1s is not positive":                                                   {Issuer: testIssuer, TTL: -time.Second},
		"jwks.max_stale: 1m0s is under the ttl of 15m0s":                                  {Issuer: testIssuer, MaxStale: time.Minute},
	} {
		if _, err := NewRemoteKeySet(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	s, _ := newRemote(t, RemoteConfig{Issuer: testIssuer, TTL: 48 * time.Hour})
	if s.config.MaxStale != 48*time.Hour {
		t.Errorf("max_stale %v, want the ttl that is longer than its default", s.config.MaxStale)
	}
}
