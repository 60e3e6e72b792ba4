package sdk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// claims are those of a token that verified.
type claims struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"`
	Issued   int64           `json:"iat"`
	Expires  int64           `json:"exp"`
	ID       string          `json:"jti"`
	AWS      struct {
		Account       string            `json:"aws_account"`
		Region        string            `json:"source_region"`
		PrincipalID   string            `json:"principal_id"`
		PrincipalTags map[string]string `json:"principal_tags"`
		RequestTags   map[string]string `json:"request_tags"`
	} `json:"https://sts.amazonaws.com/"`
}

// account is whose tokens the tests get.
const account = "111122223333"

// verify checks a token with the standard library against the keys that its
// issuer publishes, found by discovery, and fails the test if they do not fit.
func verify(t *testing.T, token, alg string) claims {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d segments", len(parts))
	}
	var head struct{ Kid, Typ, Alg string }
	unmarshal(t, parts[0], &head)
	if head.Alg != alg || head.Typ != "JWT" {
		t.Fatalf("header %+v, want %s", head, alg)
	}
	var conf struct {
		Issuer string `json:"issuer"`
		KeySet string `json:"jwks_uri"`
	}
	getJSON(t, devsts.Issuers[account]+"/.well-known/openid-configuration", &conf)
	var set struct{ Keys []map[string]string }
	getJSON(t, conf.KeySet, &set)
	for _, key := range set.Keys {
		if key["kid"] == head.Kid && !holds(t, key, parts[0]+"."+parts[1], segment(t, parts[2])) {
			t.Fatalf("the signature does not hold with %s", head.Kid)
		} else if key["kid"] == head.Kid {
			var c claims
			unmarshal(t, parts[1], &c)
			if c.Issuer != conf.Issuer || c.AWS.Account != account {
				t.Fatalf("issuer %s and account %s, want %s and %s", c.Issuer, c.AWS.Account, conf.Issuer, account)
			}
			if age := time.Since(time.Unix(c.Issued, 0)); age < -time.Second || age > time.Minute {
				t.Fatalf("issued %s ago", age)
			}
			return c
		}
	}
	t.Fatalf("kid %s is not among %v", head.Kid, set.Keys)
	return claims{}
}

func holds(t *testing.T, jwk map[string]string, input string, sig []byte) bool {
	t.Helper()
	number := func(name string) *big.Int { return new(big.Int).SetBytes(segment(t, jwk[name])) }
	if jwk["kty"] == "RSA" {
		digest := sha256.Sum256([]byte(input))
		key := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig) == nil
	}
	digest := sha512.Sum384([]byte(input))
	point := slices.Concat([]byte{4}, segment(t, jwk["x"]), segment(t, jwk["y"]))
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
	if err != nil {
		t.Fatal(err)
	}
	return len(sig) == 96 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:48]), new(big.Int).SetBytes(sig[48:]))
}

func segment(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unmarshal(t *testing.T, s string, into any) {
	t.Helper()
	if err := json.Unmarshal(segment(t, s), into); err != nil {
		t.Fatal(err)
	}
}
