package verifier

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// statusWorld is a Verifier of one issuer at an endpoint, with a store.
type statusWorld struct {
	*endpoint
	*Verifier
	t     *testing.T
	clock *clock
	store *memory
	sets  *RemoteKeySets
}

var accounts = []string{"111122223333"}

func newStatusWorld(t *testing.T) *statusWorld {
	t.Helper()
	w := &statusWorld{endpoint: newEndpoint(t), t: t, clock: new(clock), store: newMemory()}
	w.begin()
	return w
}

// begin makes the Verifier anew, as a restart does.
func (w *statusWorld) begin() {
	w.t.Helper()
	var err error
	if w.sets, err = NewRemoteKeySets(RemoteConfig{Store: w.store, Now: w.clock.now}); err != nil {
		w.t.Fatal(err)
	}
	sets := w.sets
	w.t.Cleanup(func() { _ = sets.Close() })
	w.Verifier = mustNew(w.t, Config{
		Issuers: []Issuer{{URL: w.issuer, Accounts: accounts}}, RemoteKeys: w.sets, Audiences: []string{"a"}, Now: w.clock.now,
	})
}

func (w *statusWorld) status() Status {
	w.t.Helper()
	w.sets.running.Wait()
	s, trusted := w.Status(w.issuer)
	if !trusted {
		w.t.Fatal("the issuer is not trusted")
	}
	var all []Status
	for each := range w.Statuses() {
		all = append(all, each)
	}
	if len(all) != 1 || fmt.Sprint(all[0]) != fmt.Sprint(s) {
		w.t.Errorf("Statuses has %v, Status %v", all, s)
	}
	return s
}

func (w *statusWorld) use() error { return w.AwaitKeys(w.t.Context(), w.issuer) }

func (w *statusWorld) fail(broken bool) {
	if broken {
		w.set(&w.discovery, status(http.StatusServiceUnavailable))
		return
	}
	w.set(&w.discovery, text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, w.issuer, w.issuer+"/.well-known/jwks.json")))
}

// An issuer's keys from before their first use to their end.
func TestStatusOverTime(t *testing.T) {
	w := newStatusWorld(t)
	s := w.status()
	if s.State != StateUnfetched || s.KeysFrom != KeysByDiscovery || s.ListedIn != ListedInConfiguration || !slices.Equal(s.Accounts, accounts) ||
		!s.Fetched.IsZero() || !s.Attempted.IsZero() || !s.NextFetch.IsZero() || s.Err != nil || s.Keys != nil {
		t.Errorf("before the first use: %+v", s)
	}
	if err := w.use(); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Minute)
	s = w.status()
	want := []KeyStatus{{"EC384_0", ES384}, {"RSA_0", RS256}}
	if s.State != StateFresh || !s.Fetched.Equal(epoch) || !s.Attempted.Equal(epoch) || s.Age != time.Minute ||
		!s.NextFetch.Equal(epoch.Add(DefaultTTL)) || !slices.Equal(s.Keys, want) {
		t.Errorf("fresh: %+v", s)
	}
	w.clock.advance(DefaultTTL)
	if s = w.status(); s.State != StateStale || len(s.Keys) != 2 || s.Err != nil || !s.NextFetch.IsZero() {
		t.Errorf("stale: %+v", s)
	}
	w.fail(true)
	if err := w.use(); err != nil { // stale keys serve
		t.Error(err)
	}
	tried := w.clock.now()
	s = w.status()
	if s.State != StateStale || s.Err == nil || !strings.Contains(s.Err.Error(), "503") || !s.Attempted.Equal(tried) ||
		!s.Fetched.Equal(epoch) || !s.NextFetch.Equal(tried.Add(DefaultCooldown)) {
		t.Errorf("stale, and the issuer is down: %+v", s)
	}
	w.clock.advance(DefaultMaxStale)
	if s = w.status(); s.State != StateUnavailable || s.Keys != nil || s.Age != 0 || s.Err == nil {
		t.Errorf("too old: %+v", s)
	}
	if err := w.use(); err == nil {
		t.Error("keys that are too old serve")
	}
	w.fail(false)
	w.clock.advance(DefaultCooldown)
	if err := w.use(); err != nil {
		t.Error(err)
	}
	if s = w.status(); s.State != StateFresh || s.Err != nil {
		t.Errorf("well again: %+v", s)
	}
}

// A failure from the first fetch on.
func TestStatusOfIssuerThatIsDown(t *testing.T) {
	w := newStatusWorld(t)
	w.fail(true)
	if err := w.use(); err == nil {
		t.Error("it has keys")
	}
	s := w.status()
	if s.State != StateUnavailable || s.Err == nil || !s.Attempted.Equal(epoch) || !s.Fetched.IsZero() || !s.NextFetch.Equal(epoch.Add(DefaultCooldown)) {
		t.Errorf("%+v", s)
	}
	w.fail(false)
	if err := w.use(); err == nil || w.discoveries.Load() != 1 {
		t.Errorf("within the cooldown: %v after %d fetches", err, w.discoveries.Load())
	}
	w.clock.advance(DefaultCooldown)
	if err := w.use(); err != nil {
		t.Error(err)
	}
}

