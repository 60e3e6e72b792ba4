package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func sign(t testing.TB, keys *Keys, algorithm Algorithm) string {
	t.Helper()
	token, err := keys.Sign(t.Context(), algorithm, []byte(`{"sub":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func publish(t testing.TB, keys *Keys, algorithms ...Algorithm) *Published {
	t.Helper()
	p, err := keys.Publish(t.Context(), algorithms...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is signed fits what is published, by each algorithm, and no other
// gateway's keys.
func TestSignAndPublish(t *testing.T) {
	for _, algorithm := range []Algorithm{ES256, RS256} {
		m, c := newMemory(), newClock()
		token := sign(t, gateway(t, m, c, 0), algorithm)
		if !fits(t, token, publish(t, gateway(t, m, c, 0)).JWKS) {
			t.Errorf("%s: another gateway of the store does not publish the key", algorithm)
		}
		if fits(t, token, publish(t, gateway(t, newMemory(), c, 0), algorithm).JWKS) {
			t.Errorf("%s: a gateway of another store publishes the key", algorithm)
		}
		head, _, _ := strings.Cut(token, ".")
		var header map[string]any
		if err := json.Unmarshal(decoded(t, head), &header); err != nil {
			t.Fatal(err)
		}
		if len(header) != 3 || header["typ"] != "JWT" || header["alg"] != string(algorithm) {
			t.Errorf("the header is %v", header)
		}
	}
}

func TestPublishedForms(t *testing.T) {
	keys := gateway(t, newMemory(), newClock(), 0)
	p := publish(t, keys, ES256, RS256)
	var set, bundle struct {
		Keys     []map[string]string
		Sequence int64 `json:"spiffe_sequence"`
		Refresh  int64 `json:"spiffe_refresh_hint"`
	}
	for text, into := range map[*[]byte]any{&p.JWKS: &set, &p.Bundle: &bundle} {
		if err := json.Unmarshal(*text, into); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(*text), `"d"`) || strings.Contains(string(*text), "PRIVATE") {
			t.Error("a private key is published")
		}
	}
	if len(set.Keys) != 2 || len(bundle.Keys) != 2 || bundle.Sequence == 0 || bundle.Refresh != int64(p.MaxAge/time.Second) {
		t.Fatalf("%s\n%s", p.JWKS, p.Bundle)
	}
	for i, k := range set.Keys {
		if k["use"] != "sig" || k["kid"] == "" || k["alg"] == "" || k["key_ops"] != "" {
			t.Errorf("the key set has %v", k)
		}
		if b := bundle.Keys[i]; b["use"] != "jwt-svid" || b["kid"] != k["kid"] {
			t.Errorf("the bundle has %v", b)
		}
	}
	if want := []Algorithm{ES256, RS256}; !slices.Equal(p.Algorithms, want) || p.MaxAge != 15*time.Minute {
		t.Errorf("%v, %s", p.Algorithms, p.MaxAge)
	}
}

// Two gateways sign and publish through five rotations. Whatever one signs fits
// what anybody may have fetched: the key set as it was a max-age ago.
func TestRotation(t *testing.T) {
	const rotation = 8 * time.Minute
	m, c := newMemory(), newClock()
	one, other := gateway(t, m, c, rotation), gateway(t, m, c, rotation)
	type copyOf struct {
		at   time.Time
		jwks []byte
	}
	type signed struct {
		at    time.Time
		token string
	}
	var copies []copyOf
	var tokens []signed
	kids := make(map[string]bool)
	for range 5 * int(rotation/(10*time.Second)) {
		p := publish(t, other, ES256)
		copies = append(copies, copyOf{c.Now(), p.JWKS})
		token := sign(t, one, ES256)
		kids[kidOf(t, token)] = true
		for _, each := range copies {
			if age := c.Now().Sub(each.at); age <= p.MaxAge && !fits(t, token, each.jwks) {
				t.Fatalf("a key signs that was not published %s ago", age)
			}
		}
		if n := strings.Count(string(p.JWKS), `"kid"`); n > 3 {
			t.Fatalf("%d keys are published", n)
		}
		one.settled()
		c.advance(10 * time.Second)
		// What was signed may live for a rotation.
		tokens = append(tokens, signed{c.Now(), token})
		other.settled()
		p = publish(t, other)
		for _, each := range tokens {
			if age := c.Now().Sub(each.at); age < rotation && !fits(t, each.token, p.JWKS) {
				t.Fatalf("a key is gone that signed %s ago", age)
			}
		}
	}
	if len(kids) < 4 || len(kids) > 6 {
		t.Errorf("%d keys signed in five rotations", len(kids))
	}
}

// Many gateways that begin at once make one key.
func TestFirstUseMakesOneKey(t *testing.T) {
	m, c := newMemory(), newClock()
	kids := make([]string, 8)
	var all sync.WaitGroup
	for i := range kids {
		keys := gateway(t, m, c, 0)
		all.Go(func() {
			if token, err := keys.Sign(t.Context(), ES256, []byte("{}")); err == nil {
				kids[i] = kidOf(t, token)
			}
		})
	}
	all.Wait()
	slices.Sort(kids)
	if kids[0] == "" || kids[0] != kids[len(kids)-1] {
		t.Errorf("they sign with %q", kids)
	}
	if n := m.count("save"); n != 1 {
		t.Errorf("%d documents were written", n)
	}
}

// Looking at what is stored makes nothing.
func TestCheckMakesNoKey(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	if err := keys.Check(t.Context()); err != nil || len(m.saved) != 0 {
		t.Errorf("%v, %d documents", err, len(m.saved))
	}
	sign(t, keys, ES256)
	if err := gateway(t, m, c, 0).Check(t.Context()); err != nil || len(m.saved) != 1 {
		t.Errorf("%v, %d documents", err, len(m.saved))
	}
}

// A key of another kind, or a weak one, is none of its algorithm.
func TestKeysThatFit(t *testing.T) {
	curve := func(c elliptic.Curve) (crypto.Signer, error) { return ecdsa.GenerateKey(c, rand.Reader) }
	bits := func(n int) (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, n) }
	for _, tt := range []struct {
		what         string
		make         func() (crypto.Signer, error)
		es256, rs256 bool
	}{
		{"P-256", func() (crypto.Signer, error) { return curve(elliptic.P256()) }, true, false},
		{"P-384", func() (crypto.Signer, error) { return curve(elliptic.P384()) }, false, false},
		{"2048 bits", func() (crypto.Signer, error) { return bits(2048) }, false, true},
		{"1024 bits", func() (crypto.Signer, error) { return bits(1024) }, false, false},
	} {
		private, err := tt.make()
		if err != nil {
			t.Fatal(err)
		}
		if es256, rs256 := ES256.fits(private), RS256.fits(private); es256 != tt.es256 || rs256 != tt.rs256 {
			t.Errorf("%s: fits ES256 %v, RS256 %v", tt.what, es256, rs256)
		}
	}
}

// A stored key that cannot be read is an error, and stays what it is. The control
// is the same document as it was.
func TestStoredKeysThatCannotBeRead(t *testing.T) {
	good, c := newMemory(), newClock()
	kid := kidOf(t, sign(t, gateway(t, good, c, 0), ES256))
	name := nameOf(testIssuer)
	document := string(good.saved[name])
	for what, change := range map[string]func(string) string{
		"":                   func(s string) string { return s },
		"half of it":         func(s string) string { return s[:len(s)/2] },
		"empty":              func(string) string { return "" },
		"no keys":            func(string) string { return `{"version":1,"issuer":"` + testIssuer + `","sequence":1,"keys":[]}` },
		"another version":    func(s string) string { return strings.Replace(s, `"version": 1`, `"version": 2`, 1) },
		"another issuer":     func(s string) string { return strings.Replace(s, testIssuer, testIssuer+".org", 1) },
		"another kid":        func(s string) string { return strings.Replace(s, kid, kid[1:]+"A", 1) },
		"another algorithm":  func(s string) string { return strings.Replace(s, `"ES256"`, `"RS256"`, 1) },
		"no known algorithm": func(s string) string { return strings.Replace(s, `"ES256"`, `"none"`, 1) },
		"a broken key":       func(s string) string { return strings.Replace(s, `PRIVATE KEY-----\nMI`, `PRIVATE KEY-----\nMJ`, 1) },
		"no moment":          func(s string) string { return strings.Replace(s, `"active_from"`, `"active_form"`, 1) },
	} {
		m := newMemory()
		m.saved[name] = []byte(change(document))
		if what != "" && string(m.saved[name]) == document {
			t.Fatalf("%s: nothing is changed", what)
		}
		keys := gateway(t, m, c, 0)
		checked := keys.Check(t.Context())
		_, err := keys.Sign(t.Context(), ES256, []byte("{}"))
		unavailable := new(UnavailableError)
		if bad := what != ""; (checked != nil) != bad || (err != nil) != bad || bad && !errors.As(err, &unavailable) {
			t.Errorf("%s: checking: %v; signing: %v", what, checked, err)
		}
		if string(m.saved[name]) != change(document) {
			t.Errorf("%s: the document was written over", what)
		}
		if checked != nil && strings.Contains(checked.Error(), "MIG") {
			t.Errorf("%s: the error shows the key: %v", what, checked)
		}
	}
}
