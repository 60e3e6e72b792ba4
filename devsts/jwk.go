package devsts

import (
	"encoding/base64"
	"fmt"
	"math/big"
)

// The members of AWS's keys: the RSA key has no alg.
type rsaJWK struct {
	E   string `json:"e"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	N   string `json:"n"`
	Use string `json:"use"`
}

type ecJWK struct {
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func (g *generation) rsaJWK() (rsaJWK, error) {
	key, err := g.rsa()
	if err != nil {
		return rsaJWK{}, err
	}
	return rsaJWK{
		E:   b64(big.NewInt(int64(key.E)).Bytes()),
		Kid: g.rsaID(), Kty: "RSA", Use: "sig",
		N: b64(key.N.Bytes()),
	}, nil
}

func (g *generation) ecJWK() (ecJWK, error) {
	point, err := g.ec.PublicKey.Bytes()
	if err != nil {
		return ecJWK{}, fmt.Errorf("encoding a P-384 key: %w", err)
	}
	half := (len(point) - 1) / 2 // behind the 0x04 of an uncompressed point
	return ecJWK{
		Alg: ES384, Crv: "P-384", Kid: g.ecID(), Kty: "EC", Use: "sig",
		X: b64(point[1 : 1+half]), Y: b64(point[1+half:]),
	}, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
