package verifier

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	testIssuer = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"
	otherURL   = "https://11111111-2222-3333-4444-555555555555.tokens.sts.global.api.aws"
	account    = "123456789012"
)

var epoch = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// signer signs as AWS does, with the standard library alone.
type signer struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

func newSigner() *signer {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &signer{r, e}
}

// aws and stranger are two issuers whose keys bear the same IDs.
var (
	aws      = sync.OnceValue(newSigner)
	stranger = sync.OnceValue(newSigner)
)

func (s *signer) keySet(tb testing.TB) *StaticKeySet {
	tb.Helper()
	rsaKey, err := NewKey("RSA_0", &s.rsa.PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	ecKey, err := NewKey("EC384_0", &s.ec.PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	set, err := NewStaticKeySet(rsaKey, ecKey)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

var b64 = base64.RawURLEncoding

// sign signs raw header and payload bytes with the key that alg wants.
func (s *signer) sign(alg string, header, payload []byte) string {
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	var signature []byte
	switch alg {
	case "ES384":
		digest := sha512.Sum384([]byte(input))
		r, ss, err := ecdsa.Sign(rand.Reader, s.ec, digest[:])
		if err != nil {
			panic(err)
		}
		signature = append(r.FillBytes(make([]byte, 48)), ss.FillBytes(make([]byte, 48))...)
	default:
		hash := map[string]crypto.Hash{"RS384": crypto.SHA384, "RS512": crypto.SHA512}[alg]
		if hash == 0 {
			hash = crypto.SHA256
		}
		h := hash.New()
		h.Write([]byte(input))
		var err error
		if signature, err = rsa.SignPKCS1v15(rand.Reader, s.rsa, hash, h.Sum(nil)); err != nil {
			panic(err)
		}
	}
	return input + "." + b64.EncodeToString(signature)
}

// claims are a header and a payload that tests change in one place.
type claims struct {
	header, top, aws map[string]any
}

func goodClaims() claims {
	return claims{
		header: map[string]any{"kid": "EC384_0", "typ": "JWT", "alg": "ES384"},
		top: map[string]any{
			"iss": testIssuer, "sub": "arn:aws:iam::123456789012:role/MyAppRole", "aud": "my-app",
			"iat": epoch.Unix(), "exp": epoch.Unix() + 300, "jti": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
		},
		aws: map[string]any{"aws_account": account, "source_region": "eu-central-1"},
	}
}

func (c claims) json() (header, payload []byte) {
	top := maps.Clone(c.top)
	if c.aws != nil {
		top[awstoken.Namespace] = c.aws
	}
	header, err := json.Marshal(c.header)
	if err != nil {
		panic(err)
	}
	if payload, err = json.Marshal(top); err != nil {
		panic(err)
	}
	return header, payload
}

func (c claims) signedBy(s *signer) string {
	header, payload := c.json()
	alg, _ := c.header["alg"].(string)
	return s.sign(alg, header, payload)
}

func goodToken() string { return goodClaims().signedBy(aws()) }

func goodConfig(tb testing.TB) Config {
	tb.Helper()
	return Config{
		Issuers:   []Issuer{{URL: testIssuer, Keys: aws().keySet(tb)}, {URL: otherURL, Keys: stranger().keySet(tb)}},
		Audiences: []string{"my-app"},
		Leeway:    30 * time.Second,
		Now:       func() time.Time { return epoch },
	}
}

func mustNew(tb testing.TB, c Config) *Verifier {
	tb.Helper()
	v, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// part replaces one part of a token.
func part(token string, n int, with func(string) string) string {
	parts := strings.Split(token, ".")
	parts[n] = with(parts[n])
	return strings.Join(parts, ".")
}
