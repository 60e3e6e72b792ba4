package verifier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// candidates are key sets of any number of invented issuers at one endpoint.
type candidates struct {
	*remote
	endpoint *endpoint
	ration   ration
}

func newCandidates(t *testing.T, c RemoteConfig) (*candidates, *clock) {
	t.Helper()
	e := newEndpoint(t)
	s, clk := newRemote(t, e.issuer, c)
	return &candidates{remote: s, endpoint: e}, clk
}

func (c *candidates) issuer(n int) string { return fmt.Sprintf("%s/%d", c.endpoint.URL, n) }

func (c *candidates) keys(issuer string) *candidateKeys {
	return &candidateKeys{remoteHandle: remoteHandle{sets: c.RemoteKeySets, location: location{issuer: issuer}}, ration: &c.ration}
}

func TestInventedIssuersAreRationed(t *testing.T) {
	c, clk := newCandidates(t, RemoteConfig{Store: newMemory()})
	known := c.keys(c.at.issuer)
	wantKey(t, known, "RSA_0")
	known.prove()
	for n := range 10_000 {
		wantUnavailable(t, c.keys(c.issuer(n)), "RSA_0")
		if n%1000 == 0 {
			wantKey(t, known, "RSA_0")
		}
	}
	if n := len(c.candidates); n != rationSize-1 {
		t.Errorf("%d invented issuers are remembered, want those that were fetched", n)
	}
	if n := c.ration.left(clk.now()); n != time.Minute {
		t.Errorf("the next fetch is due in %v", n)
	}
	// A known one is not rationed, nor is its unknown kid.
	clk.advance(DefaultTTL + time.Second)
	for range rationSize {
		c.ration.take(clk.now())
	}
	wantKey(t, known, "RSA_0")
	c.running.Wait()
	clk.advance(DefaultCooldown)
	wantUnknown(t, known, "RSA_1")
	if n := c.endpoint.jwksGets.Load(); n != 3 {
		t.Errorf("%d fetches of the known issuer's keys, want the first, a refresh and one for the kid", n)
	}
}

// Why a key is not to be had, and when it makes sense to ask again.
func TestRationIsTold(t *testing.T) {
	c, clk := newCandidates(t, RemoteConfig{})
	for n := range rationSize {
		wantUnavailable(t, c.keys(c.issuer(n)), "RSA_0")
	}
	clk.advance(20 * time.Second)
	refusal := wantUnavailable(t, c.keys(c.at.issuer), "RSA_0")
	if !errors.Is(refusal, errRationed) || refusal.RetryAfter != 40*time.Second {
		t.Errorf("retry after %v: %v", refusal.RetryAfter, refusal)
	}
	clk.advance(40 * time.Second)
	wantKey(t, c.keys(c.at.issuer), "RSA_0")
}

// An issuer that answers, but of which no token was accepted, stays rationed
// and is not stored.
func TestUnprovenIssuer(t *testing.T) {
	store := newMemory()
	c, clk := newCandidates(t, RemoteConfig{Store: store})
	keys := c.keys(c.at.issuer)
	wantKey(t, keys, "RSA_0")
	c.running.Wait()
	if len(store.documents) != 0 {
		t.Error("the keys of an issuer that nobody vouched for are stored")
	}
	for range rationSize {
		c.ration.take(clk.now())
	}
	wantUnavailable(t, keys, "RSA_1")
	wantKey(t, keys, "RSA_0") // what is there serves
	keys.prove()
	keys.prove()
	wantUnknown(t, keys, "RSA_1")
	c.running.Wait()
	if len(store.documents) != 1 {
		t.Error("the keys of a proven issuer are not stored")
	}
}

// After a restart, an issuer that was seen good needs no ration: its keys are in
// the store, which is asked once for all.
func TestProvenIssuerAfterARestart(t *testing.T) {
	store := newMemory()
	c, clk := newCandidates(t, RemoteConfig{Store: store})
	keys := c.keys(c.at.issuer)
	wantKey(t, keys, "RSA_0")
	keys.prove()
	c.running.Wait()
	c.endpoint.set(&c.endpoint.discovery, status(http.StatusServiceUnavailable))

	var log strings.Builder
	after := &candidates{remote: restart(t, c.remote, &log), endpoint: c.endpoint}
	for range rationSize {
		after.ration.take(clk.now())
	}
	wantKey(t, after.keys(c.at.issuer), "RSA_0")
	loads := store.loads
	for n := range 1000 {
		wantUnavailable(t, after.keys(c.issuer(n)), "RSA_0")
		clk.advance(DefaultCooldown / 500)
	}
	if store.loads != loads || store.lists != 2 { // one for each start
		t.Errorf("invented issuers cost the store %d loads and %d lists", store.loads-loads, store.lists)
	}
}

