package caddymodule

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// states are those of issuers, without the zeros.
func states(v vitals) map[verifier.KeyState]int {
	counted := maps.Clone(v.issuers)
	maps.DeleteFunc(counted, func(_ verifier.KeyState, n int) bool { return n == 0 })
	return counted
}

func wantStates(t *testing.T, want map[verifier.KeyState]int) {
	t.Helper()
	if v := vitalsNow(); !maps.Equal(states(v), want) {
		t.Errorf("issuers %v, want %v", v.issuers, want)
	}
	wantAsWalked(t)
}

// sites gives each site a server of its own.
func (r *reloading) sites(more ...object) object {
	r.t.Helper()
	servers := object{}
	for i, each := range more {
		site := r.guarded("ok", nil, each)
		site["listen"] = r.ports[i : i+1]
		servers[string(rune('a'+i))] = site
	}
	return servers
}

func issuers(urls ...string) object {
	var list []object
	for _, url := range urls {
		list = append(list, object{"url": url})
	}
	return object{"issuers": list}
}

// made provisions a configuration that does not run.
func made(t *testing.T, apps object) {
	t.Helper()
	text, err := json.Marshal(object{"apps": apps})
	if err != nil {
		t.Fatal(err)
	}
	var config caddy.Config
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	ctx, err := caddy.ProvisionContext(&config)
	if err != nil {
		t.Fatal(err)
	}
	app, err := ctx.App("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		for _, h := range handlersOf(server) {
			t.Cleanup(func() { _ = h.Cleanup() })
		}
	}
}

// Gauges show what the running handlers have. Issuers that several share count
// once, and those of a configuration that failed, or that is over, not at all.
func TestVitalsAreThoseOfRunningHandlers(t *testing.T) {
	r := newReloading(t, false)
	r.release()
	wantStates(t, map[verifier.KeyState]int{})
	if len(vitalsNow().issuers) != 4 {
		t.Error("a state is missing")
	}
	const a, b, c = "https://a.example", "https://b.example", "https://c.example"
	slower := issuers(r.issuer, a)
	slower["jwks"] = object{"ttl": "20m"} // other keys, since they are fetched otherwise
	r.load(r.sites(issuers(r.issuer, a), issuers(a, b)))
	wantStates(t, map[verifier.KeyState]int{verifier.StateUnfetched: 3})
	if answer := <-r.send(); answer != "200 ok" {
		t.Fatalf("answer %q", answer)
	}
	fetched := map[verifier.KeyState]int{verifier.StateFresh: 1, verifier.StateUnfetched: 2}
	wantStates(t, fetched)
	v := vitalsNow()
	if v.entries != 1 || v.oldest <= 0 || v.oldest > time.Hour {
		t.Errorf("%d entries, the oldest keys are %v old", v.entries, v.oldest)
	}

	// Handlers that are only made, as those of a configuration that fails later.
	made(t, object{"http": object{"servers": r.sites(issuers(c), slower)}})
	wantStates(t, fetched)

	r.load(r.sites(issuers(r.issuer, a), slower))
	wantStates(t, map[verifier.KeyState]int{verifier.StateFresh: 1, verifier.StateUnfetched: 3})
	r.load(r.sites(issuers(r.issuer)))
	wantStates(t, map[verifier.KeyState]int{verifier.StateFresh: 1})
	r.load(object{})
	wantStates(t, map[verifier.KeyState]int{})
}

// An issuer whose keys two sites look for in two places counts twice, so that an
// outage of one place shows although the other has keys.
func TestIssuersCountOncePerPlaceOfTheirKeys(t *testing.T) {
	r := newReloading(t, false)
	r.release()
	at := func(url string) object {
		return object{"issuers": []object{{"url": r.issuer, "jwks_url": url}}}
	}
	const here, there = "https://keys.example/here", "https://keys.example/there"
	r.load(r.sites(issuers(r.issuer), at(here)))
	if answer := <-r.send(); answer != "200 ok" {
		t.Fatalf("answer %q", answer)
	}
	wantStates(t, map[verifier.KeyState]int{verifier.StateFresh: 1, verifier.StateUnfetched: 1})
	r.load(r.sites(at(here), at(there)))
	wantStates(t, map[verifier.KeyState]int{verifier.StateUnfetched: 2})
	r.load(r.sites(at(here), at(here))) // the twin
	wantStates(t, map[verifier.KeyState]int{verifier.StateUnfetched: 1})
}

// Keys are old when they could not be refreshed, and not when nobody needed them.
func TestOldestKeys(t *testing.T) {
	failed := http.ErrServerClosed
	for _, tt := range []struct {
		name string
		verifier.Status
		want time.Duration
	}{
		{"fresh", verifier.Status{State: verifier.StateFresh, Age: time.Minute}, time.Minute},
		{"fresh, a fetch failed", verifier.Status{State: verifier.StateFresh, Age: time.Minute, Err: failed}, time.Minute},
		{"stale, nobody needs them", verifier.Status{State: verifier.StateStale, Age: time.Hour}, 0},
		{"stale, a fetch failed", verifier.Status{State: verifier.StateStale, Age: time.Hour, Err: failed}, time.Hour},
		{"a file", verifier.Status{State: verifier.StateFresh, Age: time.Hour, KeysFrom: verifier.KeysByFile}, 0},
		{"none", verifier.Status{State: verifier.StateUnavailable, Err: failed}, 0},
	} {
		v := vitals{issuers: make(map[verifier.KeyState]int)}
		v.add(tt.Status)
		if v.oldest != tt.want || v.issuers[tt.State] != 1 {
			t.Errorf("%s: %v, %v; want %v", tt.name, v.oldest, v.issuers, tt.want)
		}
	}
}

// Whoever invents issuers of an organization's form changes no gauge.
func TestInventedIssuersAreNoVitals(t *testing.T) {
	r := newReloading(t, false)
	r.release()
	base := r.issuer[:len(r.issuer)-36]
	r.load(r.sites(object{"issuers": nil, "organization": object{"ids": []string{"o-devsts0001"}, "issuer_template": base + "<uuid>"}}))
	wantStates(t, map[verifier.KeyState]int{})
	sendInvented(t, r.ports[0], base+"00000000-0000-4000-8000-000000000000")
	wantStates(t, map[verifier.KeyState]int{})
	if answer := <-r.send(); answer != "200 ok" { // the control
		t.Fatalf("answer %q", answer)
	}
	wantStates(t, map[verifier.KeyState]int{verifier.StateFresh: 1})
}
