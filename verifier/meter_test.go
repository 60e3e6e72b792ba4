package verifier

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// A token that is good and remembered is a hit; all others are misses, and those
// alone are timed.
func TestLookupsAreCounted(t *testing.T) {
	lookups := new(Lookups)
	var took []time.Duration
	metered := func(c *Config) {
		c.Lookups = lookups
		c.Observe = func(d time.Duration) { took = append(took, d) }
	}
	want := func(hits, misses uint64, timed int) {
		t.Helper()
		if lookups.Hits() != hits || lookups.Misses() != misses || len(took) != timed {
			t.Errorf("%d hits, %d misses, %d timed; want %d, %d, %d", lookups.Hits(), lookups.Misses(), len(took), hits, misses, timed)
		}
	}
	v, s := remembering(t, metered)
	want(0, 1, 1)
	wantCached(t, v, goodOnce(), true)
	want(1, 1, 1)
	for _, bad := range []string{"", "x.y.z", goodOnce() + "A"} {
		if _, err := v.Verify(t.Context(), bad); err == nil {
			t.Fatalf("%q is accepted", bad)
		}
	}
	want(1, 4, 4)
	s.set(epoch.Add(time.Hour)) // it has ended
	if _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) != Expired {
		t.Fatalf("got %v, want %s", err, Expired)
	}
	want(1, 5, 5)
	if _, err := v.Verify(t.Context(), string(make([]byte, MaxTokenSize+1))); reasonOf(err) != TooLarge {
		t.Fatalf("got %v, want %s", err, TooLarge)
	}
	want(1, 5, 6) // nobody looks for such a one
	v.Explain(t.Context(), goodOnce(), ExplainOptions{})
	want(1, 5, 6)
	// Verifiers that share Lookups are counted together; without a cache there is
	// nothing to look up.
	remembering(t, metered)
	want(1, 6, 7)
	remembering(t, func(c *Config) { metered(c); c.CacheSize = -1 })
	want(1, 6, 8)
}

// The time is that of the Config's clock, and waiting for keys is part of it.
func TestVerifyingIsTimed(t *testing.T) {
	s := &settable{at: epoch}
	c := goodConfig(t)
	c.Now, c.Issuers[0].Keys = s.now, slow{aws().keySet(t), s}
	var took []time.Duration
	c.Observe = func(d time.Duration) { took = append(took, d) }
	wantCached(t, mustNew(t, c), goodOnce(), false)
	if !slices.Equal(took, []time.Duration{3 * time.Second}) {
		t.Errorf("took %v, want 3s", took)
	}
}

// slow is a key set that takes three seconds of a clock.
type slow struct {
	KeySet
	clock *settable
}

func (s slow) Key(ctx context.Context, id string) (Key, error) {
	s.clock.set(s.clock.now().Add(3 * time.Second))
	return s.KeySet.Key(ctx, id)
}

// counted counts fetches by their results.
type counted struct {
	sync.Mutex
	by map[FetchResult]int
}

func (c *counted) count(r FetchResult) {
	c.Lock()
	defer c.Unlock()
	c.by[r]++
}

func (c *counted) want(t *testing.T, ok, failed, unchanged int) {
	t.Helper()
	c.Lock()
	defer c.Unlock()
	want := map[FetchResult]int{FetchOK: ok, FetchFailed: failed, FetchUnchanged: unchanged}
	maps.DeleteFunc(want, func(_ FetchResult, n int) bool { return n == 0 })
	if !maps.Equal(c.by, want) {
		t.Errorf("fetches %v, want %v", c.by, want)
	}
}

func TestFetchesAreCounted(t *testing.T) {
	e, fetches := newEndpoint(t), &counted{by: make(map[FetchResult]int)}
	s, clk := newRemote(t, e.issuer, RemoteConfig{Fetched: fetches.count})
	fetches.want(t, 0, 0, 0)
	wantKey(t, s, "RSA_0")
	wantKey(t, s, "EC384_0")
	fetches.want(t, 1, 0, 0)
	wantUnknown(t, s, "new") // fetches, and finds the same keys
	fetches.want(t, 1, 0, 1)
	wantUnknown(t, s, "newer") // within the cooldown
	fetches.want(t, 1, 0, 1)
	clk.advance(DefaultCooldown)
	e.set(&e.jwks, text(string(stranger().jwks()))) // other keys of the same IDs
	wantUnknown(t, s, "new")
	fetches.want(t, 2, 0, 1)
	clk.advance(DefaultCooldown)
	e.set(&e.jwks, status(http.StatusInternalServerError))
	wantUnavailable(t, s, "new")
	fetches.want(t, 2, 1, 1)
	wantUnavailable(t, s, "new") // within the cooldown
	fetches.want(t, 2, 1, 1)
}

// A fetch that ends because nobody needs it any more has not failed.
func TestFetchesThatCloseEndsAreNotCounted(t *testing.T) {
	e, fetches := newEndpoint(t), &counted{by: make(map[FetchResult]int)}
	asked := make(chan struct{})
	e.set(&e.jwks, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	s, _ := newRemote(t, e.issuer, RemoteConfig{Fetched: fetches.count, Timeout: time.Minute})
	ended := make(chan error, 1)
	go func() {
		_, err := s.Key(context.Background(), "RSA_0")
		ended <- err
	}()
	<-asked
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("there is a key")
	}
	fetches.want(t, 0, 0, 0)
}

// Keys are the same if none came, went or was replaced under its ID.
func TestResultOfAFetch(t *testing.T) {
	mine, other := aws().keySet(t).keys, stranger().keySet(t).keys
	one := map[string]Key{"RSA_0": mine["RSA_0"]}
	for _, tt := range []struct {
		name        string
		before, now map[string]Key
		want        FetchResult
	}{
		{"the same", mine, maps.Clone(mine), FetchUnchanged},
		{"the first", nil, mine, FetchOK},
		{"one came", one, mine, FetchOK},
		{"one went", mine, one, FetchOK},
		{"one was renamed", one, map[string]Key{"RSA_1": mine["RSA_0"]}, FetchOK},
		{"one was replaced", one, map[string]Key{"RSA_0": other["RSA_0"]}, FetchOK},
	} {
		if got := resultOf(tt.before, tt.now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestFetchResults(t *testing.T) {
	if got := FetchResults(); !slices.Equal(got, []FetchResult{"ok", "failed", "unchanged"}) {
		t.Errorf("got %v", got)
	}
}
