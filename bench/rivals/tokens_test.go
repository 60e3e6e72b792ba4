package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// parts takes a token apart: what was signed, the signature, and the claims.
func parts(t *testing.T, token string) (input string, signature []byte, claims map[string]any) {
	t.Helper()
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		t.Fatalf("%d segments", len(segments))
	}
	signature, err := base64.RawURLEncoding.DecodeString(segments[2])
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return segments[0] + "." + segments[1], signature, claims
}

func (k *keys) verifies(alg, input string, signature []byte) bool {
	if alg == es384 {
		digest := sha512.Sum384([]byte(input))
		r, s := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
		return len(signature) == 96 && ecdsa.Verify(&k.ec.PublicKey, digest[:], r, s)
	}
	digest := sha256.Sum256([]byte(input))
	return rsa.VerifyPKCS1v15(&k.rsa.PublicKey, crypto.SHA256, digest[:], signature) == nil
}

func TestTokens(t *testing.T) {
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{es384, rs256} {
		tokens, err := k.signMany(alg, 100, 5)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[any]bool)
		for i, token := range tokens {
			input, signature, claims := parts(t, token)
			if !k.verifies(alg, input, signature) {
				t.Errorf("%s: token %d has a bad signature", alg, i)
			}
			if claims["sub"] != goodClaims(100+i).subject() || claims["iss"] != issuerURL || claims["aud"] != audience {
				t.Errorf("%s: token %d has claims %v", alg, i, claims)
			}
			seen[claims["jti"]] = true
		}
		if len(seen) != len(tokens) {
			t.Errorf("%s: %d IDs for %d tokens", alg, len(seen), len(tokens))
		}
		input, signature, claims := parts(t, forge(tokens[0]))
		if k.verifies(alg, input, signature) {
			t.Errorf("%s: the forged token has a good signature", alg)
		}
		if claims["sub"] == goodClaims(100).subject() {
			t.Errorf("%s: the forged token speaks for the same caller", alg)
		}
	}
}

// Each attempt must be what its name says, or the proof proves nothing.
func TestAttempts(t *testing.T) {
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, a := range attempts {
		token, err := a.token(k, rs256)
		if err != nil {
			t.Fatal(err)
		}
		if token == "" {
			continue
		}
		input, signature, claims := parts(t, token)
		if verifies := k.verifies(rs256, input, signature); verifies == strings.Contains(a.name, "forged") {
			t.Errorf("%s: its signature verifies: %v", a.name, verifies)
		}
		if claims["aud"] == audience && claims["iss"] == issuerURL && !strings.Contains(a.name, "expired") {
			good++
		}
	}
	if good != 2 { // the good one and the forged one
		t.Errorf("%d attempts have good claims", good)
	}
}
