package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a Store.
type memory struct {
	mu        sync.Mutex
	documents map[string][]byte
	loads     int
	saves     int
	lists     int
	broken    error
}

func newMemory() *memory { return &memory{documents: make(map[string][]byte)} }

func (m *memory) Load(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	if m.broken != nil {
		return nil, m.broken
	}
	document, ok := m.documents[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return document, nil
}

// set makes the store fail, or not.
func (m *memory) set(broken error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = broken
}

func (m *memory) Save(_ context.Context, name string, document []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.saves++
	m.documents[name] = document
	return nil
}

func (m *memory) Names(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists++
	var names []string
	for name := range m.documents {
		names = append(names, name)
	}
	return names, m.broken
}

// edit changes the one document that is stored.
func (m *memory) edit(t *testing.T, change func(*storedKeys)) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.documents) != 1 {
		t.Fatalf("%d documents are stored", len(m.documents))
	}
	for name, document := range m.documents {
		var stored storedKeys
		if err := json.Unmarshal(document, &stored); err != nil {
			t.Fatal(err)
		}
		change(&stored)
		text, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		m.documents[name] = text
	}
}

// restart is the same process again: the same store and the same clock.
func restart(t *testing.T, s *remote, log *strings.Builder) *remote {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c := s.config
	c.Logger = slog.New(slog.NewTextHandler(log, nil))
	return remoteOf(t, s.at.issuer, c)
}

func TestKeysOutlastARestart(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	store := newMemory()
	s, clk := newRemote(t, e.issuer, RemoteConfig{Store: store, TTL: time.Minute, MaxStale: time.Hour, Cooldown: time.Second})
	wantKey(t, s, "RSA_0")
	s = restart(t, s, &log)
	e.set(&e.discovery, status(http.StatusServiceUnavailable))

	// Fresh ones need no fetch; stale ones serve on while it fails.
	wantKey(t, s, "RSA_0")
	if n := e.discoveries.Load(); n != 1 {
		t.Errorf("%d fetches, want the first alone", n)
	}
	wantUnavailable(t, s, "RSA_1") // nobody knows
	clk.advance(30 * time.Minute)
	s = restart(t, s, &log)
	wantKey(t, s, "RSA_0")
	s.running.Wait()
	if n := e.discoveries.Load(); n != 3 {
		t.Errorf("%d fetches, want one for the unknown key and one refresh", n)
	}
	// A restart does not make them younger.
	clk.advance(31 * time.Minute)
	s = restart(t, s, &log)
	wantUnavailable(t, s, "RSA_0")

	e.set(&e.discovery, text(discoveryOf(e)))
	clk.advance(time.Second)
	wantKey(t, s, "RSA_0")
	// The control: without a store they are gone.
	bare, _ := newRemote(t, e.issuer, RemoteConfig{})
	wantKey(t, bare, "RSA_0")
	e.set(&e.discovery, status(http.StatusServiceUnavailable))
	wantUnavailable(t, restart(t, bare, &log), "RSA_0")
}

func discoveryOf(e *endpoint) string {
	return `{"issuer":"` + e.issuer + `","jwks_uri":"` + e.issuer + `/.well-known/jwks.json"}`
}

// A stored document that is not this issuer's own, whole and of the past is
// passed over, with a line in the log, and fetched anew.
func TestBadStoredKeys(t *testing.T) {
	for name, harm := range map[string]func(*testing.T, *memory){
		"another issuer's": func(t *testing.T, m *memory) { m.edit(t, func(s *storedKeys) { s.Issuer += "x" }) },
		"from another URL": func(t *testing.T, m *memory) { m.edit(t, func(s *storedKeys) { s.JWKSURL = "https://x.example" }) },
		"from the future":  func(t *testing.T, m *memory) { m.edit(t, func(s *storedKeys) { s.Fetched = s.Fetched.Add(time.Hour) }) },
		"of no time":       func(t *testing.T, m *memory) { m.edit(t, func(s *storedKeys) { s.Fetched = time.Time{} }) },
		"without keys":     func(t *testing.T, m *memory) { m.edit(t, func(s *storedKeys) { s.JWKS = []byte(`{"keys":[]}`) }) },
		"no JSON": func(_ *testing.T, m *memory) {
			for name := range m.documents {
				m.documents[name] = []byte("\x00{")
			}
		},
		"unreadable": func(_ *testing.T, m *memory) { m.broken = errors.New("disk on fire") },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			var log strings.Builder
			store := newMemory()
			s, _ := newRemote(t, e.issuer, RemoteConfig{Store: store})
			wantKey(t, s, "RSA_0")
			s = restart(t, s, &log)
			wantKey(t, s, "RSA_0")
			if n := e.discoveries.Load(); n != 1 || log.Len() > 0 {
				t.Fatalf("the control: %d fetches, logged %s", n, log.String())
			}
			s = restart(t, s, &log)
			harm(t, store)
			wantKey(t, s, "RSA_0")
			s.running.Wait()
			if n := e.discoveries.Load(); n != 2 || !strings.Contains(log.String(), "ignoring stored keys") {
				t.Errorf("%d fetches, logged %s", n, log.String())
			}
		})
	}
}

