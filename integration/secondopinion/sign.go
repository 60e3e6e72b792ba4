package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // links the hashes that signing looks up
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// The IDs of the keys of each issuer of devsts, which are AWS's.
const (
	rsaKeyID = "RSA_0"
	ecKeyID  = "EC384_0"
)

// signer makes a signature of an input, which is a header and a payload with a
// full stop between them.
type signer func(input string) ([]byte, error)

// hashOf gives the hash of an algorithm of RFC 7518, section 3.1.
func hashOf(alg string) crypto.Hash {
	switch alg[2:] {
	case "384":
		return crypto.SHA384
	case "512":
		return crypto.SHA512
	}
	return crypto.SHA256
}

func digest(hash crypto.Hash, input string) []byte {
	h := hash.New()
	h.Write([]byte(input))
	return h.Sum(nil)
}

// signWith signs by RS, PS or ES with 256, 384 or 512. ES signs with whatever
// curve the key is on, and only the hash goes by the number.
func signWith(k keys, alg string) signer {
	return func(input string) ([]byte, error) {
		hash := hashOf(alg)
		switch alg[:2] {
		case "RS":
			return k.rsa.Sign(rand.Reader, digest(hash, input), hash)
		case "PS":
			return k.rsa.Sign(rand.Reader, digest(hash, input), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
		case "ES":
			return signEC(k.ec, digest(hash, input))
		}
		return nil, fmt.Errorf("signing: unknown algorithm %q", alg)
	}
}

// signEC writes r and s as long as the curve's order, one behind the other (RFC
// 7518, section 3.4).
func signEC(key crypto.Signer, hashed []byte) ([]byte, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("signing: the key is not an EC key")
	}
	der, err := key.Sign(rand.Reader, hashed, nil)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &signature); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	size := (public.Params().BitSize + 7) / 8
	raw := make([]byte, 2*size)
	signature.R.FillBytes(raw[:size])
	signature.S.FillBytes(raw[size:])
	return raw, nil
}

// signMAC takes bytes that everybody knows for a secret.
func signMAC(hash crypto.Hash, secret []byte) signer {
	return func(input string) ([]byte, error) {
		mac := hmac.New(hash.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil), nil
	}
}

// signFixed gives the same signature for everything.
func signFixed(signature []byte) signer {
	return func(string) ([]byte, error) { return signature, nil }
}
