package verifier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is an http.RoundTripper to issuers that take their time, in a bubble of
// testing/synctest.
type slowly struct {
	takes atomic.Int64 // nanoseconds

	mu          sync.Mutex
	under, most int
	asked       map[string]int // how often, by the path
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	s.count(1, r.URL.Path)
	defer s.count(-1, "")
	select {
	case <-time.After(time.Duration(s.takes.Load())):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	body := io.NopCloser(bytes.NewReader(aws().jwks()))
	return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: body, Request: r}, nil
}

func (s *slowly) count(more int, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.under += more
	s.most = max(s.most, s.under)
	if path != "" {
		s.asked[path]++
	}
}

func (s *slowly) askedFor(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// wantAtOnce is how many are asked now, and how many were at once at most.
func (s *slowly) wantAtOnce(t *testing.T, now, most int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.under != now || s.most != most {
		t.Errorf("%d fetches now, and at most %d at once; want %d, %d", s.under, s.most, now, most)
	}
}

// slowSets are key sets whose issuers take their time, each asked once: their
// jwks_url is known.
func slowSets(t *testing.T, takes time.Duration, c RemoteConfig) (*RemoteKeySets, *slowly, func(path string) *remoteHandle) {
	t.Helper()
	sets, err := NewRemoteKeySets(c)
	if err != nil {
		t.Fatal(err)
	}
	way := &slowly{asked: make(map[string]int)}
	way.takes.Store(int64(takes))
	sets.client = &http.Client{Transport: way}
	return sets, way, func(path string) *remoteHandle {
		return &remoteHandle{sets: sets, location: location{testIssuer + path, "https://keys.example" + path}}
	}
}

// gone is the context of somebody who waits for nothing.
func gone(t *testing.T) context.Context {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	return ctx
}

func numbered(n int) string { return fmt.Sprintf("/%03d", n) }

// Whoever looks ahead has 16 fetched at a time, in turn, and a token waits for no
// turn.
func TestErrandsGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sets, way, at := slowSets(t, 3*time.Second, RemoteConfig{})
		defer sets.Close()
		began := time.Now()
		const many = 40
		for range 3 { // and asking again is no second turn
			for n := range many {
				if err := at(numbered(n)).await(gone(t)); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		for n := range many {
			if got, want := way.askedFor(numbered(n)) > 0, n < maxErrands; got != want {
				t.Errorf("issuer %d is asked: %v, want %v", n, got, want)
			}
		}
		wantKey(t, at(numbered(many-1)), "RSA_0")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("a token waited %v", took)
		}
		if err := at(numbered(many - 2)).await(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 9*time.Second { // it is in the third lot
			t.Errorf("whoever looks ahead waited %v", took)
		}
		for n := range many {
			if err := at(numbered(n)).await(t.Context()); err != nil || way.askedFor(numbered(n)) != 1 {
				t.Errorf("issuer %d is asked %d times: %v", n, way.askedFor(numbered(n)), err)
			}
		}
		synctest.Wait()
		way.wantAtOnce(t, 0, maxErrands+1)
		sets.errands.mu.Lock()
		defer sets.errands.mu.Unlock()
		if sets.errands.workers+len(sets.errands.queue) > 0 {
			t.Error("workers or errands are left")
		}
	})
}

