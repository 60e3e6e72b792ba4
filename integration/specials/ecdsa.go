package specials

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"math/big"
	"slices"
)

// half is the size of r and of s, in bytes.
const half = 48

// ECDSA makes specials of ES384: the numbers r and s of 48 bytes each, over
// SHA-384. Some are made with nonces that everybody can guess and so give the
// key away: it must be one that a test made up. ECDSA panics if the key is not on
// P-384.
//
// An r or s so small that the order of the curve can be added within 48 bytes
// cannot be had for a given key. Where it is added here, the signature is longer.
func ECDSA(key *ecdsa.PrivateKey, signingInput []byte) []Special {
	s := newECDSASigner(key)
	digest := sha512.Sum384(signingInput)
	nonce, err := rand.Int(rand.Reader, new(big.Int).Sub(s.n, big.NewInt(1)))
	if err != nil {
		panic(err)
	}
	nonce.Add(nonce, big.NewInt(1))
	good := s.sign(digest[:], nonce)
	return slices.Concat(s.valid(digest[:], good), s.outOfRange(good), reordered(s.n, good), encodings(s.n, good),
		s.stripped(digest[:]), s.ofOthers(signingInput, nonce))
}

// pair is a signature as numbers.
type pair struct{ r, s *big.Int }

// bytes is the form of RFC 7518, section 3.4. The numbers fit.
func (p pair) bytes() []byte { return p.wide(half) }

func (p pair) wide(size int) []byte {
	return joined(p.r.FillBytes(make([]byte, size)), p.s.FillBytes(make([]byte, size)))
}

type ecdsaSigner struct {
	n, d *big.Int // the curve's order and the private key
}

func newECDSASigner(key *ecdsa.PrivateKey) *ecdsaSigner {
	if key.Curve != elliptic.P384() {
		panic("making specials of ES384: the key is not on P-384")
	}
	d, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	return &ecdsaSigner{n: elliptic.P384().Params().N, d: new(big.Int).SetBytes(d)}
}

// sign is ECDSA with a nonce of the caller's choice (FIPS 186-5, section 6.4.1).
// A digest longer than the order is cut to the order's 384 bits.
func (e *ecdsaSigner) sign(digest []byte, nonce *big.Int) pair {
	scalar, err := ecdh.P384().NewPrivateKey(nonce.FillBytes(make([]byte, half)))
	if err != nil {
		panic(err)
	}
	point := scalar.PublicKey().Bytes()
	r := new(big.Int).SetBytes(point[1 : 1+half])
	r.Mod(r, e.n)
	s := new(big.Int).Mul(r, e.d)
	s.Add(s, new(big.Int).SetBytes(digest[:min(len(digest), half)]))
	s.Mul(s, new(big.Int).ModInverse(nonce, e.n))
	return pair{r, s.Mod(s, e.n)}
}

// valid are the controls of all others.
func (e *ecdsaSigner) valid(digest []byte, good pair) []Special {
	one := big.NewInt(1)
	return []Special{
		{"as it should be", good.bytes(), true},
		{"the curve's base point as R", e.sign(digest, one).bytes(), true},
		{"minus the base point as R", e.sign(digest, new(big.Int).Sub(e.n, one)).bytes(), true},
		// ECDSA allows both, so a signature does not name a token.
		{"n-s for s", pair{good.r, new(big.Int).Sub(e.n, good.s)}.bytes(), true},
		{"r that begins with a zero byte", e.withZero(digest, 0).bytes(), true},
		{"s that begins with a zero byte", e.withZero(digest, half).bytes(), true},
	}
}

// withZero finds a signature with a zero byte at the place.
func (e *ecdsaSigner) withZero(digest []byte, place int) pair {
	for nonce := big.NewInt(2); ; nonce.Add(nonce, big.NewInt(1)) {
		if p := e.sign(digest, nonce); p.bytes()[place] == 0 {
			return p
		}
	}
}

// outOfRange puts the ends of the range and what lies beyond them in the place of
// r, of s and of both. The ends themselves are in range and no signature.
func (e *ecdsaSigner) outOfRange(good pair) (specials []Special) {
	one := big.NewInt(1)
	for _, end := range []struct {
		name  string
		value *big.Int
	}{
		{"0", new(big.Int)},
		{"1", one},
		{"n-1", new(big.Int).Sub(e.n, one)},
		{"n", e.n},
		{"n+1", new(big.Int).Add(e.n, one)},
		{"p", elliptic.P384().Params().P},
		{"2^384-1", new(big.Int).Sub(new(big.Int).Lsh(one, 8*half), one)},
	} {
		specials = append(specials,
			Special{"r of " + end.name, pair{end.value, good.s}.bytes(), false},
			Special{"s of " + end.name, pair{good.r, end.value}.bytes(), false},
			Special{"r and s of " + end.name, pair{end.value, end.value}.bytes(), false},
		)
	}
	return specials
}

