package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

const (
	awsNamespace = "https://sts.amazonaws.com/"
	audience     = "scale.internal"
	organization = "o-5ca1e00000"

	// lifetime of a token is longer than any measurement.
	lifetime = 50 * time.Minute

	rsaKeyID, ecKeyID = "RSA_0", "EC384_0"
)

// keys are the pair that all issuers publish, of which the RSA key signs: its
// signatures are the cheaper ones to check, so that other costs show.
type keys struct {
	rsa      *rsa.PrivateKey
	document any // the JWK Set
}

func newKeys() (*keys, error) {
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("generating an RSA key: %w", err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a P-384 key: %w", err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a P-384 key: %w", err)
	}
	half := (len(point) - 1) / 2 // behind the 0x04 of an uncompressed point
	return &keys{signing, map[string]any{"keys": []map[string]string{
		{ // as AWS publishes it, without alg
			"kty": "RSA", "kid": rsaKeyID, "use": "sig",
			"n": base64url(signing.N.Bytes()), "e": base64url(big.NewInt(int64(signing.E)).Bytes()),
		},
		{
			"kty": "EC", "kid": ecKeyID, "use": "sig", "alg": "ES384", "crv": "P-384",
			"x": base64url(point[1 : 1+half]), "y": base64url(point[1+half:]),
		},
	}}}, nil
}

// token is a good one of the nth issuer's, and another one each time.
func (s *issuers) token(n int) (string, error) {
	signed, err := unsigned(s.url(uuidOf(n)), accountOf(n), rsaKeyID)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, s.keys.rsa, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed + "." + base64url(signature), nil
}

// tokens makes n tokens, each of the issuer that issuer says.
func (s *issuers) tokens(n int, issuer func(int) int) ([]string, error) {
	made := make([]string, n)
	for i := range made {
		var err error
		if made[i], err = s.token(issuer(i)); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// forged is a token that nobody signed, which costs an attacker next to
// nothing.
func forged(issuer, account, keyID string) (string, error) {
	text, err := unsigned(issuer, account, keyID)
	if err != nil {
		return "", err
	}
	signature := make([]byte, 256)
	_, _ = rand.Read(signature) // it never fails
	return text + "." + base64url(signature), nil
}

// unsigned is a token's header and payload, with what AWS puts in them.
func unsigned(issuer, account, keyID string) (string, error) {
	header, err := json.Marshal(map[string]string{"kid": keyID, "typ": "JWT", "alg": "RS256"})
	if err != nil {
		return "", fmt.Errorf("encoding a header: %w", err)
	}
	now, arn := time.Now(), "arn:aws:iam::"+account+":role/scale"
	payload, err := json.Marshal(map[string]any{
		"iss": issuer, "sub": arn, "aud": audience, "jti": randomUUID(),
		"iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
		awsNamespace: map[string]any{
			"aws_account": account, "org_id": organization, "principal_id": arn, "source_region": "eu-central-1",
			"ou_path":              []string{organization + "/r-5ca1/ou-5ca1-00000000/"},
			"original_session_exp": now.Add(lifetime).UTC().Format(time.RFC3339),
			"principal_tags":       map[string]string{"environment": "production", "team": "orders"},
		},
	})
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	return base64url(header) + "." + base64url(payload), nil
}

func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
