package specials

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"math/big"
	"slices"
	"sync"
	"testing"
)

var input = []byte("eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJqb2UiLCAieCI6IHRydWV9")

var ecdsaKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var cubeKey = sync.OnceValue(CubeKey)

// judgeECDSA is RFC 7518, section 3.4, on the standard library.
func judgeECDSA(signature []byte) bool {
	if len(signature) != 2*half {
		return false
	}
	digest := sha512.Sum384(input)
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	return ecdsa.Verify(&ecdsaKey().PublicKey, digest[:], r, s)
}

func judgeRSA(key *rsa.PublicKey, signature []byte) bool {
	hash := sha256.Sum256(input)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature) == nil
}

func TestValidIsWhatTheStandardLibrarySays(t *testing.T) {
	for name, tt := range map[string]struct {
		specials []Special
		judge    func([]byte) bool
		least    int
	}{
		"ES384":             {ECDSA(ecdsaKey(), input), judgeECDSA, 60},
		"RS256":             {RSA(rsaKey(), input), func(s []byte) bool { return judgeRSA(&rsaKey().PublicKey, s) }, 120},
		"RS256, exponent 3": {RSA(cubeKey(), input), func(s []byte) bool { return judgeRSA(&cubeKey().PublicKey, s) }, 121},
	} {
		names := make(map[string]bool)
		for _, s := range tt.specials {
			if names[s.Name] {
				t.Errorf("%s: two are called %q", name, s.Name)
			}
			names[s.Name] = true
			if got := tt.judge(s.Signature); got != s.Valid {
				t.Errorf("%s: %s: valid is %v, the standard library says %v", name, s.Name, s.Valid, got)
			}
		}
		if len(tt.specials) < tt.least {
			t.Errorf("%s: %d specials only", name, len(tt.specials))
		}
	}
}

// The first of RSA's is byte by byte what the standard library signs.
func TestSignsAsTheStandardLibrary(t *testing.T) {
	hash := sha256.Sum256(input)
	want, err := rsa.SignPKCS1v15(nil, rsaKey(), crypto.SHA256, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	if first := RSA(rsaKey(), input)[0]; !first.Valid || !bytes.Equal(first.Signature, want) {
		t.Errorf("%s: %x, want %x", first.Name, first.Signature, want)
	}
}

// A verifier that forgets one check takes the specials that are made for it: they
// are wrong in the one place and right in all others.
func TestForgetfulVerifiers(t *testing.T) {
	rsaSpecials, cubeSpecials, ecdsaSpecials := RSA(rsaKey(), input), RSA(cubeKey(), input), ECDSA(ecdsaKey(), input)
	for _, tt := range []struct {
		forgets  string
		specials []Special
		verify   func(signature []byte) bool
		takes    []string
	}{
		{"what stands behind the hash", rsaSpecials, ignoresTheEnd(rsaKey()), []string{
			"no padding, ones behind the hash", "8 bytes of padding, zeros behind the hash", "an element more, behind", "twice",
		}},
		{"what stands behind the hash, with an exponent of 3", cubeSpecials, ignoresTheEnd(cubeKey()), []string{
			"8 bytes of padding, ones behind the hash", "forged by a cube root, garbage behind the hash",
		}},
		{"the padding", rsaSpecials, looksAtTheEndAlone(rsaKey(), info), []string{
			"first byte 7f", "block type 0 with a padding of zeros", "block type 2 with random padding",
			"first byte of the padding fe", "zero within the padding", "no zero behind the padding",
			"no padding, all zero in front", "1 byte of padding, garbage before the DigestInfo",
		}},
		{"the DigestInfo", rsaSpecials, looksAtTheEndAlone(rsaKey(), func(hash []byte) []byte { return hash }), []string{
			"no DigestInfo round the hash", "NULL missing", "NULL with a value", "SHA-512's OID", "OID empty",
			"DigestInfo's length in a byte more", "OID's length indefinite", "hash's length too great by 1",
		}},
		{"the signature's size", rsaSpecials, reduces, []string{
			"the modulus added", "the modulus added, one byte longer", "a zero before the signature",
		}},
		{"the form and range of r and s", ecdsaSpecials, readsAnyForm, []string{
			"DER", "DER with a byte behind", "DER of s minus n", "a zero before r and before s", "18 zeros before r and before s",
			"r plus n, in 49 bytes each", "s plus n, in 49 bytes each", "r plus n, s plus n, in 49 bytes each",
		}},
	} {
		for _, special := range tt.specials {
			named := slices.Contains(tt.takes, special.Name)
			if named && special.Valid {
				t.Errorf("%s is valid", special.Name)
			}
			if (named || special.Valid) && !tt.verify(special.Signature) {
				t.Errorf("a verifier that forgets %s refuses %q", tt.forgets, special.Name)
			}
			if named {
				tt.takes = slices.DeleteFunc(tt.takes, func(name string) bool { return name == special.Name })
			}
		}
		if len(tt.takes) > 0 {
			t.Errorf("there are no specials %q", tt.takes)
		}
	}
}

func blockOf(key *rsa.PrivateKey, signature []byte) []byte {
	m := new(big.Int).SetBytes(signature)
	m.Exp(m, big.NewInt(int64(key.E)), key.N)
	return m.FillBytes(make([]byte, key.Size()))
}

func ignoresTheEnd(key *rsa.PrivateKey) func([]byte) bool {
	hash := sha256.Sum256(input)
	return func(signature []byte) bool {
		rest, ok := bytes.CutPrefix(blockOf(key, signature), []byte{0, 1})
		rest = bytes.TrimLeft(rest, "\xff")
		return ok && bytes.HasPrefix(rest, joined([]byte{0}, info(hash[:])))
	}
}

func looksAtTheEndAlone(key *rsa.PrivateKey, end func(hash []byte) []byte) func([]byte) bool {
	hash := sha256.Sum256(input)
	return func(signature []byte) bool { return bytes.HasSuffix(blockOf(key, signature), end(hash[:])) }
}

func reduces(signature []byte) bool {
	hash := sha256.Sum256(input)
	block := rsaSigner{rsaKey(), rsaKey().Size()}.block(info(hash[:]))
	return bytes.Equal(blockOf(rsaKey(), signature), block)
}

func readsAnyForm(signature []byte) bool {
	var p struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &p); err != nil {
		middle := len(signature) / 2
		p.R, p.S = new(big.Int).SetBytes(signature[:middle]), new(big.Int).SetBytes(signature[middle:])
	}
	n, digest := elliptic.P384().Params().N, sha512.Sum384(input)
	return ecdsa.Verify(&ecdsaKey().PublicKey, digest[:], p.R.Mod(p.R, n), p.S.Mod(p.S, n))
}
