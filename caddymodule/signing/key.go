package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// key is a private key and the moments of its life.
type key struct {
	id         string // the thumbprint of its JWK (RFC 7638)
	algorithm  Algorithm
	created    time.Time
	activeFrom time.Time
	private    crypto.Signer
	header     string // of what it signs, encoded, with the dot behind it
}

// jwk is a public key as RFC 7517 writes it. Its members stand in the order that
// a thumbprint needs.
type jwk struct {
	Curve     string `json:"crv,omitempty"`
	Exponent  string `json:"e,omitempty"`
	KeyType   string `json:"kty"`
	Modulus   string `json:"n,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	KeyID     string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
}

var encoding = base64.RawURLEncoding

// newKey takes a private key of the algorithm into use.
func newKey(algorithm Algorithm, private crypto.Signer, created, activeFrom time.Time) (*key, error) {
	if !algorithm.fits(private) {
		return nil, fmt.Errorf("the private key is none of %s", algorithm)
	}
	k := &key{algorithm: algorithm, created: created, activeFrom: activeFrom, private: private}
	public, err := publicJWK(private.Public())
	if err != nil {
		return nil, err
	}
	thumbprint, err := json.Marshal(public)
	if err != nil {
		return nil, fmt.Errorf("naming a key: %w", err)
	}
	sum := sha256.Sum256(thumbprint)
	k.id = encoding.EncodeToString(sum[:])
	// A JWT-SVID may have these three alone (JWT-SVID, section 2).
	header := fmt.Sprintf(`{"alg":"%s","kid":"%s","typ":"JWT"}`, algorithm, k.id)
	k.header = encoding.EncodeToString([]byte(header)) + "."
	return k, nil
}

func makeKey(algorithm Algorithm, created, activeFrom time.Time) (*key, error) {
	private, err := algorithm.generate()
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return newKey(algorithm, private, created, activeFrom)
}

// publicJWK has the members of the key alone, which are what its thumbprint is
// made of.
func publicJWK(public crypto.PublicKey) (jwk, error) {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		point, err := p.Bytes() // 0x04, X, Y
		if err != nil {
			return jwk{}, fmt.Errorf("writing a public key: %w", err)
		}
		half := (len(point) - 1) / 2
		return jwk{
			KeyType: "EC", Curve: p.Curve.Params().Name,
			X: encoding.EncodeToString(point[1 : 1+half]), Y: encoding.EncodeToString(point[1+half:]),
		}, nil
	case *rsa.PublicKey:
		return jwk{
			KeyType: "RSA", Modulus: encoding.EncodeToString(p.N.Bytes()),
			Exponent: encoding.EncodeToString(big.NewInt(int64(p.E)).Bytes()),
		}, nil
	}
	return jwk{}, errors.New("writing a public key: it is neither ECDSA nor RSA")
}

// sign returns a payload as a JWS in compact form.
func (k *key) sign(payload []byte) (string, error) {
	size := len(k.header) + encoding.EncodedLen(len(payload))
	text := make([]byte, 0, size+1+encoding.EncodedLen(rsaBits/8))
	text = append(text, k.header...)
	text = encoding.AppendEncode(text, payload)
	signature, err := k.algorithm.sign(k.private, text)
	if err != nil {
		return "", err
	}
	return string(encoding.AppendEncode(append(text, '.'), signature)), nil
}

const pemType = "PRIVATE KEY"

// marshalPrivate writes a private key as PKCS #8 in PEM (RFC 5958, RFC 7468).
func marshalPrivate(private crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", fmt.Errorf("writing a private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})), nil
}

// parsePrivate never quotes what it reads.
func parsePrivate(text string) (crypto.Signer, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != pemType || len(rest) > 0 {
		return nil, errors.New("its private key is not one PEM block of PKCS #8")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("its private key cannot be parsed")
	}
	return private, nil
}
