package verifier

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// manySets gives the key sets of any number of issuers at one endpoint.
func manySets(t *testing.T, c RemoteConfig) (*RemoteKeySets, func(n int) *remoteHandle, *clock) {
	t.Helper()
	mux := http.NewServeMux()
	var base string
	mux.HandleFunc("GET /{n}/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":"%s/%s","jwks_uri":"%[1]s/keys"}`, base, r.PathValue("n"))
	})
	mux.HandleFunc("GET /keys", text(string(aws().jwks())))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base = server.URL
	s, clk := newRemote(t, base+"/0", c)
	return s.RemoteKeySets, func(n int) *remoteHandle {
		return &remoteHandle{sets: s.RemoteKeySets, location: location{issuer: fmt.Sprintf("%s/%d", base, n)}}
	}, clk
}

// A key set that nobody uses is let go once nothing is lost with it: its keys
// are stored, or too old.
func TestUnusedKeySetsAreLetGo(t *testing.T) {
	for name, tt := range map[string]struct {
		store Store
		after time.Duration
	}{
		"stored":     {newMemory(), letGoAfter},
		"not stored": {nil, DefaultMaxStale},
	} {
		t.Run(name, func(t *testing.T) {
			sets, keys, clk := manySets(t, RemoteConfig{Store: tt.store})
			for n := range 100 {
				wantKey(t, keys(n), "RSA_0")
			}
			for passed := time.Duration(0); passed <= tt.after; passed += sweepEvery {
				clk.advance(sweepEvery)
				wantKey(t, keys(0), "RSA_0") // in use all the time
				sets.running.Wait()
				if passed < tt.after-sweepEvery && len(sets.sets) != 100 {
					t.Fatalf("%d key sets are left after %v", len(sets.sets), passed)
				}
			}
			clk.advance(sweepEvery)
			wantKey(t, keys(0), "RSA_0")
			if len(sets.sets) != 1 {
				t.Errorf("%d key sets are left after %v, want the one in use", len(sets.sets), tt.after)
			}
			wantKey(t, keys(1), "RSA_0") // had again
		})
	}
}

// One that fails to be fetched is let go, too.
func TestDeadKeySetsAreLetGo(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, e.issuer, RemoteConfig{})
	dead := &remoteHandle{sets: s.RemoteKeySets, location: location{issuer: e.URL + "/dead"}}
	wantUnavailable(t, dead, "RSA_0")
	wantKey(t, s, "RSA_0")
	clk.advance(letGoAfter + time.Second)
	wantKey(t, s, "RSA_0")
	if n := len(s.sets); n != 1 {
		t.Errorf("%d key sets are left", n)
	}
}

// Key sets come and go under many callers, and nothing outlives Close.
func TestManyKeySetsAtOnce(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after the test's server has ended
	sets, keys, clk := manySets(t, RemoteConfig{Store: newMemory(), TTL: time.Second})
	var callers sync.WaitGroup
	for worker := range 8 {
		callers.Go(func() {
			for n := range 200 {
				wantKey(t, keys((n*7+worker)%50), "RSA_0")
				if n%20 == 0 {
					clk.advance(sweepEvery)
				}
			}
		})
	}
	callers.Wait()
	if err := sets.Close(); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, keys(51), "RSA_0")
}

// The same key ID is another key at another issuer, or another URL.
func TestLocationsAreKeptApart(t *testing.T) {
	e, other := newEndpoint(t), newEndpoint(t)
	other.set(&other.jwks, text(string(jwks(rsaJWK(&stranger().rsa.PublicKey, "RSA_0")))))
	s, _ := newRemote(t, e.issuer, RemoteConfig{})
	own, err := s.Key(t.Context(), "RSA_0")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []location{{issuer: other.issuer}, {e.issuer, other.issuer + "/.well-known/jwks.json"}} {
		keys, err := s.RemoteKeySets.KeySet(l.issuer, l.jwksURL)
		if err != nil {
			t.Fatal(err)
		}
		k, err := keys.Key(t.Context(), "RSA_0")
		if err != nil {
			t.Fatal(err)
		}
		if k.fingerprint == own.fingerprint {
			t.Errorf("%v has the keys of %s", l, e.issuer)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sets, err := NewRemoteKeySets(RemoteConfig{})
			if err != nil {
				b.Fatal(err)
			}
			defer sets.Close()
			parsed, err := parseJWKS(aws().jwks())
			if err != nil {
				b.Fatal(err)
			}
			var keys *remoteHandle
			for i := range n {
				keys = &remoteHandle{sets: sets, location: location{issuer: strings.Replace(testIssuer, "abc12345", fmt.Sprintf("%08x", i), 1)}}
				set := sets.at(keys.location)
				set.keys, set.fetched = parsed, time.Now()
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := keys.Key(b.Context(), "RSA_0"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One token for each of thousands of issuers makes no thousands of connections;
// all of them get their keys by and by. Invented issuers have fewer, of their
// own, so that they hold up none that is listed.
func TestFetchesAtOnceAreBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		candidates bool
		most       int32
	}{
		"listed":          {false, maxFetches},
		"never seen good": {true, maxCandidateFetches},
	} {
		t.Run(name, func(t *testing.T) { fetchManyAtOnce(t, tt.candidates, tt.most) })
	}
}

func fetchManyAtOnce(t *testing.T, candidates bool, want int32) {
	gate := make(chan struct{})
	var under, most atomic.Int32
	good := text(string(aws().jwks()))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer under.Add(-1)
		<-gate
		good(w, r)
	}))
	defer server.Close()
	sets, err := NewRemoteKeySets(RemoteConfig{Timeout: time.Minute, AllowPrivateAddresses: true})
	if err != nil {
		t.Fatal(err)
	}
	defer sets.Close()
	var callers sync.WaitGroup
	var r ration
	for n := range want + 20 {
		at := location{testIssuer + "/" + strconv.Itoa(int(n)), server.URL}
		if candidates {
			callers.Go(func() {
				wantKey(t, &candidateKeys{remoteHandle: remoteHandle{sets: sets, location: at}, ration: &r}, "RSA_0")
			})
		} else {
			callers.Go(func() { wantKey(t, &remoteHandle{sets: sets, location: at}, "RSA_0") })
		}
	}
	for under.Load() < want {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // for one more, if there were one
	close(gate)
	callers.Wait()
	if n := most.Load(); n != want {
		t.Errorf("%d fetches went on at once, want %d", n, want)
	}
}
