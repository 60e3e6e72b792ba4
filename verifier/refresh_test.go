package verifier

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// What an operator asks for is done within the cooldown, too, but not twice in a
// second.
func TestRefreshKeys(t *testing.T) {
	w := newStatusWorld(t)
	refresh := func() error { return w.RefreshKeys(t.Context(), w.issuer) }
	if err := refresh(); err != nil {
		t.Fatal(err)
	}
	if err := refresh(); err != nil || w.jwksGets.Load() != 1 {
		t.Errorf("a second time at once: %v, %d fetches", err, w.jwksGets.Load())
	}
	w.clock.advance(refreshEvery)
	if err := refresh(); err != nil || w.jwksGets.Load() != 2 {
		t.Errorf("fresh keys: %v, %d fetches", err, w.jwksGets.Load())
	}
	w.fail(true)
	w.clock.advance(refreshEvery)
	if err := refresh(); err == nil {
		t.Error("it failed, and that is no error")
	}
	if s := w.status(); s.State != StateFresh || s.Err == nil {
		t.Errorf("the keys that were there do not stay: %+v", s)
	}
	w.fail(false)
	if err := refresh(); err == nil || w.discoveries.Load() != 3 {
		t.Errorf("within a second of a failure: %v, %d fetches", err, w.discoveries.Load())
	}
	w.clock.advance(refreshEvery)
	if err := refresh(); err != nil {
		t.Errorf("within the cooldown of a failure: %v", err)
	}
	if err := w.RefreshKeys(t.Context(), "https://elsewhere.example"); !errors.Is(err, ErrNotTrusted) {
		t.Errorf("a stranger: %v", err)
	}
}

// A restart, and the store has keys: they are not lost if the fetch fails.
func TestRefreshAfterARestart(t *testing.T) {
	w := newStatusWorld(t)
	if err := w.use(); err != nil {
		t.Fatal(err)
	}
	w.sets.running.Wait()
	w.fail(true)
	w.clock.advance(time.Hour)
	w.begin()
	if err := w.RefreshKeys(t.Context(), w.issuer); err == nil {
		t.Error("it failed, and that is no error")
	}
	if s := w.status(); s.State != StateStale || len(s.Keys) != 2 {
		t.Errorf("%+v", s)
	}
	w.fail(false)
	w.clock.advance(refreshEvery)
	if err := w.RefreshKeys(t.Context(), w.issuer); err != nil {
		t.Error(err)
	}
	if s := w.status(); s.State != StateFresh {
		t.Errorf("%+v", s)
	}
}

// Everybody shares one fetch, and whoever goes leaves it to the others.
func TestRefreshIsShared(t *testing.T) {
	w := newStatusWorld(t)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	good := w.answer(&w.jwks)
	w.set(&w.jwks, func(rw http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-goOn
		good(rw, r)
	})
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			do := w.RefreshKeys
			if n%2 == 0 {
				do = w.AwaitKeys
			}
			if err := do(t.Context(), w.issuer); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	if s, _ := w.Status(w.issuer); !s.Fetching || s.State != StateUnfetched {
		t.Errorf("under way: %+v", s)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, do := range []func(context.Context, string) error{w.RefreshKeys, w.AwaitKeys} {
		if err := do(gone, w.issuer); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever is gone waits: %v", err)
		}
	}
	close(goOn)
	all.Wait()
	if n := w.jwksGets.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

// Keys that are stale serve whoever waits for some, and are refreshed.
func TestAwaitRefreshesStaleKeys(t *testing.T) {
	w := newStatusWorld(t)
	for range 2 {
		if err := w.use(); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.advance(DefaultTTL + time.Second)
	if err := w.use(); err != nil {
		t.Error(err)
	}
	if s := w.status(); s.State != StateFresh || w.jwksGets.Load() != 2 {
		t.Errorf("%d fetches: %+v", w.jwksGets.Load(), s)
	}
}

// Whom only a template vouches for is rationed, also for the operator.
func TestRefreshOfOrganization(t *testing.T) {
	w := newOrgWorld(t)
	v := mustNew(t, w.config())
	issuer := w.base + orgUUID
	if err := v.RefreshKeys(t.Context(), issuer); !errors.Is(err, ErrNotTrusted) {
		t.Errorf("one that was never seen: %v", err)
	}
	if err := v.AwaitKeys(t.Context(), issuer); err != nil {
		t.Errorf("one that is waited for: %v", err)
	}
	w.clock.advance(refreshEvery)
	if err := v.RefreshKeys(t.Context(), issuer); err != nil || w.jwksGets.Load() != 2 {
		t.Errorf("a candidate: %v, %d fetches", err, w.jwksGets.Load())
	}
	for range rationSize {
		v.trust.organization.ration.take(w.clock.now())
	}
	w.clock.advance(refreshEvery)
	if err := v.RefreshKeys(t.Context(), issuer); !errors.Is(err, errRationed) {
		t.Errorf("past the ration: %v", err)
	}
	if _, err := v.Verify(t.Context(), w.token(orgUUID, nil)); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(refreshEvery)
	if err := v.RefreshKeys(t.Context(), issuer); err != nil || w.jwksGets.Load() != 3 {
		t.Errorf("one that was seen good: %v, %d fetches", err, w.jwksGets.Load())
	}
}

func TestZeroKeySetsHaveNoKeys(t *testing.T) {
	v := mustNew(t, Config{
		Issuers: []Issuer{{URL: "https://a.example"}, {URL: "https://b.example", Keys: new(FileKeySet)}}, RemoteKeys: new(RemoteKeySets),
		Organization: &Organization{IDs: []string{orgID}}, Audiences: []string{"a"},
	})
	for _, issuer := range []string{"https://a.example", "https://b.example", v.trust.organization.before + sampleUUID + v.trust.organization.behind} {
		if v.AwaitKeys(t.Context(), issuer) == nil {
			t.Errorf("%s has keys", issuer)
		}
		if v.RefreshKeys(t.Context(), issuer) == nil {
			t.Errorf("%s is refreshed", issuer)
		}
		if s, _ := v.Status(issuer); s.State != StateUnfetched {
			t.Errorf("%+v", s)
		}
	}
	for range v.Statuses() {
	}
	var none *Verifier
	for range none.Statuses() {
		t.Error("no Verifier has an issuer")
	}
	if _, trusted := none.Status("https://a.example"); trusted || !errors.Is(none.AwaitKeys(t.Context(), "https://a.example"), ErrNotTrusted) {
		t.Error("no Verifier trusts somebody")
	}
}
