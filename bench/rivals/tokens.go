package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// The two algorithms that AWS STS signs with.
const (
	es384 = "ES384"
	rs256 = "RS256"
)

const (
	issuerURL = "https://0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.tokens.sts.global.api.aws"
	audience  = "https://orders.example.com"
	account   = "123456789012"

	// lifetime is the longest that AWS gives. A run is over before.
	lifetime = time.Hour
	// roles is how many callers share the tokens.
	roles = 50
)

// keys are those of one issuer, under the names that AWS gives them.
type keys struct {
	ec  *ecdsa.PrivateKey
	rsa *rsa.PrivateKey
}

func newKeys() (*keys, error) {
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return &keys{ec, r}, nil
}

func keyID(alg string) string {
	if alg == es384 {
		return "EC384_0"
	}
	return "RSA_0"
}

func (k *keys) public(alg string) crypto.PublicKey {
	if alg == es384 {
		return k.ec.Public()
	}
	return k.rsa.Public()
}

// claims are what a token of these benchmarks may differ in.
type claims struct {
	issuer, audience string
	number           int // of the token: its caller and its ID
	expires          time.Time
}

// goodClaims are those of a token that every proxy lets pass.
func goodClaims(number int) claims {
	return claims{issuerURL, audience, number, time.Now().Add(lifetime - time.Minute)}
}

// subject is the ARN that the upstream must see.
func (c claims) subject() string {
	return fmt.Sprintf("arn:aws:iam::%s:role/orders/orders-caller-%02d", account, c.number%roles)
}

// payload has the shape of a token that a Lambda function in an organization
// gets, and 1.5 kB with its signature by RSA.
func (c claims) payload() ([]byte, error) {
	issued := c.expires.Add(time.Minute - lifetime)
	return json.Marshal(map[string]any{
		"aud": c.audience, "sub": c.subject(), "iss": c.issuer,
		"iat": issued.Unix(), "exp": c.expires.Unix(),
		"jti": fmt.Sprintf("5488e298-0a47-4c5b-80d7-%012x", c.number),
		"https://sts.amazonaws.com/": map[string]any{
			"aws_account": account, "source_region": "eu-central-1", "principal_id": c.subject(),
			"org_id": "o-abc1234567", "ou_path": []string{"o-abc1234567/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"},
			"principal_tags":             map[string]string{"environment": "production", "team": "orders", "cost-center": "cc-4711-emea", "owner": "orders@example.com"},
			"request_tags":               map[string]string{"job-id": "job-2026-000451", "stage": "settlement"},
			"original_session_exp":       c.expires.UTC().Format(time.RFC3339),
			"lambda_source_function_arn": "arn:aws:lambda:eu-central-1:" + account + ":function:orders-settlement-worker",
			"source_identity":            "deployment-pipeline",
		},
	})
}

// sign makes a token of the claims. AWS has no leeway in how it writes its
// header, so neither has this.
func (k *keys) sign(alg string, c claims) (string, error) {
	payload, err := c.payload()
	if err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	header := fmt.Sprintf(`{"kid":%q,"typ":"JWT","alg":%q}`, keyID(alg), alg)
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	var signature []byte
	if alg == es384 {
		digest := sha512.Sum384([]byte(input))
		r, s, signError := ecdsa.Sign(rand.Reader, k.ec, digest[:])
		if err = signError; err == nil {
			signature = append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
		}
	} else {
		digest := sha256.Sum256([]byte(input))
		signature, err = rsa.SignPKCS1v15(nil, k.rsa, crypto.SHA256, digest[:])
	}
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// signMany makes good tokens whose numbers begin at first, on all processors.
func (k *keys) signMany(alg string, first, count int) ([]string, error) {
	tokens := make([]string, count)
	workers := runtime.GOMAXPROCS(0)
	failed := make([]error, workers)
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := worker; i < count && failed[worker] == nil; i += workers {
				tokens[i], failed[worker] = k.sign(alg, goodClaims(first+i))
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// forge changes the token's subject under its old signature.
func forge(token string) string {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return token + "A"
	}
	other := strings.ReplaceAll(string(payload), "orders-caller", "admins-caller")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(other))
	return strings.Join(parts, ".")
}
