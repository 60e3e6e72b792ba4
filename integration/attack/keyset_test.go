package attack

import (
	"fmt"
	"strings"
)

// mixedKinds are sets in which keys of several kinds stand.
func mixedKinds() []keyKind {
	good, other := ecJWK("right", &freshEC().PublicKey), ecJWK("other", &otherEC().PublicKey)
	oct := jwk{"kty": "oct", "kid": "bad", "k": "c2VjcmV0"}
	strange := jwk{"kty": "AKP", "kid": "bad", "alg": "ML-DSA-65", "pub": "AAAA"}
	right := signing{"ES384", "right", withEC(freshEC())}
	bad := signing{"ES384", "bad", right.sign}
	behind := signing{"ES384", "other", withEC(otherEC())}
	twice := good.with("kid", "twice")
	return []keyKind{
		{name: "oct", document: keySet(oct, good), attack: signing{"HS256", "bad", byMAC("secret")}, reason: "algorithm_not_allowed", control: right},
		{name: "oct that says es384", document: keySet(oct.with("alg", "ES384"), good), attack: bad},
		{name: "oct with the good kid", document: keySet(oct.with("kid", "right"), good), attack: signing{"HS256", "right", byMAC("secret")},
			reason: "algorithm_not_allowed", control: right},
		{name: "unknown kty in the middle, before", document: keySet(good, strange, other), attack: bad, control: right},
		{name: "unknown kty in the middle, behind", document: keySet(good, strange, other), attack: bad, control: behind},
		{name: "no keys in the middle", document: keySet(good, nil, 1, "x", []any{}, map[string]any{}, [][]string{{"kty"}}, other), attack: bad, control: behind},
		{name: "same kid, the first", document: keySet(twice, other.with("kid", "twice"), good), attack: signing{"ES384", "twice", right.sign}, control: right},
		{name: "same kid, the second", document: keySet(other.with("kid", "twice"), twice, good), attack: signing{"ES384", "twice", right.sign}, control: right},
		{name: "same kid thrice", document: keySet(twice, other.with("kid", "twice"), twice, good), attack: signing{"ES384", "twice", right.sign}, control: right},
		{name: "same kid of rsa and ec", document: keySet(twice, rsaJWK("twice", &freshRSA().PublicKey), good),
			attack: signing{"RS256", "twice", withRSA(freshRSA())}, control: right},
		{name: "the other's kid", document: keySet(good, other), attack: signing{"ES384", "other", right.sign}, reason: "bad_signature", control: right},
		{name: "kid in other case", document: keySet(good, other), attack: signing{"ES384", "RIGHT", right.sign}, control: right},
	}
}

// keySetKinds are documents that count as none: the callers are told 503, since
// it is not their fault. The control's document differs in what is wrong.
func keySetKinds() (kinds []keyKind) {
	good := ecJWK("right", &freshEC().PublicKey)
	right := signing{"ES384", "right", withEC(freshEC())}
	many := func(n int, key any) string {
		keys := make([]any, n, n+1)
		for i := range keys {
			keys[i] = key
			if k, ok := key.(jwk); ok {
				keys[i] = k.with("kid", fmt.Sprintf("k%d", i))
			}
		}
		return keySet(append(keys, good)...)
	}
	of := keySet(good)
	for _, each := range []struct{ name, document, mended string }{
		{"65 usable keys", many(64, good), many(63, good)},
		{"a hundred thousand usable keys", many(100_000, good), many(63, good)},
		{"a hundred thousand keys over the size", many(100_000, jwk{"kty": "oct"}), many(100_000, map[string]any{})},
		{"keys are an object", `{"keys":{"right":` + text(good) + `}}`, of},
		{"keys are text", `{"keys":` + text(of) + `}`, of},
		{"keys are null", `{"keys":null}`, of},
		{"no key", `{"keys":[]}`, of},
		{"no keys", text(good), of},
		{"a bare array", "[" + text(good) + "]", of},
		{"two documents", of + of, of},
		{"a byte order mark", "\ufeff" + of, of},
		{"only a bad key", keySet(good.with("use", "enc")), keySet(good.with("use", "sig"))},
		{"only keys that void each other", keySet(good, good), of},
		{"a pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", of},
		{"cut off", strings.TrimSuffix(of, "}"), of},
	} {
		kinds = append(kinds, keyKind{name: "set: " + each.name, document: each.document, attack: right, reason: "keys_unavailable", mended: each.mended})
	}
	return kinds
}
