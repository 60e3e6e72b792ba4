package inspection

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const issuer = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"

var epoch = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// parts are a header and a payload that tests change in one place.
type parts struct{ header, top, aws map[string]any }

func good() parts {
	return parts{
		header: map[string]any{"kid": "EC384_0", "typ": "JWT", "alg": "ES384"},
		top: map[string]any{
			"iss": issuer, "sub": "arn:aws:iam::123456789012:role/MyAppRole", "aud": "my-app",
			"iat": epoch.Unix() - 192, "exp": epoch.Unix() + 108, "jti": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
		},
		aws: map[string]any{
			"aws_account": "123456789012", "source_region": "eu-central-1", "org_id": "o-abc1234567",
			"ou_path":        []string{"o-abc1234567/r-ab12/ou-ab12-11111111/"},
			"principal_tags": map[string]any{"environment": "production"},
			"principal_id":   "arn:aws:iam::123456789012:role/MyAppRole",
		},
	}
}

func (p parts) set(object map[string]any, name string, value any) parts {
	if value == nil {
		delete(object, name)
	} else {
		object[name] = value
	}
	return p
}

func segment(value any) string {
	text, ok := value.(string)
	if !ok {
		encoded, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func (p parts) payload() map[string]any {
	top := maps.Clone(p.top)
	if p.aws != nil {
		top[awstoken.Namespace] = p.aws
	}
	return top
}

// signature is of the right length, and recognisable.
var signature = base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"))

func (p parts) token() string {
	return segment(p.header) + "." + segment(p.payload()) + "." + signature
}

// trusting makes a Verifier that trusts the issuer, with a key that did not sign.
func trusting(t *testing.T) *verifier.Verifier {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := verifier.NewKey("EC384_0", &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := verifier.NewStaticKeySet(key)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Issuers: []verifier.Issuer{{URL: issuer, Keys: keys}}, Audiences: []string{"my-app"},
		Now: func() time.Time { return epoch },
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
