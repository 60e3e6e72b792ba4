package verifier

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"testing"
)

// numbers are an ECDSA signature.
type numbers struct{ R, S *big.Int }

// jws is the form of RFC 7518, section 3.4.
func (n numbers) jws() []byte {
	return append(n.R.FillBytes(make([]byte, 48)), n.S.FillBytes(make([]byte, 48))...)
}

// of is whether the numbers are the key's signature of the digest, by the
// standard library.
func (n numbers) of(digest []byte, public *ecdsa.PublicKey) bool {
	return ecdsa.Verify(public, digest, n.R, n.S)
}

// readNumbers reads each half of a signature of any length.
func readNumbers(signature []byte) numbers {
	half := len(signature) / 2
	return numbers{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])}
}

func readECDSAKey(t *testing.T, der []byte) *ecdsa.PublicKey {
	t.Helper()
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	public := key.(*ecdsa.PublicKey)
	// Its edge cases are keys of ours, too.
	if _, err := NewKey("EC384_0", public); err != nil {
		t.Errorf("a key was refused: %v", err)
	}
	return public
}

// carried is the key under which the numbers sign our digest as well, or as badly,
// as they sign theirs under the vector's. With Q' = Q + (e-e')/r G the sum
// e'/s G + r/s Q', by which a signature is judged, is the point that it was:
// special numbers stay special, whichever message they were made for. Numbers
// with no such key, where r is a multiple of n, are no signature under any.
func carried(t *testing.T, public *ecdsa.PublicKey, r *big.Int, theirs, ours []byte) *ecdsa.PublicKey {
	t.Helper()
	params := elliptic.P384().Params()
	factor := new(big.Int).ModInverse(r, params.N)
	if factor == nil {
		return public
	}
	difference := new(big.Int).Sub(new(big.Int).SetBytes(theirs), new(big.Int).SetBytes(ours))
	factor.Mul(factor, difference).Mod(factor, params.N)
	scalar, err := ecdh.P384().NewPrivateKey(factor.FillBytes(make([]byte, 48)))
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), addPoints(point, scalar.PublicKey().Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// addPoints adds two points in uncompressed form, of which neither is the other
// or its negative.
func addPoints(a, b []byte) []byte {
	p := elliptic.P384().Params().P
	x1, y1, x2, y2 := new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	for coordinate, text := range map[*big.Int][]byte{x1: a[1:49], y1: a[49:], x2: b[1:49], y2: b[49:]} {
		coordinate.SetBytes(text)
	}
	slope := new(big.Int).ModInverse(new(big.Int).Sub(x2, x1), p)
	slope.Mul(slope, y2.Sub(y2, y1)).Mod(slope, p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, x1).Sub(x, x2).Mod(x, p)
	y := new(big.Int).Sub(x1, x)
	y.Mul(y, slope).Sub(y, y1).Mod(y, p)
	return append([]byte{4}, numbers{x, y}.jws()...)
}

func ourDigest() []byte {
	digest := sha512.Sum384([]byte(signingInput(ES384, testIssuer)))
	return digest[:]
}

// What is special about a vector's digest or key does not carry over; that is left
// to the standard library, which is asked about each vector as it stands.
func TestWycheproofES384(t *testing.T) {
	ours, n, count := ourDigest(), elliptic.P384().Params().N, counts{}
	for _, group := range readVectors(t, "ecdsa_secp384r1_sha384_p1363_test.json") {
		public := readECDSAKey(t, group.PublicKeyDer)
		for _, v := range group.Tests {
			theirs, signature := sha512.Sum384(v.Msg), readNumbers(v.Sig)
			count[fmt.Sprintf("%s, of %d bytes", v.Result, len(v.Sig))]++
			if signature.of(theirs[:], public) != v.valid() && len(v.Sig) == 96 {
				t.Errorf("%d (%s): the standard library says otherwise", v.TcID, v.Comment)
			}
			key := carried(t, public, signature.R, theirs[:], ours)
			if got := verifyWith(t, ES384, key, v.Sig); got == "" != v.valid() || got == MalformedToken {
				t.Errorf("%d (%s) is %s, got reason %q", v.TcID, v.Comment, v.Result, got)
			}
			if !v.valid() {
				continue
			}
			// Small numbers leave room for n in 48 bytes.
			for name, sum := range map[string]numbers{
				"r": {new(big.Int).Add(signature.R, n), signature.S}, "s": {signature.R, new(big.Int).Add(signature.S, n)},
			} {
				if sum.R.BitLen() > 384 || sum.S.BitLen() > 384 {
					continue
				}
				count["valid, with n added to "+name]++
				if got := verifyWith(t, ES384, key, sum.jws()); got != BadSignature {
					t.Errorf("%d (%s) with n added to %s: got reason %q", v.TcID, v.Comment, name, got)
				}
			}
		}
	}
	count.want(t, map[string]int{
		"valid, of 96 bytes": 193, "invalid, of 96 bytes": 68, "invalid, of 2 bytes": 6, "invalid, of 98 bytes": 5,
		"valid, with n added to r": 1, "valid, with n added to s": 1,
	})
}

// As in TestWycheproofES384, with signatures in DER: a JWS has none, so all are
// refused as they stand, and what they say is judged in the form that JWS has.
func TestWycheproofES384InDER(t *testing.T) {
	ours, count := ourDigest(), counts{}
	for _, group := range readVectors(t, "ecdsa_secp384r1_sha384_test.json") {
		public := readECDSAKey(t, group.PublicKeyDer)
		for _, v := range group.Tests {
			theirs := sha512.Sum384(v.Msg)
			signature, ok := readDER(v.Sig)
			if !ok {
				count["not numbers of 48 bytes in DER"]++
				if got := verifyWith(t, ES384, public, v.Sig); v.valid() || got == "" {
					t.Errorf("%d (%s) was accepted", v.TcID, v.Comment)
				}
				continue
			}
			count[v.Result]++
			if signature.of(theirs[:], public) != v.valid() {
				t.Errorf("%d (%s): the standard library says otherwise", v.TcID, v.Comment)
			}
			key := carried(t, public, signature.R, theirs[:], ours)
			if got := verifyWith(t, ES384, key, v.Sig); got != BadSignature {
				t.Errorf("%d (%s) in DER: got reason %q", v.TcID, v.Comment, got)
			}
			if got := verifyWith(t, ES384, key, signature.jws()); got == "" != v.valid() || got == MalformedToken {
				t.Errorf("%d (%s) is %s, got reason %q", v.TcID, v.Comment, v.Result, got)
			}
		}
	}
	count.want(t, map[string]int{"valid": 194, "invalid": 50, "not numbers of 48 bytes in DER": 150})
}

// readDER reads numbers that 48 bytes can hold, in their one encoding.
func readDER(der []byte) (n numbers, ok bool) {
	if rest, err := asn1.Unmarshal(der, &n); err != nil || len(rest) > 0 {
		return n, false
	}
	again, err := asn1.Marshal(n)
	fits := func(x *big.Int) bool { return x.Sign() >= 0 && x.BitLen() <= 384 }
	return n, err == nil && bytes.Equal(again, der) && fits(n.R) && fits(n.S)
}
