package main

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"math/rand/v2"
	"slices"
)

// signatureMutations are about the signature's bytes, its key and what it signs.
func signatureMutations() []mutation {
	return slices.Concat(
		bytesOf("", map[string]func([]byte) []byte{
			"empty":                func([]byte) []byte { return nil },
			"a byte less":          func(s []byte) []byte { return s[:max(len(s)-1, 0)] },
			"a byte less in front": func(s []byte) []byte { return s[min(1, len(s)):] },
			"a zero byte behind":   func(s []byte) []byte { return append(slices.Clone(s), 0) },
			"a zero byte before":   func(s []byte) []byte { return append([]byte{0}, s...) },
			"zeros":                func(s []byte) []byte { return make([]byte, len(s)) },
			"ones":                 func(s []byte) []byte { return bytes.Repeat([]byte{0xff}, len(s)) },
			"half of it":           func(s []byte) []byte { return s[:len(s)/2] },
			"twice":                func(s []byte) []byte { return append(slices.Clone(s), s...) },
			"reversed":             func(s []byte) []byte { s = slices.Clone(s); slices.Reverse(s); return s },
		}),
		[]mutation{{name: "signature: a bit flipped", on: "signature", change: func(d *draft, r *rand.Rand) {
			at := r.IntN(1 << 16)
			d.signature = append(d.signature, func(s []byte) []byte {
				if s = slices.Clone(s); len(s) > 0 {
					s[at/8%len(s)] ^= 1 << (at % 8)
				}
				return s
			})
		}}},
		bytesOf("ES384", ecForms()), rsaForms(), wrongKeys(),
	)
}

// bytesOf are mutations that change the bytes.
func bytesOf(alg string, forms map[string]func([]byte) []byte) []mutation {
	var all []mutation
	for label, how := range forms {
		all = append(all, mutation{name: "signature: " + label, on: "signature", alg: alg, change: func(d *draft, _ *rand.Rand) {
			d.signature = append(d.signature, how)
		}})
	}
	return all
}

// ecForms are other values of r and s, and other ways to write them.
func ecForms() map[string]func([]byte) []byte {
	n := elliptic.P384().Params().N
	with := func(change func(r, s *big.Int) (*big.Int, *big.Int)) func([]byte) []byte {
		return func(signature []byte) []byte {
			if len(signature) != 96 {
				return signature
			}
			r, s := change(new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:]))
			return append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
		}
	}
	zero := new(big.Int)
	return map[string]func([]byte) []byte{
		"r is 0":              with(func(_, s *big.Int) (*big.Int, *big.Int) { return zero, s }),
		"s is 0":              with(func(r, _ *big.Int) (*big.Int, *big.Int) { return r, zero }),
		"r is n":              with(func(_, s *big.Int) (*big.Int, *big.Int) { return n, s }),
		"s is n":              with(func(r, _ *big.Int) (*big.Int, *big.Int) { return r, n }),
		"r and s are n":       with(func(_, _ *big.Int) (*big.Int, *big.Int) { return n, n }),
		"r and s are 1":       with(func(_, _ *big.Int) (*big.Int, *big.Int) { return big.NewInt(1), big.NewInt(1) }),
		"r and s swapped":     with(func(r, s *big.Int) (*big.Int, *big.Int) { return s, r }),
		"the other s (n - s)": with(func(r, s *big.Int) (*big.Int, *big.Int) { return r, new(big.Int).Sub(n, s) }),
		"in DER":              inDER,
		"in DER, filled to 96 bytes": func(s []byte) []byte {
			der := inDER(s)
			return append(der, make([]byte, max(96-len(der), 0))...)[:96]
		},
		"r and s of 66 bytes": func(s []byte) []byte {
			zeros := make([]byte, 18)
			return slices.Concat(zeros, s[:len(s)/2], zeros, s[len(s)/2:])
		},
	}
}

func inDER(signature []byte) []byte {
	half := len(signature) / 2
	der, _ := asn1.Marshal(struct{ R, S *big.Int }{ // two numbers never fail
		new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]),
	})
	return der
}

