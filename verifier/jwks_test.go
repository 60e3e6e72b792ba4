package verifier

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type jwkMap = map[string]any

// rsaJWK and ecJWK are shaped as AWS publishes them: the RSA key has no alg.
func rsaJWK(k *rsa.PublicKey, kid string) jwkMap {
	return jwkMap{"kty": "RSA", "use": "sig", "kid": kid, "e": b64.EncodeToString(big.NewInt(int64(k.E)).Bytes()), "n": b64.EncodeToString(k.N.Bytes())}
}

func ecJWK(k *ecdsa.PublicKey, kid string) jwkMap {
	point, err := k.Bytes()
	if err != nil {
		panic(err)
	}
	size := (len(point) - 1) / 2
	return jwkMap{
		"kty": "EC", "use": "sig", "alg": "ES384", "kid": kid, "crv": k.Curve.Params().Name,
		"x": b64.EncodeToString(point[1 : 1+size]), "y": b64.EncodeToString(point[1+size:]),
	}
}

func jwks(members ...any) []byte {
	text, err := json.Marshal(map[string]any{"keys": members})
	if err != nil {
		panic(err)
	}
	return text
}

func (s *signer) jwks() []byte {
	return jwks(rsaJWK(&s.rsa.PublicKey, "RSA_0"), ecJWK(&s.ec.PublicKey, "EC384_0"))
}

func with(m jwkMap, name string, value any) jwkMap {
	changed := jwkMap{name: value}
	for k, v := range m {
		if k != name {
			changed[k] = v
		}
	}
	return changed
}

func kids(keys map[string]Key) []string {
	ids := []string{}
	for id := range keys {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Each member is passed over, and the good keys beside it are kept.
func TestParseJWKSPassesOver(t *testing.T) {
	r, e := rsaJWK(&aws().rsa.PublicKey, "bad"), ecJWK(&aws().ec.PublicKey, "bad")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 9000), E: 65537}
	controls := []jwkMap{
		r, e, with(r, "alg", "RS256"), with(r, "key_ops", []string{"verify"}), with(r, "x", "of no interest"),
	}
	for i, member := range controls {
		keys, err := parseJWKS(jwks(member))
		if err != nil || len(keys) != 1 {
			t.Errorf("control %d: %v, %v", i, keys, err)
		}
	}
	for name, member := range map[string]any{
		"symmetric key":       jwkMap{"kty": "oct", "kid": "bad", "k": "c2VjcmV0"},
		"unknown kty":         with(r, "kty", "AKP"),
		"kty a number":        with(r, "kty", 1),
		"no kty":              with(r, "kty", nil),
		"for encryption":      with(r, "use", "enc"),
		"use null":            with(r, "use", nil),
		"key_ops sign":        with(r, "key_ops", []string{"sign"}),
		"key_ops string":      with(r, "key_ops", "verify"),
		"private RSA":         with(r, "d", "AQAB"),
		"private EC":          with(e, "d", "AQAB"),
		"RSA of 1024 bits":    rsaJWK(&small.PublicKey, "bad"),
		"RSA of 9001 bits":    rsaJWK(huge, "bad"),
		"exponent 1":          with(r, "e", "AQ"),
		"exponent even":       with(r, "e", "BA"),
		"exponent of 64 bits": with(r, "e", "AQAAAAAAAAAB"),
		"exponent of 32 bits": with(r, "e", "gAAAAQ"),
		"exponent that is 65537 in its low 64 bits": with(r, "e", "AQAAAAAAAQAB"),
		"modulus missing":       with(r, "n", nil),
		"RS512":                 with(r, "alg", "RS512"),
		"PS256":                 with(r, "alg", "PS256"),
		"alg of EC on RSA":      with(r, "alg", "ES384"),
		"P-256":                 ecJWK(&p256.PublicKey, "bad"),
		"off the curve":         with(e, "y", e["x"]),
		"zero point":            with(with(e, "x", "AA"), "y", "AA"),
		"P-256 called P-384":    with(ecJWK(&p256.PublicKey, "bad"), "crv", "P-384"),
		"ES256 with P-384":      with(e, "alg", "ES256"),
		"no kid":                with(r, "kid", nil),
		"kid a number":          with(r, "kid", 7),
		"kid empty":             with(r, "kid", ""),
		"null":                  nil,
		"a string":              "key",
		"an array":              []any{},
		"members nested deep":   with(r, "x", json.RawMessage(strings.Repeat("[", 20)+strings.Repeat("]", 20))),
		"a name twice (kty)":    json.RawMessage(`{"kty":"oct","kty":"RSA"}`),
		"Kty beside":            jwkMap{"Kty": "RSA", "kid": "bad"},
		"bad base64 in modulus": with(r, "n", "!!!"),
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := parseJWKS(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_0"), member, ecJWK(&aws().ec.PublicKey, "EC384_0")))
			if err != nil {
				t.Fatal(err)
			}
			if got := kids(keys); !slices.Equal(got, []string{"EC384_0", "RSA_0"}) {
				t.Errorf("keys %v", got)
			}
		})
	}
}

