package federation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // links the hashes that verify looks up
	_ "crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// family is what an algorithm name stands for (RFC 7518, section 3.1).
type family struct {
	hash  crypto.Hash
	curve elliptic.Curve // for ES
}

func familyOf(alg string) family {
	return map[string]family{
		"256": {crypto.SHA256, elliptic.P256()}, "384": {crypto.SHA384, elliptic.P384()}, "512": {crypto.SHA512, elliptic.P521()},
	}[alg[2:]]
}

// verify checks a signature with a JWK. The JWK's kind must be the algorithm's.
func verify(key map[string]any, alg, input string, signature []byte) error {
	if own, ok := key["alg"]; ok && own != alg {
		return fmt.Errorf("the key is for %v, the token has %s", own, alg)
	}
	f := familyOf(alg)
	digest := f.hash.New()
	digest.Write([]byte(input))
	if alg[:2] == "RS" {
		if key["kty"] != "RSA" {
			return fmt.Errorf("%s with a key of kind %v", alg, key["kty"])
		}
		public := &rsa.PublicKey{N: number(key["n"]), E: int(number(key["e"]).Int64())}
		return rsa.VerifyPKCS1v15(public, f.hash, digest.Sum(nil), signature)
	}
	if key["kty"] != "EC" || key["crv"] != f.curve.Params().Name {
		return fmt.Errorf("%s with a key of kind %v, curve %v", alg, key["kty"], key["crv"])
	}
	size := (f.curve.Params().BitSize + 7) / 8
	x, y := number(key["x"]), number(key["y"])
	if x.BitLen() > 8*size || y.BitLen() > 8*size {
		return errors.New("the key's point is too large")
	}
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	public, err := ecdsa.ParseUncompressedPublicKey(f.curve, point)
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	if len(signature) != 2*size {
		return fmt.Errorf("the signature has %d bytes, not %d", len(signature), 2*size)
	}
	if !ecdsa.Verify(public, digest.Sum(nil), new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])) {
		return errors.New("it does not hold")
	}
	return nil
}

// number reads a Base64urlUInt; what is none is 0, which no signature fits.
func number(member any) *big.Int {
	text, _ := member.(string)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return new(big.Int)
	}
	return new(big.Int).SetBytes(raw)
}
