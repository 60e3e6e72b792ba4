package verifier

import (
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// This file alone knows the JOSE library; docs/decisions/jwx.md says why. The
// library parses one JWK that parseJWKS has judged, and verifies one compact
// token that parseCompact has checked, with one explicit algorithm and key.

// publicKey turns one JWK (RFC 7517) into a Key with that ID.
func publicKey(id string, text []byte) (Key, error) {
	parsed, err := jwk.ParseKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("reading JWK: %w", err)
	}
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		return Key{}, fmt.Errorf("reading JWK: %w", err)
	}
	return NewKey(id, raw)
}

// verifySignature returns the payload that the key signed.
func verifySignature(token string, key Key) ([]byte, error) {
	var algorithm jwa.SignatureAlgorithm
	switch key.algorithm {
	case RS256:
		algorithm = jwa.RS256
	case ES384:
		algorithm = jwa.ES384
	default:
		return nil, errors.New("verifying signature: the key has no algorithm")
	}
	payload, err := jws.Verify([]byte(token), jws.WithKey(algorithm, key.public))
	if err != nil {
		return nil, fmt.Errorf("verifying signature: %w", err)
	}
	return payload, nil
}
