package devsts

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const noKey = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"

// TestProviderDocuments breaks one thing of what an issuer publishes at a time,
// and mends it again.
func TestProviderDocuments(t *testing.T) {
	many := func(kty string, n int) []map[string]any {
		keys := []map[string]any{publicJWK(t, "P-256")}
		for i := range n {
			keys = append(keys, map[string]any{"kty": kty, "kid": fmt.Sprint("more", i)})
		}
		return keys
	}
	key := func(name string, value any) func(*idp) {
		return func(p *idp) { edits{name: value}.apply(p.keys[0]) }
	}
	for _, c := range []struct {
		name      string
		good, bad func(*idp)
		text      string
	}{
		{"discovery of another issuer", nil, func(p *idp) { p.discovery["issuer"] = p.url + "/" }, "the discovery document's issuer is"},
		{"discovery without an issuer", nil, func(p *idp) { delete(p.discovery, "issuer") }, "the discovery document's issuer is"},
		{"discovery without keys", nil, func(p *idp) { delete(p.discovery, "jwks_uri") }, `jwks_uri "" does not begin with https://`},
		{"keys on http elsewhere", nil, func(p *idp) { p.discovery["jwks_uri"] = "http://192.0.2.1/keys" }, "does not begin with https://"},
		{"a status", nil, func(p *idp) { p.status = 404 }, "status 404"},
		{"a redirect", nil, func(p *idp) { p.status = 302 }, "status 302"},
		{"a document of its own kind", nil, func(p *idp) { p.discovery["jwks_uri"] = []string{} }, "reading "},
		{"a document that is large", func(p *idp) { p.discovery["x"] = strings.Repeat("x", 1000) }, func(p *idp) { p.discovery["x"] = strings.Repeat("x", maxDocument) }, "more than 1048576 bytes"},
		{"no kid", key("kid", "P-256"), key("kid", nil), "no key has the token's kid"},
		{"no use", key("use", "sig"), key("use", nil), `has use "", not sig`},
		{"a use of another format", key("use", "sig"), key("use", "jwt-svid"), `has use "jwt-svid", not sig`},
		{"key_ops", key("key_ops", nil), key("key_ops", []string{"verify"}), "has key_ops"},
		{"an alg of another kind", key("alg", "ES256"), key("alg", "ES384"), "the key is for ES384 and the token has ES256"},
		{"another curve", key("crv", "P-256"), key("crv", "P-384"), `the key "P-256" is no EC key on P-256`},
		{"a point that is on no curve", nil, func(p *idp) { p.keys[0]["x"] = p.keys[0]["y"] }, "the key \"P-256\""},
		{"101 RSA keys", func(p *idp) { p.keys = many("RSA", 100) }, func(p *idp) { p.keys = many("RSA", 101) }, "the key set has 101 RSA keys"},
		{"101 EC keys", func(p *idp) { p.keys = many("EC", 99) }, func(p *idp) { p.keys = many("EC", 100) }, "the key set has 101 EC keys"},
		{"no keys", nil, func(p *idp) { p.keys = nil }, "no key has the token's kid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := startIDP(t, "", httptest.NewServer)
			e := start(t, federated(p))
			token := p.token(t, nil, nil)
			discovery, keys := maps.Clone(p.discovery), maps.Clone(p.keys[0])
			if c.good != nil {
				c.good(p)
			}
			assumed(t, e.assume(t, token))
			p.discovery = discovery
			p.keys[0] = keys
			c.bad(p)
			a := e.assume(t, token)
			wantCode(t, a, 400, "InvalidIdentityToken", c.text)
			if c.name != "an alg of another kind" && !strings.HasPrefix(c.text, "the key \"") && !strings.HasPrefix(a.Text, noKey) {
				t.Errorf("got %s", a.Text)
			}
		})
	}
}

// TestProviderKeysBeside: a key for something else beside the good one does not
// matter, as there are providers with one that AWS takes.
func TestProviderKeysBeside(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	e := start(t, federated(p))
	p.keys = append([]map[string]any{{"kty": "RSA", "kid": "enc", "use": "enc"}, {"kty": "OKP", "crv": "Ed25519", "use": "sig"}}, p.keys...)
	assumed(t, e.assume(t, p.token(t, nil, nil)))
}

// TestProviderAway: an issuer that does not answer is not one with bad keys.
func TestProviderAway(t *testing.T) {
	var web *httptest.Server
	p := startIDP(t, "", func(h http.Handler) *httptest.Server { web = httptest.NewServer(h); return web })
	e := start(t, federated(p))
	token := p.token(t, nil, nil)
	assumed(t, e.assume(t, token))
	web.Close()
	wantCode(t, e.assume(t, token), 400, "IDPCommunicationError", "could not be reached")
}

// TestProviderCertificate: https is verified, with the provider's CA file if it
// has one.
func TestProviderCertificate(t *testing.T) {
	p := startIDP(t, "/path", httptest.NewTLSServer)
	assumed(t, start(t, federated(p)).assume(t, p.token(t, nil, nil)))
	c := federated(p)
	c.Accounts[1].OIDCProviders[0].CAFile = ""
	wantCode(t, start(t, c).assume(t, p.token(t, nil, nil)), 400, "IDPCommunicationError", "certificate")
	other := otherCertificate(t)
	c.Accounts[1].OIDCProviders[0].CAFile = other
	wantCode(t, start(t, c).assume(t, p.token(t, nil, nil)), 400, "IDPCommunicationError", "certificate")
	for file, want := range map[string]string{"missing.pem": "no such file", "webkeys_test.go": "has no PEM certificate"} {
		c.Accounts[1].OIDCProviders[0].CAFile = file
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// otherCertificate writes a CA that has signed nothing of the issuer's.
func otherCertificate(t *testing.T) string {
	t.Helper()
	key := testKeys()["other"]
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "other"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
