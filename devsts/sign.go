package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // links the hashes that signing looks up
	_ "crypto/sha512"
	"fmt"
)

// joseHash gives the hash of an RFC 7518 signature algorithm.
func joseHash(alg string) (crypto.Hash, error) {
	if len(alg) == 5 {
		switch alg[2:] {
		case "256":
			return crypto.SHA256, nil
		case "384":
			return crypto.SHA384, nil
		case "512":
			return crypto.SHA512, nil
		}
	}
	return 0, fmt.Errorf("signing: unknown algorithm %q", alg)
}

// signCompact signs header and payload as they are, as a compact JWS (RFC 7515).
// alg decides how it signs, whatever the header says.
func signCompact(g *generation, alg string, header, payload []byte) (string, error) {
	hash, err := joseHash(alg)
	if err != nil {
		return "", err
	}
	input := b64(header) + "." + b64(payload)
	h := hash.New()
	h.Write([]byte(input))
	digest := h.Sum(nil)

	var sig []byte
	switch alg[:2] {
	case "RS":
		sig, err = signRSA(g, digest, hash)
	case "PS":
		sig, err = signRSA(g, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	case "ES":
		sig, err = signECDSA(g.ec, digest)
	default:
		err = fmt.Errorf("unknown algorithm %q", alg)
	}
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return input + "." + b64(sig), nil
}

// signRSA signs by RSASSA-PSS when opts are PSSOptions, else by PKCS #1 v1.5.
func signRSA(g *generation, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	key, err := g.rsa()
	if err != nil {
		return nil, err
	}
	return key.Sign(rand.Reader, digest, opts)
}

// signECDSA writes r and s one behind the other, each as long as the curve's
// order, which is the form of RFC 7518, section 3.4.
func signECDSA(key *ecdsa.PrivateKey, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, key, digest)
	if err != nil {
		return nil, err
	}
	size := (key.Params().BitSize + 7) / 8
	sig := make([]byte, 2*size)
	r.FillBytes(sig[:size])
	s.FillBytes(sig[size:])
	return sig, nil
}