// After a restart the store's keys have the age that they had.
func TestStatusAfterARestart(t *testing.T) {
	w := newStatusWorld(t)
	if err := w.use(); err != nil {
		t.Fatal(err)
	}
	w.sets.running.Wait()
	w.fail(true)
	for _, tt := range []struct {
		after time.Duration
		state KeyState
	}{{time.Minute, StateFresh}, {time.Hour, StateStale}, {DefaultMaxStale, StateUnavailable}} {
		w.clock.moved.Store(int64(tt.after + time.Second))
		w.begin()
		if s := w.status(); s.State != StateUnfetched {
			t.Errorf("after %v, not used: %+v", tt.after, s)
		}
		_ = w.use()
		s := w.status()
		if s.State != tt.state || tt.state != StateUnavailable && (!s.Fetched.Equal(epoch) || s.Age != tt.after+time.Second) {
			t.Errorf("after %v: %+v", tt.after, s)
		}
	}
}

func TestErrorOfStatusIsCut(t *testing.T) {
	w := newStatusWorld(t)
	w.set(&w.discovery, text(`{"issuer":"`+strings.Repeat("x", 10_000)+`"}`))
	_ = w.use()
	if s := w.status(); s.Err == nil || len(s.Err.Error()) > maxFailure+len("…") {
		t.Errorf("%v", s.Err)
	}
}

// Issuers that were never used make no key sets, however many there are.
func TestStatusesOfManyIssuers(t *testing.T) {
	const many = 10_000
	var entries []map[string]any
	for n := range many {
		entries = append(entries, map[string]any{"url": fmt.Sprintf("https://%05d.example", n), "accounts": accounts})
	}
	entries[7]["jwks_url"] = "https://keys.example/7"
	document, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "issuers.json")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	sets, err := NewRemoteKeySets(RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	v := mustNew(t, Config{IssuersFile: path, RemoteKeys: sets, Audiences: []string{"a"}})
	counted := make(map[KeySource]int)
	count := func() {
		for s := range v.Statuses() {
			if s.State != StateUnfetched || s.ListedIn != ListedInFile {
				t.Fatalf("%+v", s)
			}
			if want := map[KeySource]string{KeysByURL: "https://keys.example/7"}[s.KeysFrom]; s.KeysAt != want {
				t.Fatalf("%+v", s)
			}
			counted[s.KeysFrom]++
		}
	}
	count()
	if counted[KeysByDiscovery] != many-1 || counted[KeysByURL] != 1 {
		t.Errorf("%v", counted)
	}
	if len(sets.sets)+len(sets.candidates) > 0 {
		t.Errorf("%d key sets were made", len(sets.sets)+len(sets.candidates))
	}
	// A handful for the iteration, and none an issuer.
	if n := testing.AllocsPerRun(3, func() {
		for range v.Statuses() {
		}
	}); n > 20 {
		t.Errorf("%v allocations", n)
	}
	for range v.Statuses() { // one may stop early
		break
	}
}

// Those of an organization are there once they were seen, and are told from those
// that anybody may have invented.
func TestStatusesOfOrganization(t *testing.T) {
	w := newOrgWorld(t)
	c := w.config()
	c.Issuers = []Issuer{{URL: w.base + "00000000-0000-0000-0000-00000000000a", Accounts: accounts}}
	v := mustNew(t, c)
	const invented = "00000000-0000-0000-0000-000000000001"
	if _, err := v.Verify(t.Context(), w.token(orgUUID, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), w.token(invented, func(c claims) { delete(c.aws, "org_id") })); reasonOf(err) != OrgMismatch {
		t.Fatal(err)
	}
	if err := v.AwaitKeys(t.Context(), c.Issuers[0].URL); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]Status)
	for s := range v.Statuses() {
		if _, twice := got[s.Issuer]; twice {
			t.Errorf("%s is there twice", s.Issuer)
		}
		got[s.Issuer] = s
	}
	if s := got[w.base+orgUUID]; s.State != StateFresh || s.ListedIn != ListedByOrganization || s.Candidate {
		t.Errorf("one that was seen good: %+v", s)
	}
	if s := got[w.base+invented]; s.State != StateFresh || s.ListedIn != ListedByOrganization || !s.Candidate {
		t.Errorf("one that was not: %+v", s)
	}
	if s := got[c.Issuers[0].URL]; len(got) != 3 || s.ListedIn != ListedInConfiguration {
		t.Errorf("of %d, the listed one: %+v", len(got), s)
	}
	// What was never seen is trusted by its form, and nothing is kept of it.
	never := w.base + "00000000-0000-0000-0000-000000000002"
	if s, trusted := v.Status(never); !trusted || s.State != StateUnfetched || !s.Candidate {
		t.Errorf("%+v, %v", s, trusted)
	}
	if _, trusted := v.Status("https://elsewhere.example"); trusted {
		t.Error("a stranger is trusted")
	}
	if n := len(w.sets.sets) + len(w.sets.candidates); n != 3 {
		t.Errorf("%d key sets", n)
	}
}