// reordered has the right numbers in wrong places, and their negatives.
func reordered(n *big.Int, good pair) []Special {
	backwards := func(b []byte) []byte {
		b = slices.Clone(b)
		slices.Reverse(b)
		return b
	}
	whole := good.bytes()
	return []Special{
		{"s before r", pair{good.s, good.r}.bytes(), false},
		{"r twice", pair{good.r, good.r}.bytes(), false},
		{"s twice", pair{good.s, good.s}.bytes(), false},
		{"n-r for r", pair{new(big.Int).Sub(n, good.r), good.s}.bytes(), false},
		{"last byte first in r and in s", joined(backwards(whole[:half]), backwards(whole[half:])), false},
		{"last bit of r turned", turned(whole, half-1), false},
		{"last bit of s turned", turned(whole, 2*half-1), false},
	}
}

func turned(signature []byte, place int) []byte {
	changed := slices.Clone(signature)
	changed[place] ^= 1
	return changed
}

// encodings has the right numbers in other forms and lengths.
func encodings(n *big.Int, good pair) []Special {
	plus := func(x *big.Int) *big.Int { return new(big.Int).Add(x, n) }
	minus := func(x *big.Int) *big.Int { return new(big.Int).Neg(x) }
	encode := func(r, s *big.Int) []byte {
		text, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			panic(err)
		}
		return text
	}
	whole, asn := good.bytes(), encode(good.r, good.s)
	return []Special{
		{"r plus n, s plus n, in 49 bytes each", pair{plus(good.r), plus(good.s)}.wide(half + 1), false},
		{"r plus n, in 49 bytes each", pair{plus(good.r), good.s}.wide(half + 1), false},
		{"s plus n, in 49 bytes each", pair{good.r, plus(good.s)}.wide(half + 1), false},
		{"a zero before r and before s", good.wide(half + 1), false},
		{"18 zeros before r and before s", good.wide(66), false}, // as for P-521
		{"DER", asn, false},
		{"DER, its first 96 bytes", asn[:2*half], false},
		{"DER, its last 96 bytes", asn[len(asn)-2*half:], false},
		{"DER with a byte behind", append(slices.Clone(asn), 0), false},
		{"DER of minus r", encode(minus(good.r), good.s), false},
		{"DER of minus s", encode(good.r, minus(good.s)), false},
		{"DER of s minus n", encode(good.r, new(big.Int).Sub(good.s, n)), false},
		{"no byte", nil, false},
		{"one byte", whole[:1], false},
		{"r alone", whole[:half], false},
		{"the last byte missing", whole[:2*half-1], false},
		{"the first byte missing", whole[1:], false},
		{"a zero in front", joined([]byte{0}, whole), false},
		{"a zero behind", joined(whole, []byte{0}), false},
		{"itself behind", joined(whole, whole), false},
	}
}

// stripped lacks a zero byte that fills 48 bytes up.
func (e *ecdsaSigner) stripped(digest []byte) []Special {
	r, s := e.withZero(digest, 0).bytes(), e.withZero(digest, half).bytes()
	return []Special{
		{"r without its zero in front", r[1:], false},
		{"s without its zero in front", slices.Delete(s, half, half+1), false},
	}
}

// ofOthers are good signatures, but not of the input's SHA-384.
func (e *ecdsaSigner) ofOthers(signingInput []byte, nonce *big.Int) []Special {
	short, long := sha256.Sum256(signingInput), sha512.Sum512(signingInput)
	other := sha512.Sum384(joined(signingInput, []byte{0}))
	return []Special{
		{"of the input's SHA-256", e.sign(short[:], nonce).bytes(), false},
		{"of the input's SHA-512", e.sign(long[:], nonce).bytes(), false},
		{"of the input itself for a digest", e.sign(signingInput, nonce).bytes(), false},
		{"of no digest", e.sign(nil, nonce).bytes(), false},
		{"of another input", e.sign(other[:], nonce).bytes(), false},
	}
}
