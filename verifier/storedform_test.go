package verifier

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The stored form is that of all releases (docs/compatibility.md): gateways of several
// versions share it. Members may be added, and one that does not know them passes them
// over.
func TestStoredForm(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	store := newMemory()
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: store})
	wantKey(t, s, "RSA_0")
	s = restart(t, s, &log)
	for name, document := range store.documents {
		var stored map[string]any
		if err := json.Unmarshal(document, &stored); err != nil {
			t.Fatal(err)
		}
		if names := slices.Sorted(maps.Keys(stored)); !slices.Equal(names, []string{"fetched", "issuer", "jwks"}) {
			t.Errorf("the members are %q", names)
		}
		stored["of_a_later_version"] = true
		text, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		store.documents[name] = text
	}
	e.set(&e.discovery, status(http.StatusServiceUnavailable))
	wantKey(t, s, "RSA_0")
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
	// Another name would be another document, and the one that is there never found.
	for _, each := range []struct{ issuer, jwksURL, name string }{
		{"https://a.example/b", "", "a.example-b-a53cde6619afc75172057313e45ac6e5.json"},
		{"https://a.example/b", "https://c.example/keys", "a.example-b-d3ed28bc4dc8ac7c9c7dfd32ee15c978.json"},
	} {
		if name := (location{issuer: each.issuer, jwksURL: each.jwksURL}).name(); name != each.name {
			t.Errorf("the keys of %s are stored as %s, in all releases they are %s", each.issuer, name, each.name)
		}
	}
}
