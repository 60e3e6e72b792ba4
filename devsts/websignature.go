package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// verifySignature checks a token's signature with the key of its provider.
func (t webToken) verifySignature(key providerKey) error {
	if key.Alg != "" && key.Alg != t.algorithm {
		return fmt.Errorf("the key is for %s and the token has %s", key.Alg, t.algorithm)
	}
	hash, err := joseHash(t.algorithm)
	if err != nil {
		return err
	}
	h := hash.New()
	h.Write([]byte(t.input))
	if t.algorithm[:2] == "RS" {
		public, err := key.rsa()
		if err != nil {
			return err
		}
		return rsa.VerifyPKCS1v15(public, hash, h.Sum(nil), t.signature)
	}
	public, err := key.ecdsa(hash)
	if err != nil {
		return err
	}
	size := (public.Params().BitSize + 7) / 8 // of r and of s: RFC 7518, section 3.4
	if len(t.signature) != 2*size {
		return fmt.Errorf("the signature has %d bytes, not %d", len(t.signature), 2*size)
	}
	r, s := new(big.Int).SetBytes(t.signature[:size]), new(big.Int).SetBytes(t.signature[size:])
	if !ecdsa.Verify(public, h.Sum(nil), r, s) {
		return errors.New("the signature does not hold")
	}
	return nil
}

func (k providerKey) rsa() (*rsa.PublicKey, error) {
	n, errN := base64.RawURLEncoding.DecodeString(k.N)
	e, errE := base64.RawURLEncoding.DecodeString(k.E)
	if k.Kty != "RSA" || errN != nil || errE != nil || len(e) == 0 || len(e) > 4 {
		return nil, fmt.Errorf("the key %q is no RSA key", k.Kid)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

// ecdsa returns the key, which must be on the curve that goes with the hash:
// RFC 7518, section 3.4.
func (k providerKey) ecdsa(hash crypto.Hash) (*ecdsa.PublicKey, error) {
	curve := map[crypto.Hash]elliptic.Curve{
		crypto.SHA256: elliptic.P256(), crypto.SHA384: elliptic.P384(), crypto.SHA512: elliptic.P521(),
	}[hash]
	size := (curve.Params().BitSize + 7) / 8
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	if k.Kty != "EC" || k.Crv != curve.Params().Name || errX != nil || errY != nil || len(x) != size || len(y) != size {
		return nil, fmt.Errorf("the key %q is no EC key on %s", k.Kid, curve.Params().Name)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, fmt.Errorf("the key %q: %w", k.Kid, err)
	}
	return key, nil
}
