package federation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	audience = "sts.amazonaws.com"
	caller   = "arn:aws:iam::111122223333:role/service/orders"
)

// keys are made once, by kid.
var keys = sync.OnceValue(func() map[string]crypto.Signer {
	first, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	second, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return map[string]crypto.Signer{"ec": first, "rsa": second}
})

// issuer is a small OpenID Connect issuer. A test changes its documents between
// requests.
type issuer struct {
	url, caFile string
	client      *http.Client
	mu          sync.Mutex
	discovery   map[string]any
	keys        []map[string]any
}

func startIssuer(t *testing.T, path string, start func(http.Handler) *httptest.Server) *issuer {
	t.Helper()
	i := &issuer{keys: []map[string]any{jwk("ec"), jwk("rsa")}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { i.write(w, func() any { return i.discovery }) })
	mux.HandleFunc("GET "+path+"/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.write(w, func() any { return map[string]any{"keys": i.keys} })
	})
	web := start(mux)
	t.Cleanup(web.Close)
	i.url, i.client = web.URL+path, web.Client()
	i.discovery = map[string]any{
		"issuer": i.url, "jwks_uri": i.url + "/keys", "response_types_supported": []string{"id_token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256", "RS256"},
	}
	if web.Certificate() != nil {
		i.caFile = filepath.Join(t.TempDir(), "ca.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
		if err := os.WriteFile(i.caFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func (i *issuer) write(w http.ResponseWriter, document func() any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = json.NewEncoder(w).Encode(document())
}

func (i *issuer) change(edit func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	edit(i)
}

func jwk(kid string) map[string]any {
	switch key := keys()[kid].Public().(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		return map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": b64(point[1:33]), "y": b64(point[33:])}
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
	}
	panic("no key " + kid)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// edits change members; nil takes one away.
type edits map[string]any

// token is a good token, but for the edits.
func (i *issuer) token(t *testing.T, kid string, header, claims edits) string {
	t.Helper()
	now := time.Now().Unix()
	head := map[string]any{"alg": map[string]string{"ec": "ES256", "rsa": "RS256"}[kid], "kid": kid, "typ": "JWT"}
	payload := map[string]any{"iss": i.url, "sub": caller, "aud": audience, "iat": now, "exp": now + 300}
	return sign(t, keys()[kid], edited(head, header), edited(payload, claims))
}

func edited(to map[string]any, by edits) map[string]any {
	maps.Copy(to, by)
	maps.DeleteFunc(to, func(_ string, v any) bool { return v == nil })
	return to
}

func sign(t *testing.T, key crypto.Signer, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b64(text))
	}
	input := strings.Join(parts, ".")
	digest := sha256.Sum256([]byte(input))
	var signature []byte
	var err error
	if private, ok := key.(*ecdsa.PrivateKey); ok {
		var r, s *big.Int
		if r, s, err = ecdsa.Sign(rand.Reader, private, digest[:]); err == nil {
			signature = make([]byte, 64)
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
		}
	} else {
		signature, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(signature)
}
