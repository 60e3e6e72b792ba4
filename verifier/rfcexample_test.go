package verifier

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// example is a JWS out of an RFC.
type example struct {
	name      string
	algorithm string
	key       jwkMap // of its signature
	input     string // signing input
	signature string

	// sent is how a caller could send it; by default it is in compact form.
	sent   string
	reason Reason
	hint   string // a part of it
}

func (e example) compact() string { return e.input + "." + e.signature }

// genuine is whether the signature is the key's, by the standard library alone.
func (e example) genuine(t *testing.T) bool {
	t.Helper()
	member := func(name string) []byte {
		text, ok := e.key[name].(string)
		value, err := b64.DecodeString(text)
		if !ok || err != nil {
			t.Fatalf("%s: the key's %s is not base64url", e.name, name)
		}
		return value
	}
	signature, err := b64.DecodeString(e.signature)
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[e.algorithm[2:]]
	h := hash.New()
	h.Write([]byte(e.input))
	digest := h.Sum(nil)
	switch e.key["kty"] {
	case "oct":
		mac := hmac.New(hash.New, member("k"))
		mac.Write([]byte(e.input))
		return hmac.Equal(signature, mac.Sum(nil))
	case "EC":
		curve := map[any]elliptic.Curve{"P-256": elliptic.P256(), "P-521": elliptic.P521()}[e.key["crv"]]
		public, err := ecdsa.ParseUncompressedPublicKey(curve, bytes.Join([][]byte{{4}, member("x"), member("y")}, nil))
		if err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		half := len(signature) / 2
		return ecdsa.Verify(public, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(member("n")), E: int(new(big.Int).SetBytes(member("e")).Int64())}
	if e.algorithm[:2] == "PS" {
		return rsa.VerifyPSS(public, hash, digest, signature, nil) == nil
	}
	return rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil
}

// refused asks of each genuine example that a Verifier refuses it, and says why.
func refused(t *testing.T, examples []example) {
	t.Helper()
	for _, e := range examples {
		if !e.genuine(t) {
			t.Errorf("%s: the example was copied wrongly", e.name)
		}
		if e.sent == "" {
			e.sent = e.compact()
		}
		var refusal *Error
		_, err := mustNew(t, goodConfig(t)).Verify(t.Context(), e.sent)
		if !errors.As(err, &refusal) || refusal.Reason != e.reason || !strings.Contains(refusal.Hint, e.hint) {
			t.Errorf("%s: got %v, want %s and %q", e.name, err, e.reason, e.hint)
		}
	}
}

// verifies asks that the signature check takes the example with its key and in
// no other spelling: not with a single bit turned.
func verifies(t *testing.T, e example) {
	t.Helper()
	keys, err := parseJWKS(jwks(with(e.key, "kid", "example")))
	if err != nil {
		t.Fatal(err)
	}
	key := keys["example"]
	check := func(compact string) error {
		end := strings.LastIndexByte(compact, '.')
		signature, err := b64.DecodeString(compact[end+1:])
		if err != nil {
			t.Fatal(err)
		}
		return verifySignature(compact[:end], signature, key)
	}
	if err := check(e.compact()); err != nil {
		t.Errorf("%s: %v", e.name, err)
	}
	for n, text := range strings.Split(e.compact(), ".") {
		decoded, err := b64.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(decoded) {
			decoded[bit/8] ^= 1 << (bit % 8)
			turned := part(e.compact(), n, func(string) string { return b64.EncodeToString(decoded) })
			if check(turned) == nil {
				t.Errorf("%s: it verifies with bit %d of part %d turned", e.name, bit, n)
			}
			decoded[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// jsonForm writes a JWS in the form of RFC 7515, section 7.2.
func jsonForm(members map[string]any) string {
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}
