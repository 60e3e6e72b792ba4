package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
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
	if e.jwksGets.Load() != 20 || store.saves != 1 || !s.set().kept {
		t.Errorf("%d fetches made %d writes; kept: %v", e.jwksGets.Load(), store.saves, s.set().kept)
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

// hanging is a Store that answers nothing until it is let go.
type hanging struct {
	*memory
	gate chan struct{}
}

func (h *hanging) Load(ctx context.Context, name string) ([]byte, error) {
	<-h.gate
	return h.memory.Load(ctx, name)
}

func (h *hanging) Save(ctx context.Context, name string, document []byte) error {
	<-h.gate
	return h.memory.Save(ctx, name, document)
}

func (h *hanging) Names(ctx context.Context) ([]string, error) {
	<-h.gate
	return h.memory.Names(ctx)
}

// A storage that hangs holds up no caller for longer than the time-out, nor the
// end of the configuration.
func TestStoreThatHangs(t *testing.T) {
	e := newEndpoint(t)
	store := &hanging{newMemory(), make(chan struct{})}
	defer close(store.gate)
	c := RemoteConfig{Store: store, Timeout: 50 * time.Millisecond}
	s, clk := newRemote(t, e.issuer, c)
	for n := range 3 * maxStoreCalls {
		keys, err := s.RemoteKeySets.KeySet(e.URL+"/"+strconv.Itoa(n), "")
		if err != nil {
			t.Fatal(err)
		}
		wantUnavailable(t, keys, "RSA_0") // 404
	}
	wantKey(t, s, "RSA_0")
	var r ration
	invented := &candidateKeys{remoteKeys{s.RemoteKeySets, location{issuer: e.URL + "/invented"}}, &r}
	for range 5 {
		wantUnavailable(t, invented, "RSA_0")
		clk.advance(DefaultCooldown)
	}
	done := make(chan error)
	go func() { done <- s.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Close waits for the store")
	}
	if n := len(s.config.Store.(*patientStore).calls); n > maxStoreCalls {
		t.Errorf("%d calls hang", n)
	}
}

// A store that panics is one that fails.
func TestStoreThatPanics(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: panicking{}})
	wantKey(t, s, "RSA_0")
}

type panicking struct{}

func (panicking) Load(context.Context, string) ([]byte, error) { panic("load") }
func (panicking) Save(context.Context, string, []byte) error   { panic("save") }
func (panicking) Names(context.Context) ([]string, error)      { panic("names") }

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

func TestStoredNames(t *testing.T) {
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
