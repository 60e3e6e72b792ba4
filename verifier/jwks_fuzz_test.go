package verifier

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// seedKeys are public keys that are the same in all processes that fuzz: the
// base point of P-384, whose private key is 1, and a number that is odd and long.
func seedKeys() (r, e jwkMap) {
	p384 := elliptic.P384()
	point := append(append([]byte{4}, p384.Params().Gx.FillBytes(make([]byte, 48))...), p384.Params().Gy.FillBytes(make([]byte, 48))...)
	public, err := ecdsa.ParseUncompressedPublicKey(p384, point)
	if err != nil {
		panic(err)
	}
	return rsaJWK(&rsa.PublicKey{N: new(big.Int).SetBytes(bytes.Repeat([]byte{0xC5}, 256)), E: 65537}, "RSA_0"), ecJWK(public, "EC384_0")
}

// The keys of a document that is accepted are in the document, whatever the
// order of its members, and they are the same when they were written and read
// again.
func FuzzJWKS(f *testing.F) {
	r, e := seedKeys()
	for _, members := range [][]any{
		{r, e}, {e, r}, {r, r}, {e, with(r, "kid", "EC384_0")}, {with(r, "d", "AQAB"), e}, {with(e, "use", "enc"), r}, {with(e, "key_ops", []string{"verify"}), nil},
		{with(e, "alg", "ES256"), r}, {with(r, "alg", "RS256")}, {with(e, "y", e["x"])}, {with(e, "x", "AA")}, {with(e, "x", "")}, {with(r, "e", "AQ")}, {with(r, "n", "AQAB")},
		{with(e, "crv", "P-256"), r}, {with(r, "kty", "oct"), e}, {with(e, "x5c", []string{"MA=="})}, {with(e, "kid", 1), "", []any{}, jwkMap{"kty": "EC", "crv": "P-384", "kid": "a"}},
	} {
		f.Add(jwks(members...))
	}
	for _, seed := range []string{`{"keys":[]}`, `{"keys":null}`, `{"Keys":[{}]}`, `{"keys":{}}`, `[]`, `null`, ``, `<html>`, `{"keys":[{"kty":"EC","crv":"P-384","kid":"a","x":1}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseJWKS(text)
		if err != nil {
			if keys != nil || strings.Contains(err.Error(), "panic") {
				t.Fatalf("%q is refused with %v and %v", text, keys, err)
			}
			return
		}
		if len(keys) == 0 || len(keys) > maxKeys {
			t.Errorf("%q is accepted with %d keys", text, len(keys))
		}
		var document map[string]json.RawMessage
		var members []json.RawMessage
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(document["keys"], &members); err != nil {
			t.Fatal(err)
		}
		for id, k := range keys {
			if k.id != id || !slices.ContainsFunc(members, func(member json.RawMessage) bool { return publishes(member, k) }) {
				t.Errorf("%q is read as having the %s key %q", text, k.algorithm, id)
			}
		}
		slices.Reverse(members)
		backwards := make([]any, len(members))
		for i, member := range members {
			backwards[i] = member
		}
		for order, again := range map[string][]byte{"backwards": jwks(backwards...), "written again": jwks(published(t, keys)...)} {
			if second, err := parseJWKS(again); err != nil || !maps.EqualFunc(keys, second, sameKey) {
				t.Errorf("%q has the keys %q, %s %q (%v)", text, kids(keys), order, kids(second), err)
			}
		}
	})
}

func sameKey(a, b Key) bool {
	return a.id == b.id && a.algorithm == b.algorithm && a.fingerprint == b.fingerprint
}

// published writes keys as AWS publishes them.
func published(t *testing.T, keys map[string]Key) (members []any) {
	t.Helper()
	for id, k := range keys {
		switch public := k.public.(type) {
		case *rsa.PublicKey:
			if k.algorithm != RS256 || public.N.BitLen() < 2048 || public.N.BitLen() > 8192 {
				t.Errorf("%s of %d bits", k.algorithm, public.N.BitLen())
			}
			members = append(members, rsaJWK(public, id))
		case *ecdsa.PublicKey:
			if k.algorithm != ES384 || public.Curve != elliptic.P384() {
				t.Errorf("%s on %s", k.algorithm, public.Curve.Params().Name)
			}
			members = append(members, ecJWK(public, id))
		}
	}
	return members
}

// publishes reports whether a member of a key set is a public key for
// signatures, and this one.
func publishes(member json.RawMessage, k Key) bool {
	var all map[string]any
	if err := json.Unmarshal(member, &all); err != nil || all["kid"] != k.id {
		return false
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, private := all[name]; private {
			return false
		}
	}
	use, restricted := all["use"]
	alg, named := all["alg"]
	if restricted && use != "sig" || named && alg != string(k.algorithm) {
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return all["kty"] == "RSA" && sameNumber(all["n"], public.N) && sameNumber(all["e"], big.NewInt(int64(public.E)))
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		return err == nil && all["kty"] == "EC" && all["crv"] == "P-384" &&
			sameNumber(all["x"], new(big.Int).SetBytes(point[1:49])) && sameNumber(all["y"], new(big.Int).SetBytes(point[49:]))
	}
	return false
}

// sameNumber reads any spelling of base64, since the JOSE library does.
func sameNumber(spelt any, number *big.Int) bool {
	text, ok := spelt.(string)
	decoded, err := b64.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text))
	return ok && err == nil && new(big.Int).SetBytes(decoded).Cmp(number) == 0
}
