package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// Algorithm is how an assertion is signed (RFC 7518, section 3.1).
type Algorithm string

// The algorithms that both JWT-SVIDs and AWS's AssumeRoleWithWebIdentity take.
const (
	ES256 Algorithm = "ES256" // ECDSA on P-256 with SHA-256; the default
	RS256 Algorithm = "RS256" // RSA of 2048 bits, PKCS #1 v1.5 with SHA-256
)

// rsaBits is the size of a new RSA key, and the least that one may have.
const rsaBits = 2048

// Check refuses what is no Algorithm.
func (a Algorithm) Check() error {
	if a != ES256 && a != RS256 {
		return fmt.Errorf("%q is not %s or %s", string(a), ES256, RS256)
	}
	return nil
}

// generate draws a new private key.
func (a Algorithm) generate() (crypto.Signer, error) {
	if a == RS256 {
		return rsa.GenerateKey(rand.Reader, rsaBits)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// fits reports whether a private key is one of this algorithm.
func (a Algorithm) fits(private crypto.Signer) bool {
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		return a == ES256 && key.Curve == elliptic.P256()
	case *rsa.PrivateKey:
		return a == RS256 && key.N.BitLen() >= rsaBits
	}
	return false
}

// sign returns the signature over text in the form of RFC 7518: of ECDSA the two
// numbers one behind the other, 32 bytes each (section 3.4).
func (a Algorithm) sign(private crypto.Signer, text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	signature, err := private.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if a == RS256 {
		return signature, nil
	}
	var numbers struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &numbers); err != nil || len(rest) > 0 {
		return nil, errors.New("signing: the signature is not the two numbers of ECDSA")
	}
	raw := make([]byte, 64)
	numbers.R.FillBytes(raw[:32])
	numbers.S.FillBytes(raw[32:])
	return raw, nil
}
