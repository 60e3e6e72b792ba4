package assertion

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// algorithms are those that the gateway signs by.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256}

// claimsOf are the claims of a JWT, of which nobody has verified anything.
func claimsOf(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		must(t, err)
		must(t, json.Unmarshal(text, into))
	}
	return header, claims
}

// resigned is an assertion after a change, signed with the gateway's own key as a
// file has it, so that it differs in the change alone.
func resigned(t *testing.T, file, token string, change func(claims map[string]any)) string {
	t.Helper()
	header, claims := claimsOf(t, token)
	change(claims)
	var document struct {
		Keys []struct {
			KeyID   string `json:"kid"`
			Private string `json:"private_key"`
		}
	}
	must(t, json.Unmarshal([]byte(read(t, file)), &document))
	for _, k := range document.Keys {
		if k.KeyID != header["kid"] {
			continue
		}
		block, _ := pem.Decode([]byte(k.Private))
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		must(t, err)
		return signed(t, private, k.KeyID, jose.SignatureAlgorithm(header["alg"].(string)), claims)
	}
	t.Fatalf("%s does not have the key %v", file, header["kid"])
	return ""
}

func signed(t *testing.T, private any, kid string, algorithm jose.SignatureAlgorithm, claims map[string]any) string {
	t.Helper()
	key := jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: private, KeyID: kid}}
	signer, err := jose.NewSigner(key, new(jose.SignerOptions).WithType("JWT"))
	must(t, err)
	payload, err := json.Marshal(claims)
	must(t, err)
	jws, err := signer.Sign(payload)
	must(t, err)
	text, err := jws.CompactSerialize()
	must(t, err)
	return text
}
