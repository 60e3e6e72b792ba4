package devsts

import (
	"bytes"
	"strings"
)

// The faults of a document itself: each is made from the right one.

func (f fetch) truncated(*armedFault) {
	body, ok := f.right()
	if !ok {
		return
	}
	f.w.Header().Set("Connection", "close")
	f.write(body[:len(body)/2])
}

// oversizeBytes is the padding of FaultOversize.
const oversizeBytes = 512 * 1024

func (f fetch) oversize(*armedFault) {
	body, ok := f.right()
	if !ok {
		return
	}
	object := bytes.TrimSuffix(body, []byte("}\n"))
	f.write([]byte(string(object) + `,"padding":"` + strings.Repeat("x", oversizeBytes) + "\"}\n"))
}

// wrongIssuerID is that of the issuer in FaultWrongIssuer, which no account has
// but by intent.
const wrongIssuerID = "00000000-0000-0000-0000-000000000000"

func (f fetch) wrongIssuer(*armedFault) {
	document, err := f.server.discovery(f.account)
	if err == nil {
		document.Issuer = strings.TrimSuffix(document.Issuer, f.account.IssuerID) + wrongIssuerID
	}
	f.serveChanged(document, err)
}

func (f fetch) foreignKeys(*armedFault) {
	document, err := f.server.discovery(f.account)
	document.KeySet = "https://keys.invalid/jwks.json"
	f.serveChanged(document, err)
}

// noUsableKeys gives useless keys the kids of the newest right ones: a verifier
// that looks up the token's kid finds a key that it must not use.
func (f fetch) noUsableKeys(*armedFault) {
	set, err := f.server.keySet(f.account)
	if err == nil {
		rsaID, ecID := kidOf(set.Keys[0]), kidOf(set.Keys[1])
		set.Keys = []any{octJWK(rsaID), p256JWK(ecID)}
	}
	f.serveChanged(set, err)
}

// unknownKinds puts odd keys before each of the first two right ones, so that a
// reader that stops at any of them misses a right one.
func (f fetch) unknownKinds(*armedFault) {
	set, err := f.server.keySet(f.account)
	if err == nil {
		unknown := map[string]string{"kty": "FUTURE", "kid": "FUTURE_0", "use": "sig", "alg": "FUTURE512", "pub": "AQAB"}
		broken := ecJWK{Alg: ES384, Crv: "P-384", Kid: "EC384_BROKEN", Kty: "EC", Use: "sig", X: "AQ"}
		keys := []any{unknown, octJWK("OCT_0"), set.Keys[0], p256JWK("EC256_0"), broken}
		set.Keys = append(keys, set.Keys[1:]...)
	}
	f.serveChanged(set, err)
}

// serveChanged answers with a document that was changed, or with the error
// that building it has met.
func (f fetch) serveChanged(document any, err error) {
	if body, ok := f.encode(document, err); ok {
		f.write(body)
	}
}

func kidOf(jwk any) string {
	switch key := jwk.(type) {
	case rsaJWK:
		return key.Kid
	case ecJWK:
		return key.Kid
	}
	return ""
}

// octJWK is the symmetric key of RFC 7515, appendix A.1.
func octJWK(kid string) map[string]string {
	return map[string]string{
		"kty": "oct", "kid": kid, "use": "sig", "alg": "HS256",
		"k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
	}
}

// p256JWK is the elliptic curve key of RFC 7517, appendix A.1.
func p256JWK(kid string) ecJWK {
	return ecJWK{
		Alg: "ES256", Crv: "P-256", Kid: kid, Kty: "EC", Use: "sig",
		X: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
		Y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
	}
}