// rsaForms are values that a lax check could take for the right one.
func rsaForms() []mutation {
	var all []mutation
	for label, value := range map[string]func(n, s *big.Int) *big.Int{
		"the modulus more":     func(n, s *big.Int) *big.Int { return new(big.Int).Add(s, n) },
		"the modulus itself":   func(n, _ *big.Int) *big.Int { return n },
		"one":                  func(_, _ *big.Int) *big.Int { return big.NewInt(1) },
		"the modulus less one": func(n, _ *big.Int) *big.Int { return new(big.Int).Sub(n, big.NewInt(1)) },
		"the modulus less it":  func(n, s *big.Int) *big.Int { return new(big.Int).Sub(n, s) },
	} {
		all = append(all, mutation{name: "signature: RSA, " + label, on: "signature", alg: "RS256", change: func(d *draft, _ *rand.Rand) {
			public, ok := d.world.keys[d.account].rsa.Public().(*rsa.PublicKey)
			if !ok {
				return
			}
			d.signature = append(d.signature, func(s []byte) []byte {
				v := value(public.N, new(big.Int).SetBytes(s))
				return v.FillBytes(make([]byte, max(public.Size(), (v.BitLen()+7)/8)))
			})
		}})
	}
	return append(all,
		resigned("PSS under RS256", "RS256", func(d *draft) signer { return signWith(d.world.keys[d.account], "PS256") }),
		resigned("RSA with SHA-384", "RS256", func(d *draft) signer { return signWith(d.world.keys[d.account], "RS384") }),
		resigned("RSA without a hash's name", "RS256", func(d *draft) signer {
			return func(input string) ([]byte, error) {
				return d.world.keys[d.account].rsa.Sign(nil, digest(crypto.SHA256, input), crypto.Hash(0))
			}
		}))
}

// staleSignature is the mutation that leaves the signature as it was before the
// others.
const (
	ofGood         = "of the token without its other changes"
	staleSignature = "signature: " + ofGood
)

// wrongKeys sign with keys that are not the issuer's, or something else.
func wrongKeys() []mutation {
	return []mutation{
		resigned("a forger's", "", func(d *draft) signer { return signWith(d.world.forger, d.alg) }),
		resigned("a stranger's, with the same key ID", "", func(d *draft) signer { return signWith(d.world.keys[stranger], d.alg) }),
		resigned("of the other trusted account", "", func(d *draft) signer {
			return signWith(d.world.keys[d.fill("{other account}", "")], d.alg)
		}),
		resigned("by a key on P-256", "ES384", func(d *draft) signer {
			return func(input string) ([]byte, error) { return signEC(d.world.small, digest(crypto.SHA384, input)) }
		}),
		resigned("with SHA-256", "ES384", func(d *draft) signer { return signWith(d.world.keys[d.account], "ES256") }),
		resigned("with SHA-512", "ES384", func(d *draft) signer { return signWith(d.world.keys[d.account], "ES512") }),
		resigned(ofGood, "", func(d *draft) signer {
			sign, good := signWith(d.world.keys[d.account], d.alg), d.good
			return func(string) ([]byte, error) { return sign(good) }
		}),
		resigned("of the payload alone", "", func(d *draft) signer {
			sign := signWith(d.world.keys[d.account], d.alg)
			return func(input string) ([]byte, error) { return sign(part(0, instead(""))(input)[1:]) }
		}),
		resigned("of the texts instead of the segments", "", func(d *draft) signer {
			sign := signWith(d.world.keys[d.account], d.alg)
			return func(input string) ([]byte, error) { return sign(part(0, text)(part(1, text)(input))) }
		}),
	}
}

// resigned has the token signed in another way, alone or, for both algorithms,
// by what d.alg says.
func resigned(label, alg string, how func(*draft) signer) mutation {
	return mutation{name: "signature: " + label, on: "signature", alg: alg, change: func(d *draft, _ *rand.Rand) { d.sign = how(d) }}
}
