package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func TestListSpeaksOfWhatThereIs(t *testing.T) {
	list, err := readList()
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, m := range catalogue() {
		names[m.name] = true
	}
	for k := range list {
		if !names[k.mutation] || !slices.Contains(verifier.Reasons(), k.reason) || !slices.Contains([]string{goOIDC, goJOSE, kubernetes}, k.by) {
			t.Errorf("%v: there is no such change, reason or verifier", k)
		}
	}
}

func TestListRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a line without why":   "expired | go-oidc | exp: now",
		"a line of two parts":  "# why\nexpired | exp: now",
		"a line twice":         "# why\nexpired | go-oidc | exp: now\n\n# why else\nexpired | go-oidc | exp: now",
		"one accepts it twice": "# why\nexpired | go-oidc, go-oidc | exp: now",
	} {
		if err := addDifferences(make(map[key]string), text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLinesThatDoNotOccurAreNoticed(t *testing.T) {
	k := key{"exp: now", verifier.Expired, goOIDC}
	r := newTally(&trial{list: map[key]string{k: "why"}})
	if !slices.ContainsFunc(r.wrong(), func(s string) bool { return strings.Contains(s, "did not occur") }) {
		t.Errorf("got %q", r.wrong())
	}
	r.alone[k]++
	if slices.ContainsFunc(r.wrong(), func(s string) bool { return strings.Contains(s, "did not occur") }) {
		t.Errorf("after it occurred: %q", r.wrong())
	}
}