// A token of a good issuer passes while hundreds of slow ones are asked for ahead.
// The twin is what would be without errands: the slow ones take all places, and it
// is told to come again; but that is no failure of its issuer.
func TestSlowIssuersAheadOfAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed atomic.Int32
		sets, way, at := slowSets(t, time.Minute, RemoteConfig{
			Timeout: time.Hour, Fetched: func(r FetchResult) {
				if r == FetchFailed {
					failed.Add(1)
				}
			},
		})
		defer sets.Close()
		sets.patience = time.Second
		good := at("/good")
		var all []*remoteHandle
		for n := range 2 * maxFetches {
			all = append(all, at("/slow"+numbered(n)))
		}
		for range 10 {
			for _, slow := range all {
				_ = slow.await(gone(t))
			}
			time.Sleep(time.Second)
		}
		way.takes.Store(0) // of those that begin from now on
		wantKey(t, good, "RSA_0")
		synctest.Wait()
		way.wantAtOnce(t, maxErrands, maxErrands+1)

		// The twin.
		way.takes.Store(int64(time.Minute))
		for _, slow := range all[len(all)-maxFetches:] {
			_, _ = slow.Key(gone(t), "RSA_0")
		}
		synctest.Wait()
		way.takes.Store(0)
		late := at("/late")
		var status Status
		before := time.Now()
		if wait := wantUnavailable(t, late, "RSA_0").RetryAfter; wait != time.Second {
			t.Errorf("it is told to come again after %v", wait)
		}
		if took := time.Since(before); took != sets.patience {
			t.Errorf("it waited %v", took)
		}
		late.status(&status, time.Now())
		if status.State != "" || status.Err != nil || !status.Attempted.IsZero() || failed.Load() > 0 {
			t.Errorf("%+v; %d fetches failed", status, failed.Load())
		}
		if err := late.refresh(t.Context()); err == nil {
			t.Error("a refresh that was not begun is no error")
		}
		time.Sleep(time.Minute)
		wantKey(t, late, "RSA_0") // at once: there is no cooldown
	})
}

// The time of a fetch begins when it may ask, and its age counts from then on.
func TestTimeoutBeginsWithTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sets, _, at := slowSets(t, 3*time.Second, RemoteConfig{Timeout: 5 * time.Second})
		defer sets.Close()
		sets.slots = make(chan struct{}, 1)
		began := time.Now()
		go wantKey(t, at("/A"), "RSA_0")
		synctest.Wait()
		second := at("/B")
		go func() {
			time.Sleep(time.Second)
			wantUnavailable(t, at("/C"), "RSA_0") // its wait ends when the second is under way
			if took := time.Since(began); took != 6*time.Second {
				t.Errorf("the third gave up after %v", took)
			}
		}()
		wantKey(t, second, "RSA_0")
		if took := time.Since(began); took != 6*time.Second { // and not a failure after 5
			t.Errorf("the second took %v", took)
		}
		var status Status
		second.status(&status, time.Now())
		if !status.Fetched.Equal(began.Add(3 * time.Second)) {
			t.Errorf("%+v", status)
		}
	})
}

// An errand that nobody asks about for a minute is not done, unless somebody waits
// for it.
func TestErrandsAreForgotten(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(*testing.T, *remoteHandle)
		asked     int
	}{
		"nobody asks again":      {func(*testing.T, *remoteHandle) {}, 0},
		"somebody asks again":    {func(t *testing.T, k *remoteHandle) { time.Sleep(30 * time.Second); _ = k.await(gone(t)) }, 1},
		"somebody waits for it":  {func(t *testing.T, k *remoteHandle) { go func() { _ = k.await(t.Context()) }() }, 1},
		"somebody waited for it": {func(t *testing.T, k *remoteHandle) { go func() { _ = k.await(gone(t)) }() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sets, way, at := slowSets(t, 70*time.Second, RemoteConfig{Timeout: time.Hour})
				defer sets.Close()
				for n := range maxErrands {
					_ = at(numbered(n)).await(gone(t))
				}
				last := at("/last")
				_ = last.await(gone(t))
				tt.meanwhile(t, last)
				time.Sleep(3 * time.Minute)
				if n := way.askedFor("/last"); n != tt.asked {
					t.Errorf("it was asked for %d times, want %d", n, tt.asked)
				}
				if err := last.await(t.Context()); err != nil { // it has another turn
					t.Error(err)
				}
			})
		})
	}
}

// Close ends errands, those under way and those that wait for their turn.
func TestCloseEndsErrands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sets, way, at := slowSets(t, time.Hour, RemoteConfig{Timeout: time.Hour})
		var waiting sync.WaitGroup
		for n := range 2 * maxErrands {
			waiting.Go(func() {
				var unavailable *KeysUnavailableError
				if err := at(numbered(n)).await(t.Context()); !errors.As(err, &unavailable) {
					t.Errorf("%v", err)
				}
			})
		}
		synctest.Wait()
		if err := sets.Close(); err != nil {
			t.Fatal(err)
		}
		waiting.Wait()
		if err := at("/another").await(t.Context()); err == nil {
			t.Error("there are keys behind Close")
		}
		way.wantAtOnce(t, 0, maxErrands)
	})
}
