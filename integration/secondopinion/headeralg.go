package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"math/rand/v2"
	"slices"
)

// algMutations are about alg, and about signing by another algorithm than the
// good token's.
func algMutations() []mutation {
	all := slices.Concat(
		[]mutation{absent(inHeader, "alg", "alg")},
		values(inHeader, "alg", "alg",
			variant{"null", `null`}, variant{"a number", `384`}, variant{"empty", `""`},
			variant{"a list", `[{value}]`}, variant{"an object", `{"alg":{value}}`},
			variant{"a space behind", `"{text} "`}, variant{"a NUL behind", `"{text}\u0000"`},
			variant{"the name of the hash", `"SHA384"`}, variant{"EdDSA", `"EdDSA"`},
			variant{"an algorithm of encryption", `"RSA-OAEP"`},
			variant{"RS384, signed as before", `"RS384"`}, variant{"ES256, signed as before", `"ES256"`},
			variant{"HS256, signed as before", `"HS256"`}, variant{"none, signed as before", `"none"`}),
		names(inHeader, "alg", "alg", `"none"`),
		[]mutation{{name: "alg: in lower case", on: "alg", change: func(d *draft, _ *rand.Rand) {
			d.header.set("alg", map[string]string{"RS256": `"rs256"`, "ES384": `"es384"`}[d.alg])
		}}},
		otherAlgorithm(), macs(),
	)
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		all = append(all, mutation{name: "alg: " + none + " without a signature", on: "alg signature", change: func(d *draft, _ *rand.Rand) {
			d.header.set("alg", quote(none))
			d.sign = signFixed(nil)
		}})
	}
	for _, each := range []struct{ key, alg string }{
		{"RS256", "RS384"}, {"RS256", "RS512"}, {"RS256", "PS256"}, {"RS256", "PS384"}, {"RS256", "PS512"},
		{"ES384", "ES256"}, {"ES384", "ES512"},
	} {
		all = append(all, mutation{name: "alg: " + each.alg + " by the right key", on: "alg signature", alg: each.key,
			change: func(d *draft, _ *rand.Rand) {
				d.header.set("alg", quote(each.alg))
				d.sign = signWith(d.world.keys[d.account], each.alg)
			}})
	}
	return all
}

// otherAlgorithm swaps RS256 and ES384, with and without the key and its ID.
func otherAlgorithm() []mutation {
	other := func(d *draft) (alg, id string) {
		if d.alg == "RS256" {
			return "ES384", ecKeyID
		}
		return "RS256", rsaKeyID
	}
	return []mutation{
		{name: "alg: the other one, signed as before", on: "alg", change: func(d *draft, _ *rand.Rand) {
			alg, _ := other(d)
			d.header.set("alg", quote(alg))
		}},
		{name: "alg: the other one, signed so, the key ID as before", on: "alg kid signature", change: func(d *draft, _ *rand.Rand) {
			alg, _ := other(d)
			d.header.set("alg", quote(alg))
			d.sign = signWith(d.world.keys[d.account], alg)
		}},
		{name: "alg: the other one with its key ID, signed as before", on: "alg kid", change: func(d *draft, _ *rand.Rand) {
			alg, id := other(d)
			d.header.set("alg", quote(alg))
			d.header.set("kid", quote(id))
		}},
		{name: "alg: the other one with its key ID, signed so", on: "alg kid signature", change: func(d *draft, _ *rand.Rand) {
			alg, id := other(d)
			d.header.set("alg", quote(alg))
			d.header.set("kid", quote(id))
			d.sign = signWith(d.world.keys[d.account], alg)
		}},
		{name: "alg: as before, signed by the other one", on: "alg kid signature", change: func(d *draft, _ *rand.Rand) {
			alg, _ := other(d)
			d.sign = signWith(d.world.keys[d.account], alg)
		}},
	}
}

// macs take the public key, which everybody has, for the secret of a MAC.
func macs() []mutation {
	var all []mutation
	for _, form := range []struct {
		label  string
		secret func(der []byte) []byte
	}{
		{"DER", func(der []byte) []byte { return der }},
		{"PEM", func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}) }},
		{"no secret at all", func([]byte) []byte { return nil }},
	} {
		for alg, hash := range map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512} {
			all = append(all, mutation{name: "alg: " + alg + " with the public key as " + form.label, on: "alg signature",
				change: func(d *draft, _ *rand.Rand) {
					public := d.world.keys[d.account].ec.Public()
					if d.alg == "RS256" {
						public = d.world.keys[d.account].rsa.Public()
					}
					der, _ := x509.MarshalPKIXPublicKey(public) // both kinds are known to it
					d.header.set("alg", quote(alg))
					d.sign = signMAC(hash, form.secret(der))
				}})
		}
	}
	return all
}