// What is stored comes back also if the store could not be asked at first: it
// failed, or the caller did not wait for it.
func TestProvenIssuerAfterABadMoment(t *testing.T) {
	hungUp, hangUp := context.WithCancel(context.Background())
	hangUp()
	for name, tt := range map[string]struct {
		ctx    context.Context
		broken error
	}{
		"the store failed":    {context.Background(), errors.New("no such bucket")},
		"the caller is gone":  {hungUp, nil},
		"nothing, as control": {context.Background(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemory()
			c, clk := newCandidates(t, RemoteConfig{Store: store})
			keys := c.keys(c.at.issuer)
			wantKey(t, keys, "RSA_0")
			keys.prove()
			c.running.Wait()
			c.endpoint.set(&c.endpoint.discovery, status(http.StatusServiceUnavailable))

			var log strings.Builder
			after := &candidates{remote: restart(t, c.remote, &log), endpoint: c.endpoint}
			keys = after.keys(c.at.issuer)
			store.set(tt.broken)
			_, _ = keys.Key(tt.ctx, "RSA_0")
			after.running.Wait()
			store.set(nil)
			clk.advance(DefaultCooldown)
			wantKey(t, keys, "RSA_0")
		})
	}
}

// A store that cannot be listed costs the ration, not the issuer.
func TestStoreThatCannotBeListed(t *testing.T) {
	store := newMemory()
	store.broken = errors.New("no such bucket")
	c, clk := newCandidates(t, RemoteConfig{Store: store})
	for n := range 10 {
		wantUnavailable(t, c.keys(c.issuer(n)), "RSA_0")
	}
	wantKey(t, c.keys(c.at.issuer), "RSA_0")
	if store.lists != 1 {
		t.Errorf("it was asked %d times within the cooldown", store.lists)
	}
	clk.advance(DefaultCooldown)
	wantUnavailable(t, c.keys(c.issuer(11)), "RSA_0")
	if store.lists != 2 {
		t.Errorf("it was asked %d times", store.lists)
	}
}

// The candidates are bounded; the one that was used longest ago makes room.
func TestCandidatesAreBounded(t *testing.T) {
	c, clk := newCandidates(t, RemoteConfig{})
	for n := range maxCandidates + 10 {
		if n%(rationSize/2) == 0 {
			clk.advance(rationEvery)
		}
		wantUnavailable(t, c.keys(c.issuer(n)), "RSA_0")
		clk.advance(time.Millisecond)
		_, _ = c.keys(c.issuer(0)).Key(context.Background(), "RSA_0") // in use all the time
	}
	if len(c.candidates) != maxCandidates {
		t.Errorf("%d are remembered", len(c.candidates))
	}
	for n, want := range map[int]bool{0: true, 1: false, 10: false, 12: true, maxCandidates + 9: true} {
		if c.candidates[location{issuer: c.issuer(n)}] != nil != want {
			t.Errorf("candidate %d remembered: %v", n, !want)
		}
	}
}

// An issuer that hangs while others are asked for keeps nobody waiting.
func TestInventedIssuersKeepNobodyWaiting(t *testing.T) {
	c, _ := newCandidates(t, RemoteConfig{Timeout: time.Minute})
	gate := make(chan struct{})
	defer close(gate)
	hanging := newEndpoint(t)
	hanging.set(&hanging.discovery, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	go func() { _, _ = c.keys(hanging.issuer).Key(ctx, "RSA_0") }()
	for hanging.discoveries.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	wantKey(t, c.keys(c.at.issuer), "RSA_0")
	wantKey(t, c, "RSA_0")
}

// That an issuer was seen good is not forgotten for want of a store.
func TestProvenIssuerWithoutAStore(t *testing.T) {
	c, clk := newCandidates(t, RemoteConfig{})
	keys := c.keys(c.at.issuer)
	wantKey(t, keys, "RSA_0")
	keys.prove()
	clk.advance(30 * 24 * time.Hour)
	wantUnavailable(t, c.keys(c.issuer(1)), "RSA_0")
	_ = c.RemoteKeySets.at(location{issuer: c.issuer(2)}) // sweeps
	for range rationSize {
		c.ration.take(clk.now())
	}
	wantKey(t, keys, "RSA_0")
	if len(c.candidates) != 1 {
		t.Errorf("%d candidates are left", len(c.candidates))
	}
}

// Candidates that nobody asks for are let go.
func TestCandidatesAreLetGo(t *testing.T) {
	c, clk := newCandidates(t, RemoteConfig{})
	for n := range 10 {
		wantUnavailable(t, c.keys(c.issuer(n)), "RSA_0")
	}
	clk.advance(letGoAfter + sweepEvery)
	wantKey(t, c, "RSA_0")
	if len(c.candidates) != 0 {
		t.Errorf("%d candidates are left", len(c.candidates))
	}
}