func TestParseJWKSVoidsDuplicates(t *testing.T) {
	r, e := rsaJWK(&aws().rsa.PublicKey, "same"), ecJWK(&aws().ec.PublicKey, "same")
	keys, err := parseJWKS(jwks(r, e, r, ecJWK(&aws().ec.PublicKey, "EC384_0")))
	if err != nil || !slices.Equal(kids(keys), []string{"EC384_0"}) {
		t.Errorf("keys %v, %v", kids(keys), err)
	}
	if _, err := parseJWKS(jwks(r, e)); err == nil {
		t.Error("a set of duplicates alone was accepted")
	}
}

func TestParseJWKSRefuses(t *testing.T) {
	many := func(n int) []byte {
		members := make([]any, n)
		for i := range members {
			members[i] = ecJWK(&aws().ec.PublicKey, strconv.Itoa(i))
		}
		return jwks(members...)
	}
	if keys, err := parseJWKS(many(maxKeys)); err != nil || len(keys) != maxKeys {
		t.Errorf("the control with %d keys: %v", maxKeys, err)
	}
	for name, text := range map[string][]byte{
		"HTML":          []byte("<html>"),
		"nothing":       nil,
		"array":         []byte("[]"),
		"no keys":       []byte("{}"),
		"Keys":          bytes.Replace(aws().jwks(), []byte(`"keys"`), []byte(`"Keys"`), 1),
		"keys null":     []byte(`{"keys":null}`),
		"keys empty":    []byte(`{"keys":[]}`),
		"keys object":   []byte(`{"keys":{}}`),
		"too many":      many(maxKeys + 1),
		"100,000 keys":  []byte(`{"keys":[` + strings.Repeat(`{"kty":"x"},`, 100_000) + `{}]}`),
		"only unusable": jwks(jwkMap{"kty": "oct", "kid": "x", "k": "AA"}),
	} {
		if keys, err := parseJWKS(text); err == nil {
			t.Errorf("%s was accepted: %v", name, kids(keys))
		}
	}
}

func TestNewKeyRefuses(t *testing.T) {
	for name, public := range map[string]any{
		"nil": nil, "a private key": aws().rsa, "bytes": []byte("secret"), "a value": aws().rsa.PublicKey,
	} {
		if _, err := NewKey("k", public); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := NewKey("", &aws().rsa.PublicKey); err == nil {
		t.Error("a key without an ID was accepted")
	}
	k, err := NewKey("k", &aws().rsa.PublicKey)
	if err != nil || k.ID() != "k" || k.Algorithm() != RS256 {
		t.Errorf("got %v %v %v", k.ID(), k.Algorithm(), err)
	}
	if _, err := NewStaticKeySet(k, k); err == nil {
		t.Error("two keys of one ID were accepted")
	}
	if _, err := NewStaticKeySet(Key{}); err == nil {
		t.Error("the zero Key was accepted")
	}
}
