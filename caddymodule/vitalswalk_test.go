package caddymodule

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// walkedVitals are the vitals by a look at each issuer that each handler trusts.
func walkedVitals() vitals {
	v := vitals{issuers: make(map[verifier.KeyState]int)}
	for _, state := range verifier.KeyStates() {
		v.issuers[state] = 0
	}
	handlers, counted := running(), make(map[sharedIssuer]bool)
	for _, h := range handlers {
		for s := range h.verifier.Statuses() {
			issuer := h.sharedIssuer(s)
			if s.Candidate || counted[issuer] {
				continue
			}
			if len(handlers) > 1 {
				counted[issuer] = true
			}
			v.add(s)
		}
	}
	return v
}

// wantAsWalked compares the vitals with a walk before and one behind them, while no
// keys come or go.
func wantAsWalked(t *testing.T) {
	t.Helper()
	before, v, after := walkedVitals(), vitalsNow(), walkedVitals()
	if !maps.Equal(v.issuers, after.issuers) || v.failing != after.failing || v.oldest < before.oldest || v.oldest > after.oldest {
		t.Errorf("%v, the oldest keys are %v old; the walk has %v, %v", v.issuers, v.oldest, after.issuers, after.oldest)
	}
}

// What is counted is what a look at each issuer finds, whatever sites, files,
// organizations and settings there are, and what becomes of them.
func TestVitalsAreThoseOfAWalk(t *testing.T) {
	r := newReloading(t, false)
	r.release()
	base, file, keys := r.issuer[:len(r.issuer)-36], filepath.Join(t.TempDir(), "issuers.json"), r.keyFile()
	write := func(issuers ...object) {
		t.Helper()
		text, err := json.Marshal(issuers)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const a, b, down = "https://a.example", "https://b.example", "http://127.0.0.1:1/down"
	write(object{"url": a}, object{"url": b, "jwks_file": keys}, object{"url": down})
	organization := object{"ids": []string{"o-devsts0001"}, "issuer_template": base + "<uuid>"}
	use := func(urls ...string) {
		t.Helper()
		for _, h := range running() {
			for _, url := range urls {
				_ = h.verifier.AwaitKeys(t.Context(), url)
			}
		}
		wantAsWalked(t)
	}
	everything := []string{r.issuer, b, down, base + "00000000-0000-4000-8000-000000000000"}
	for _, sites := range [][]object{
		{{"issuers": nil, "issuers_file": file}, {"issuers": nil, "issuers_file": file}},
		{{"issuers": nil, "organization": organization}, {"issuers_file": file}},
		{{"organization": organization, "jwks": object{"ttl": "1ns"}}, {"organization": organization, "issuers_file": file}},
		{issuers(a, b), {"issuers": []object{{"url": b, "jwks_file": keys}, {"url": a, "jwks_url": down}}}},
	} {
		r.load(r.sites(sites...))
		wantAsWalked(t)
		if answer := <-r.send(); answer[:3] != "200" && answer[:3] != "401" {
			t.Errorf("answer %q", answer)
		}
		for n := range everything {
			use(everything[:n+1]...)
		}
	}
	// Another version of the file, in which there is an issuer more.
	r.load(r.sites(object{"issuers": nil, "issuers_file": file}, object{"issuers_file": file, "jwks": object{"ttl": "20m"}}))
	use(everything...)
	write(object{"url": b, "jwks_file": keys}, object{"url": a}, object{"url": "https://c.example"}, object{"url": "https://d.example"})
	for _, h := range running() {
		for trusted := false; !trusted; _, trusted = h.verifier.Status("https://d.example") {
			time.Sleep(10 * time.Millisecond) // until the file is looked at again
		}
	}
	wantAsWalked(t)
	use(everything...)
}

// manySites runs sites that all trust ten thousand issuers of a file, of which
// somebody has used a few.
func manySites(b *testing.B, sites int) {
	b.Helper()
	const many, few = 10_000, 50
	url := func(n int) string { return fmt.Sprintf("http://127.0.0.1:1/%05d", n) }
	var listed []object
	for n := range many {
		listed = append(listed, object{"url": url(n), "accounts": []string{ordersAccount}})
	}
	write := func(value any, path string) []byte {
		text, err := json.Marshal(value)
		if err == nil && path != "" {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	path := filepath.Join(b.TempDir(), "issuers.json")
	write(listed, path)
	var routes []object
	for n := range sites {
		handler := object{"handler": "aws_jwt", "audiences": []string{audience}, "issuers_file": path}
		routes = append(routes, object{"match": []object{{"host": []string{fmt.Sprint(n, ".example")}}}, "handle": []object{handler}})
	}
	err := caddy.Load(write(object{
		"admin":   object{"disabled": true, "config": object{"persist": false}},
		"storage": object{"module": "file_system", "root": b.TempDir()},
		"logging": object{"logs": object{"default": object{"writer": object{"output": "discard"}}}},
		"apps": object{"http": object{"servers": object{"a": object{
			"listen": []string{"127.0.0.1:0"}, "automatic_https": object{"disable": true}, "routes": routes,
		}}}},
	}, ""), true)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = caddy.Stop() })
	for n := range few {
		_ = running()[n%sites].verifier.RefreshKeys(b.Context(), url(n))
	}
	if v := vitalsNow(); v.issuers[verifier.StateUnavailable] != few || v.issuers[verifier.StateUnfetched] != many-few {
		b.Fatalf("%v", v.issuers)
	}
}

func firstVitals() vitals {
	running()[0].census.Store(nil)
	return vitalsNow()
}

// A scrape, and the console's summary, with 10,000 issuers of which 50 were used, at
// one site and at ten. "first" is the first count of a configuration, or of a version
// of its file; "walk" looks at each issuer of each site, as it was once done.
func BenchmarkVitals(b *testing.B) {
	for _, sites := range []int{1, 10} {
		b.Run(fmt.Sprintf("sites=%d", sites), func(b *testing.B) {
			manySites(b, sites)
			for _, way := range []struct {
				name  string
				count func() vitals
			}{{"counted", vitalsNow}, {"first", firstVitals}, {"walk", walkedVitals}} {
				b.Run(way.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						way.count()
					}
				})
			}
		})
	}
}