// A clock that is a little ahead at the writer is no reason to lose keys.
func TestStoredKeysOfAClockThatWasSet(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	store := newMemory()
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: store})
	wantKey(t, s, "RSA_0")
	s = restart(t, s, &log)
	store.edit(t, func(s *storedKeys) { s.Fetched = s.Fetched.Add(maxAhead) })
	wantKey(t, s, "RSA_0")
	if n := e.discoveries.Load(); n != 1 {
		t.Errorf("%d fetches, logged %s", n, log.String())
	}
}

// Keys that were stored age from then on, also if the clock turns out to have
// been ahead and is set back.
func TestRestoredKeysAge(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	s, clk := newRemote(t, e.issuer, RemoteConfig{Store: newMemory()})
	wantKey(t, s, "RSA_0")
	clk.advance(-30 * time.Second)
	s = restart(t, s, &log)
	wantKey(t, s, "RSA_0")
	if set := s.set(); set.fetched.After(clk.now()) {
		t.Errorf("they were fetched at %v, and it is %v", set.fetched, clk.now())
	}
}

// The same document is written once a ttl, however often it is fetched.
func TestUnchangedKeysAreNotStoredAgain(t *testing.T) {
	e := newEndpoint(t)
	store := newMemory()
	s, clk := newRemote(t, e.issuer, RemoteConfig{Store: store})
	for n := range 20 {
		wantUnknown(t, s, fmt.Sprint("invented", n))
		clk.advance(DefaultCooldown)
	}
	s.running.Wait()
	if e.jwksGets.Load() != 20 || store.saves != 1 || !s.set().stored {
		t.Errorf("%d fetches made %d writes; kept: %v", e.jwksGets.Load(), store.saves, s.set().stored)
	}
	clk.advance(DefaultTTL)
	wantKey(t, s, "RSA_0")
	s.running.Wait()
	if store.saves != 2 {
		t.Errorf("%d writes after the ttl", store.saves)
	}
	e.set(&e.jwks, text(string(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_1")))))
	wantKey(t, s, "RSA_1")
	s.running.Wait()
	if store.saves != 3 {
		t.Errorf("%d writes after a rotation", store.saves)
	}
}

// A store that failed is asked again while the issuer does not answer; one that
// has nothing is not.
func TestStoreIsAskedAgain(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	store := newMemory()
	s, clk := newRemote(t, e.issuer, RemoteConfig{Store: store})
	wantKey(t, s, "RSA_0")
	s = restart(t, s, &log)
	e.set(&e.discovery, status(http.StatusServiceUnavailable))
	store.set(errors.New("disk on fire"))
	wantUnavailable(t, s, "RSA_0")
	store.set(nil)
	clk.advance(DefaultCooldown)
	wantKey(t, s, "RSA_0")

	empty := newMemory()
	bare, clk := newRemote(t, e.issuer, RemoteConfig{Store: empty})
	for range 5 {
		wantUnavailable(t, bare, "RSA_0")
		clk.advance(DefaultCooldown)
	}
	if empty.loads != 1 {
		t.Errorf("a store that has nothing was asked %d times", empty.loads)
	}
}

// A store that fails costs nobody a key.
func TestStoreThatFails(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	store := newMemory()
	store.broken = errors.New("disk full")
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: store})
	s = restart(t, s, &log)
	wantKey(t, s, "RSA_0")
	s.running.Wait()
	if !strings.Contains(log.String(), "storing an issuer's keys failed") || !strings.Contains(log.String(), "disk full") {
		t.Errorf("logged %s", log.String())
	}
}

func TestLocationName(t *testing.T) {
	seen := make(map[string]location)
	for _, l := range []location{
		{issuer: testIssuer}, {issuer: testIssuer + "/"}, {testIssuer, "https://keys.example"}, {issuer: otherURL},
		{issuer: "https://host/../../etc/passwd"}, {issuer: "https://" + strings.Repeat("x", 300)}, {issuer: "https://HOST:8443/a_b%2f"},
	} {
		name := l.name()
		if other, twice := seen[name]; twice {
			t.Errorf("%v and %v are stored under one name", l, other)
		}
		seen[name] = l
		if len(name) > 128 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || strings.HasPrefix(name, ".") {
			t.Errorf("%v is stored as %q", l, name)
		}
	}
}
