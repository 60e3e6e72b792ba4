package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// The stored form is that of all releases (docs/compatibility.md): gateways of several
// versions share it. Members may be added, and one that does not know them passes them
// over.
func TestStoredForm(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	k, err := newKey(ES256, private, at, at)
	if err != nil {
		t.Fatal(err)
	}
	text, err := (&document{issuer: testIssuer, sequence: 7, keys: []*key{k}}).marshal()
	if err != nil {
		t.Fatal(err)
	}
	var stored map[string]any
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	first := stored["keys"].([]any)[0].(map[string]any)
	for _, form := range []struct {
		has   map[string]any
		names []string
	}{
		{stored, []string{"issuer", "keys", "sequence", "version"}},
		{first, []string{"active_from", "algorithm", "created", "kid", "private_key"}},
	} {
		if names := slices.Sorted(maps.Keys(form.has)); !slices.Equal(names, form.names) {
			t.Errorf("the members are %q, in all releases they are %q", names, form.names)
		}
	}
	if stored["version"] != 1.0 || !strings.HasPrefix(first["private_key"].(string), "-----BEGIN PRIVATE KEY-----\n") || first["created"] != "2026-07-01T12:00:00Z" {
		t.Errorf("stored is %s", text)
	}
	parse := func() (*document, error) {
		text, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		return parseDocument(testIssuer, text)
	}
	stored["of_a_later_version"], first["of_a_later_version"] = true, true
	if d, err := parse(); err != nil || d.sequence != 7 || len(d.keys) != 1 || d.keys[0].id != k.id {
		t.Errorf("with members of a later version: %+v, error %v", d, err)
	}
	stored["version"] = 2
	if _, err := parse(); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("of another version: error %v", err)
	}
}
