package upstreams

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// document is the file of the gateway's keys: whoever can read it can sign.
func (w *world) document() string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.storage, "caddy", "aws_jwt", "signing", "*.json"))
	if err != nil || len(files) != 1 {
		w.t.Fatalf("there are %d documents of keys: %v", len(files), err)
	}
	return files[0]
}

// key is the gateway's own, and its ID.
func (w *world) key() (*ecdsa.PrivateKey, string) {
	w.t.Helper()
	text, err := os.ReadFile(w.document())
	must(w.t, err)
	var stored struct {
		Keys []struct {
			ID      string `json:"kid"`
			Private string `json:"private_key"`
		}
	}
	must(w.t, json.Unmarshal(text, &stored))
	block, _ := pem.Decode([]byte(stored.Keys[0].Private))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(w.t, err)
	return parsed.(*ecdsa.PrivateKey), stored.Keys[0].ID
}

// draft is an assertion that is not signed yet.
type draft struct{ header, claims map[string]any }

// draft is a good one.
func (w *world) draft(kid string) draft {
	now := time.Now().Unix()
	return draft{
		map[string]any{"alg": "ES256", "kid": kid, "typ": "JWT"},
		map[string]any{"iss": w.issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + 600},
	}
}

// text is what is signed.
func (d draft) text(t *testing.T) string {
	t.Helper()
	header, err := json.Marshal(d.header)
	must(t, err)
	claims, err := json.Marshal(d.claims)
	must(t, err)
	return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
}

// signed is it with an ES256 signature.
func (d draft) signed(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	text := d.text(t)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	must(t, err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// keyed is it with an HS256 signature.
func (d draft) keyed(t *testing.T, secret []byte) string {
	t.Helper()
	text := d.text(t)
	mac := hmac.New(crypto.SHA256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// twins are assertions that differ from the good one, "", in one property. The
// gateway's own key signs where nothing else is said.
func (w *world) twins() map[string]string {
	w.t.Helper()
	key, kid := w.key()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(w.t, err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	must(w.t, err)
	with := func(change func(draft)) draft {
		d := w.draft(kid)
		change(d)
		return d
	}
	claim := func(name string, value any) string {
		return with(func(d draft) {
			if d.claims[name] = value; value == nil {
				delete(d.claims, name)
			}
		}).signed(w.t, key)
	}
	field := func(name string, value any) draft { return with(func(d draft) { d.header[name] = value }) }
	good := w.draft(kid).signed(w.t, key)
	parts := strings.Split(good, ".")
	changed := with(func(d draft) { d.claims["sub"] = "spiffe://example.com/aws/111122223333/admin" })
	return map[string]string{
		"":                            good,
		"another audience":            claim("aud", "https://billing.internal"),
		"no audience":                 claim("aud", nil),
		"another issuer":              claim("iss", "https://orders.example.com"),
		"expired":                     claim("exp", time.Now().Unix()-60),
		"no end":                      claim("exp", nil),
		"an end that is text":         claim("exp", "soon"),
		"no subject":                  claim("sub", nil),
		"another key":                 w.draft(kid).signed(w.t, other),
		"an unknown key":              field("kid", "other").signed(w.t, key),
		"typ JOSE+JSON":               field("typ", "JOSE+JSON").signed(w.t, key),
		"crit":                        field("crit", []string{"x"}).signed(w.t, key),
		"alg none":                    field("alg", "none").text(w.t) + ".",
		"alg none with the signature": field("alg", "none").text(w.t) + "." + parts[2],
		"HS256 with the DER key":      field("alg", "HS256").keyed(w.t, der),
		"HS256 with the PEM key":      field("alg", "HS256").keyed(w.t, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"alg ES384":                   field("alg", "ES384").signed(w.t, key),
		"a changed payload":           changed.text(w.t) + "." + parts[2],
		"a signature cut short":       good[:len(good)-4],
		"no signature":                parts[0] + "." + parts[1] + ".",
		"two segments":                parts[0] + "." + parts[1],
		"text":                        "text",
	}
}
