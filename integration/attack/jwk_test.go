package attack

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"math/big"
	"sync"
)

// jwk is a JSON Web Key (RFC 7517), to be spoilt.
type jwk map[string]any

// with returns a copy with a member changed; nil removes it.
func (k jwk) with(name string, value any) jwk {
	changed := make(jwk, len(k)+1)
	for each, v := range k {
		changed[each] = v
	}
	if changed[name] = value; value == nil {
		delete(changed, name)
	}
	return changed
}

func number(n *big.Int, size int) string {
	bytes := make([]byte, size)
	return base64.RawURLEncoding.EncodeToString(n.FillBytes(bytes))
}

func ecJWK(kid string, key *ecdsa.PublicKey) jwk {
	size := (key.Params().BitSize + 7) / 8
	point, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	x, y := new(big.Int).SetBytes(point[1:1+size]), new(big.Int).SetBytes(point[1+size:])
	return jwk{"kty": "EC", "crv": key.Params().Name, "kid": kid, "x": number(x, size), "y": number(y, size)}
}

func rsaJWK(kid string, key *rsa.PublicKey) jwk {
	e := big.NewInt(int64(key.E))
	return jwk{"kty": "RSA", "kid": kid, "n": number(key.N, (key.N.BitLen()+7)/8), "e": base64.RawURLEncoding.EncodeToString(e.Bytes())}
}

// keySet is a JWK Set (RFC 7517, section 5).
func keySet(keys ...any) string { return text(map[string]any{"keys": keys}) }

// ordersKey is the key that mint signs with, and ordersKeys a set of it.
func ordersKey() jwk {
	key, err := issuers().SigningKey(ordersAccount, "ES384")
	if err != nil {
		panic(err)
	}
	return ecJWK(key.KeyID, key.Signer.Public().(*ecdsa.PublicKey))
}

func ordersKeys() string { return keySet(ordersKey()) }

// Keys that no issuer of devsts has.
var (
	freshRSA = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	smallRSA = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(1024) })
	freshEC  = sync.OnceValue(func() *ecdsa.PrivateKey { return newEC(elliptic.P384()) })
	otherEC  = sync.OnceValue(func() *ecdsa.PrivateKey { return newEC(elliptic.P384()) })
	smallEC  = sync.OnceValue(func() *ecdsa.PrivateKey { return newEC(elliptic.P256()) })
)

func newRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func newEC(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// signer makes the signature of a token's first two segments.
type signer func(input string) []byte

// withRSA signs as RS256 has it, and withEC as ES384.
func withRSA(key *rsa.PrivateKey) signer {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func withEC(key *ecdsa.PrivateKey) signer {
	return func(input string) []byte {
		digest := sha512.Sum384([]byte(input))
		der, err := key.Sign(rand.Reader, digest[:], crypto.SHA384)
		if err == nil {
			var signature []byte
			if signature, err = fixedLength(der, &key.PublicKey); err == nil {
				return signature
			}
		}
		panic(err)
	}
}

// fixed is a signature that does not look at what it signs.
func fixed(signature []byte) signer { return func(string) []byte { return signature } }

// tokenBy makes a token of good claims at an issuer, whose key is named kid.
func tokenBy(issuer, algorithm, kid string, sign signer) string {
	claims := goodParts(ordersAccount).claims
	claims["iss"] = issuer
	input := encode(text(map[string]any{"alg": algorithm, "kid": kid, "typ": "JWT"})) + "." + encode(text(claims))
	return canaries.note(input + "." + base64.RawURLEncoding.EncodeToString(sign(input)))
}
