package verifier

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func mustJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

// Each key that is not usable says why, behind those that are.
func TestProbeSaysWhyKeysAreNotUsable(t *testing.T) {
	r, e := rsaJWK(&aws().rsa.PublicKey, "bad"), ecJWK(&aws().ec.PublicKey, "bad")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	world := newEndpoint(t)
	for name, tt := range map[string]struct {
		member any
		want   PublishedKey // Problem is a part of what it says
	}{
		"the control":     {r, PublishedKey{ID: "bad", Algorithm: RS256, Kind: "RSA", Bits: 2048}},
		"EC":              {e, PublishedKey{ID: "bad", Algorithm: ES384, Kind: "EC", Curve: "P-384"}},
		"no kid":          {with(r, "kid", nil), PublishedKey{Kind: "RSA", Bits: 2048, Problem: "no ID (kid)"}},
		"private":         {with(r, "d", "AQAB"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 2048, Problem: `the member "d" of a private key`}},
		"use":             {with(e, "use", "enc"), PublishedKey{ID: "bad", Kind: "EC", Curve: "P-384", Problem: `its use is "enc"`}},
		"use null":        {with(e, "use", nil), PublishedKey{ID: "bad", Kind: "EC", Curve: "P-384", Problem: `its use is missing or null`}},
		"key_ops":         {with(e, "key_ops", []string{"sign"}), PublishedKey{ID: "bad", Kind: "EC", Curve: "P-384", Problem: `key_ops do not have "verify"`}},
		"kty":             {with(r, "kty", "AKP"), PublishedKey{ID: "bad", Kind: "AKP", Problem: `its kind (kty) is "AKP"`}},
		"kty a number":    {with(r, "kty", 7), PublishedKey{ID: "bad", Problem: `its kind (kty) is not a string`}},
		"crv":             {ecJWK(&p256.PublicKey, "bad"), PublishedKey{ID: "bad", Kind: "EC", Curve: "P-256", Problem: `its curve (crv) is "P-256"`}},
		"RSA too short":   {rsaJWK(&small.PublicKey, "bad"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 1024, Problem: "1024 bits, 2048 to 8192"}},
		"long exponent":   {with(r, "e", "AQAAAAAAAQAB"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 2048, Problem: "exponent e is missing or over 48 bits"}},
		"exponent 1":      {with(r, "e", "AQ"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 2048, Problem: "exponent is even, below 3"}},
		"alg":             {with(r, "alg", "RS512"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 2048, Problem: `its alg is "RS512", such a key is for RS256`}},
		"off the curve":   {with(e, "y", e["x"]), PublishedKey{ID: "bad", Kind: "EC", Curve: "P-384", Problem: "curve"}},
		"not an object":   {"key", PublishedKey{Problem: "not a JSON object"}},
		"a name twice":    {json.RawMessage(`{"kty":"oct","kty":"RSA"}`), PublishedKey{Problem: "a name occurs twice"}},
		"escapes":         {with(r, "use", "\x1b[2J"), PublishedKey{ID: "bad", Kind: "RSA", Bits: 2048, Problem: `its use is "\x1b[2J"`}},
		"modulus missing": {with(r, "n", nil), PublishedKey{ID: "bad", Kind: "RSA", Problem: "an RSA key of 0 bits"}},
	} {
		t.Run(name, func(t *testing.T) {
			world.set(&world.jwks, text(string(jwks(tt.member, ecJWK(&aws().ec.PublicKey, "EC384_0")))))
			report := probeOf(t, probing(t, Issuer{URL: world.issuer}, RemoteConfig{}), world.issuer)
			if len(report.Keys) != 2 || len(report.Problems) != 0 {
				t.Fatalf("got %+v", report)
			}
			got := report.Keys[1]
			if tt.want.Usable() {
				got = report.Keys[0] // in the document's order
			}
			if got.Usable() != tt.want.Usable() || !strings.Contains(got.Problem, tt.want.Problem) {
				t.Errorf("got %q, want %q", got.Problem, tt.want.Problem)
			}
			if tt.want.Problem = got.Problem; got != tt.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A document that no gateway would use still shows its keys.
func TestProbeShowsKeysOfABadDocument(t *testing.T) {
	e := newEndpoint(t)
	members := make([]any, maxPublished+10)
	for n := range members {
		members[n] = jwkMap{"kty": "oct", "kid": strconv.Itoa(n)}
	}
	e.set(&e.jwks, text(string(jwks(members...))))
	report := probeOf(t, probing(t, Issuer{URL: e.issuer}, RemoteConfig{}), e.issuer)
	if len(report.Keys) != maxPublished || report.MoreKeys != 10 || report.Keys[3].ID != "3" {
		t.Errorf("%d keys and %d more", len(report.Keys), report.MoreKeys)
	}
}

// Each warning is there, and is not when the one property is the good one.
func TestProbeWarnings(t *testing.T) {
	e := newEndpoint(t)
	r, ec := rsaJWK(&aws().rsa.PublicKey, "RSA_0"), ecJWK(&aws().ec.PublicKey, "EC384_0")
	listing := func(algorithms string) http.HandlerFunc {
		return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q%s}`, e.issuer, e.issuer+"/.well-known/jwks.json", algorithms))
	}
	many := func(n int) http.HandlerFunc {
		members := []any{r}
		for len(members) < n {
			members = append(members, with(ec, "kid", strconv.Itoa(len(members))))
		}
		return text(string(jwks(members...)))
	}
	keys := func(members ...any) http.HandlerFunc { return text(string(jwks(members...))) }
	clk := new(clock)
	slow := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { clk.advance(d); _, _ = w.Write(aws().jwks()) }
	}
	for name, tt := range map[string]struct {
		algorithms      []Algorithm
		discovery, jwks http.HandlerFunc
		want            ProbeCode // "" is none
	}{
		"both keys":               {nil, nil, keys(r, ec), ""},
		"no ES384":                {nil, nil, keys(r), ProbeOneAlgorithm},
		"no RS256":                {nil, nil, keys(ec), ProbeOneAlgorithm},
		"no ES384, not allowed":   {[]Algorithm{RS256}, nil, keys(r), ""},
		"both listed":             {nil, listing(`,"id_token_signing_alg_values_supported":["RS256","ES384"]`), nil, ""},
		"RS256 listed":            {nil, listing(`,"id_token_signing_alg_values_supported":["RS256"]`), nil, ProbeAlgorithmsListed},
		"RS256 listed and wanted": {[]Algorithm{RS256}, listing(`,"id_token_signing_alg_values_supported":["RS256"]`), nil, ""},
		"quick":                   {nil, nil, slow(DefaultTimeout / 2), ""},
		"slow":                    {nil, nil, slow(DefaultTimeout/2 + time.Millisecond), ProbeSlow},
		"half of the keys":        {nil, nil, many(maxKeys / 2), ""},
		"over half of the keys":   {nil, nil, many(maxKeys/2 + 1), ProbeManyKeys},
		"a kid twice":             {nil, nil, keys(r, ec, with(r, "kid", "x"), with(ec, "kid", "x")), ProbeKeyIDTwice},
		"a kid thrice":            {nil, nil, keys(r, ec, with(r, "kid", "x"), with(r, "kid", "x"), with(ec, "kid", "x")), ProbeKeyIDTwice},
		"a kid twice, one unused": {nil, nil, keys(r, ec, with(with(r, "kid", "EC384_0"), "use", "enc")), ""},
		"a private key":           {nil, nil, keys(r, ec, with(with(ec, "kid", "x"), "d", "AQAB")), ProbePrivateKey},
	} {
		t.Run(name, func(t *testing.T) {
			e.set(&e.discovery, listing(""))
			e.set(&e.jwks, keys(r, ec))
			if tt.discovery != nil {
				e.set(&e.discovery, tt.discovery)
			}
			if tt.jwks != nil {
				e.set(&e.jwks, tt.jwks)
			}
			v := probing(t, Issuer{URL: e.issuer, Algorithms: tt.algorithms}, RemoteConfig{Now: clk.now})
			report := probeOf(t, v, e.issuer)
			want := []ProbeCode{ProbePlainHTTP}
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if got := codes(report.Warnings); !slices.Equal(got, want) || len(report.Problems) != 0 {
				t.Errorf("got %v and %v, want %v", report.Problems, report.Warnings, want)
			}
		})
	}
}

// Keys of an algorithm that is not allowed are good keys for nobody.
func TestProbeWithoutAllowedKey(t *testing.T) {
	e := newEndpoint(t)
	e.set(&e.jwks, text(string(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_0")))))
	for algorithm, want := range map[Algorithm][]ProbeCode{ES384: {ProbeNoUsableKey}, RS256: nil} {
		report := probeOf(t, probing(t, Issuer{URL: e.issuer, Algorithms: []Algorithm{algorithm}}, RemoteConfig{}), e.issuer)
		if got := codes(report.Problems); !slices.Equal(got, want) {
			t.Errorf("%s: %+v", algorithm, report.Problems)
		}
	}
}
