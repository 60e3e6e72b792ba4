package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// fits reports whether the token's signature is of a key in the published set,
// by the standard library and nothing of this package.
func fits(t testing.TB, token string, jwks []byte) bool {
	t.Helper()
	var set struct {
		Keys []struct{ Kty, Crv, X, Y, N, E, Kid string }
	}
	if err := json.Unmarshal(jwks, &set); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	var header struct{ Alg, Kid, Typ string }
	if err := json.Unmarshal(decoded(t, parts[0]), &header); err != nil {
		t.Fatal(err)
	}
	signature := decoded(t, parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	number := func(text string) *big.Int { return new(big.Int).SetBytes(decoded(t, text)) }
	for _, k := range set.Keys {
		switch {
		case k.Kid != header.Kid:
		case header.Alg == "ES256" && k.Kty == "EC" && k.Crv == "P-256" && len(signature) == 64:
			point := append([]byte{4}, append(decoded(t, k.X), decoded(t, k.Y)...)...)
			public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
			if err != nil {
				t.Fatal(err)
			}
			return ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
		case header.Alg == "RS256" && k.Kty == "RSA":
			public := &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())}
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
		}
	}
	return false
}

func decoded(t testing.TB, text string) []byte {
	t.Helper()
	b, err := encoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	var header struct{ Kid string }
	if err := json.Unmarshal(decoded(t, head), &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}
