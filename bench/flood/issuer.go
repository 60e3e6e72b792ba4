package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	issuerID = "f100d000-0000-4000-8000-000000000001"
	account  = "111122223333"
	audience = "flood.internal"
	keyID    = "EC384_0"

	// lifetime of a token is longer than any run.
	lifetime = 55 * time.Minute
)

// issuer signs tokens as AWS does, and publishes its one key.
type issuer struct {
	url  string
	key  *ecdsa.PrivateKey
	jwks []byte
}

func newIssuer() (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a P-384 key: %w", err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a P-384 key: %w", err)
	}
	half := (len(point) - 1) / 2 // behind the 0x04 of an uncompressed point
	jwks, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "EC", "kid": keyID, "use": "sig", "alg": "ES384", "crv": "P-384",
		"x": base64url(point[1 : 1+half]), "y": base64url(point[1+half:]),
	}}})
	if err != nil {
		return nil, fmt.Errorf("encoding a key set: %w", err)
	}
	return &issuer{key: key, jwks: jwks}, nil
}

// ServeHTTP publishes discovery and the key set.
func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": s.url, "jwks_uri": s.url + "/.well-known/jwks.json"})
	case strings.HasSuffix(r.URL.Path, "/.well-known/jwks.json"):
		_, _ = w.Write(s.jwks)
	default:
		http.NotFound(w, r)
	}
}

// tokens are n good ones, of as many callers.
func (s *issuer) tokens(n int) ([]string, error) {
	made := make([]string, n)
	for i := range made {
		text, err := s.unsigned(i)
		if err != nil {
			return nil, err
		}
		digest := sha512.Sum384([]byte(text))
		r, ss, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
		if err != nil {
			return nil, fmt.Errorf("signing a token: %w", err)
		}
		signature := make([]byte, 96)
		r.FillBytes(signature[:48])
		ss.FillBytes(signature[48:])
		made[i] = text + "." + base64url(signature)
	}
	return made, nil
}

// forged is a token that nobody signed, in good form.
func (s *issuer) forged() (string, error) {
	text, err := s.unsigned(0)
	if err != nil {
		return "", err
	}
	signature := make([]byte, 96)
	_, _ = rand.Read(signature) // it never fails
	return text + "." + base64url(signature), nil
}

// unsigned is the header and payload of the nth caller's token, which has about
// 1.5 kB when it is signed.
func (s *issuer) unsigned(n int) (string, error) {
	header, err := json.Marshal(map[string]string{"kid": keyID, "typ": "JWT", "alg": "ES384"})
	if err != nil {
		return "", fmt.Errorf("encoding a header: %w", err)
	}
	now, arn := time.Now(), fmt.Sprintf("arn:aws:iam::%s:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Orders_%016x", account, n)
	payload, err := json.Marshal(map[string]any{
		"iss": s.url, "sub": arn, "aud": audience, "jti": fmt.Sprintf("5488e298-0a47-4c5b-80d7-%012x", n),
		"iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
		"https://sts.amazonaws.com/": map[string]any{
			"aws_account": account, "org_id": "o-abc1234567", "principal_id": arn, "source_region": "eu-central-1",
			"ou_path":                []string{"o-abc1234567/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"},
			"original_session_exp":   now.Add(lifetime).UTC().Format(time.RFC3339),
			"principal_tags":         map[string]string{"environment": "production", "team": "orders", "cost-center": "cc-4711-emea", "owner": "payments@example.com"},
			"request_tags":           map[string]string{"job-id": "job-2026-000451", "stage": "settlement"},
			"source_identity":        "jane.doe@example.com",
			"identity_store_user_id": "11112222-3333-4444-5555-666677778888",
		},
	})
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	return base64url(header) + "." + base64url(payload), nil
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
