package verifier

import (
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// This file alone knows the JOSE library; docs/decisions/jwx.md says why. The
// library parses one JWK that parseJWKS has judged, and checks one signature over
// bytes that it is given, with one explicit algorithm and key.

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

// verifySignature checks a signature over the bytes of a token that it is for
// (RFC 7515, section 5.2, step 8): its header and payload as they came.
// jws.Verify would make them anew from what it has parsed, and so take one
// signature for several tokens.
func verifySignature(signingInput string, signature []byte, key Key) error {
	var algorithm jwa.SignatureAlgorithm
	switch key.algorithm {
	case RS256:
		algorithm = jwa.RS256
	case ES384:
		algorithm = jwa.ES384
	default:
		return errors.New("verifying signature: the key has no algorithm")
	}
	verifier, err := jws.NewVerifier(algorithm)
	if err == nil {
		err = verifier.Verify([]byte(signingInput), signature, key.public)
	}
	if err != nil {
		return fmt.Errorf("verifying signature: %w", err)
	}
	return nil
}
