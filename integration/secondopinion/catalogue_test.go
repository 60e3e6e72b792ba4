package main

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestCatalogueHasEachNameOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range catalogue() {
		if seen[m.name] {
			t.Errorf("%q is there twice", m.name)
		}
		seen[m.name] = true
		if strings.Contains(m.name, " | ") || strings.Contains(m.name, " + ") {
			t.Errorf("%q holds what separates names", m.name)
		}
	}
}

// What changes nothing would be accepted by all, and seem to have been tried.
func TestMutationsChangeSomething(t *testing.T) {
	w, err := newWorld(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	same := map[string]bool{"nbf: absent": true, "aud: ours in a list": true, "iat: now": true}
	for _, o := range alone(catalogue()) {
		m := o.mutations[0]
		r := rand.New(rand.NewPCG(7, 7))
		d, err := newDraft(w, o.alg, r)
		if err != nil {
			t.Fatal(err)
		}
		// With bytes of which base64url and base64 differ.
		size := map[string]int{"ES384": 96, "RS256": 256}[o.alg]
		d.sign = signFixed(append(bytes.Repeat([]byte{0xfb}, size-1), 0xf1))
		before, err := d.write()
		if err != nil {
			t.Fatal(err)
		}
		m.change(d, r)
		after, err := d.write()
		if err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		if before == after && !same[m.name] {
			t.Errorf("%s, %s: it changes nothing", m.name, o.alg)
		}
	}
}

func TestDrawnOrdersAreReproducible(t *testing.T) {
	all := catalogue()
	for n := range uint64(2000) {
		a, b := draw(all, rand.New(rand.NewPCG(3, n))), draw(catalogue(), rand.New(rand.NewPCG(3, n)))
		if a.alg != b.alg || strings.Join(a.names(), "+") != strings.Join(b.names(), "+") {
			t.Fatalf("number %d: %q and %q", n, a.names(), b.names())
		}
		for i, m := range a.mutations {
			for _, other := range a.mutations[i+1:] {
				if m.meets(other) {
					t.Errorf("number %d: %q and %q are about one thing", n, m.name, other.name)
				}
			}
		}
	}
}
