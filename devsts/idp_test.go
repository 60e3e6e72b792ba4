package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	partnerARN = "arn:aws:iam::444455556666:role/team/partner"
	clientID   = "sts.amazonaws.com"
	subject    = "arn:aws:iam::111122223333:role/orders-lambda"
)

// testKeys are made once: RSA takes a while.
var testKeys = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for name, curve := range map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(), "other": elliptic.P256()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		keys[name] = key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	keys["RSA"] = key
	return keys
})

// idp is an OpenID Connect issuer whose documents a test may change.
type idp struct {
	url       string
	discovery map[string]any
	keys      []map[string]any
	status    int
	caFile    string
}

func startIDP(t *testing.T, path string, serve func(http.Handler) *httptest.Server) *idp {
	t.Helper()
	p := &idp{status: http.StatusOK}
	for _, name := range []string{"P-256", "P-384", "P-521", "RSA"} {
		p.keys = append(p.keys, publicJWK(t, name))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(p.status)
		_ = json.NewEncoder(w).Encode(p.discovery)
	})
	mux.HandleFunc("GET "+path+"/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": p.keys})
	})
	web := serve(mux)
	t.Cleanup(web.Close)
	p.url = web.URL + path
	p.discovery = map[string]any{"issuer": p.url, "jwks_uri": p.url + "/keys"}
	if web.Certificate() != nil {
		p.caFile = filepath.Join(t.TempDir(), "ca.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
		if err := os.WriteFile(p.caFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// publicJWK is the key of a name, which is its kid.
func publicJWK(t *testing.T, name string) map[string]any {
	t.Helper()
	switch key := testKeys()[name].Public().(type) {
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": name, "use": "sig", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		return map[string]any{"kty": "EC", "crv": key.Params().Name, "kid": name, "use": "sig", "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
	}
	t.Fatal("no such key: " + name)
	return nil
}

// edits change members by their names; nil takes one away.
type edits map[string]any

func (e edits) apply(to map[string]any) map[string]any {
	maps.Copy(to, e)
	maps.DeleteFunc(to, func(_ string, v any) bool { return v == nil })
	return to
}

// token is a good ES256 token of the issuer, but for the edits.
func (p *idp) token(t *testing.T, header, claims edits) string {
	t.Helper()
	now := testClock().Unix()
	return signWith(t, "P-256",
		header.apply(map[string]any{"alg": "ES256", "kid": "P-256", "typ": "JWT"}),
		claims.apply(map[string]any{"iss": p.url, "sub": subject, "aud": clientID, "iat": now, "exp": now + 300}))
}

// signWith signs by the header's alg with the key of a name.
func signWith(t *testing.T, name string, header, claims map[string]any) string {
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
	alg, _ := header["alg"].(string)
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
	if hash == 0 {
		return input + "."
	}
	h := hash.New()
	h.Write([]byte(input))
	var signature []byte
	var err error
	switch key := testKeys()[name].(type) {
	case *rsa.PrivateKey:
		var how crypto.SignerOpts = hash
		if alg[0] == 'P' {
			how = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err = key.Sign(rand.Reader, h.Sum(nil), how)
	case *ecdsa.PrivateKey:
		signature, err = signECDSA(key, h.Sum(nil))
	}
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// federated is the built-in configuration with a role that trusts the issuer.
func federated(p *idp) Config {
	c := DefaultConfig()
	c.Accounts[1].OIDCProviders = []OIDCProvider{{URL: p.url, ClientIDs: []string{clientID, "other"}, AllowLoopback: true, CAFile: p.caFile}}
	name := c.Accounts[1].OIDCProviders[0].name()
	c.Accounts[1].Roles = append(c.Accounts[1].Roles, Role{ARN: partnerARN, Trust: []TrustStatement{{Provider: p.url, Condition: map[string]map[string][]string{
		operatorEquals: {name + ":aud": {clientID}}, operatorLike: {name + ":sub": {"arn:aws:iam::111122223333:role/*"}},
	}}}})
	return c
}

// webAnswer is a decoded answer of AssumeRoleWithWebIdentity.
type webAnswer struct {
	Subject      string `xml:"AssumeRoleWithWebIdentityResult>SubjectFromWebIdentityToken"`
	Audience     string `xml:"AssumeRoleWithWebIdentityResult>Audience"`
	Provider     string `xml:"AssumeRoleWithWebIdentityResult>Provider"`
	ARN          string `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>Arn"`
	ID           string `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>AssumedRoleId"`
	KeyID        string `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
	Secret       string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
	SessionToken string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
	Expiration   string `xml:"AssumeRoleWithWebIdentityResult>Credentials>Expiration"`
}

// assume makes the call, unsigned, with pairs as goodCall has them.
func (e emulator) assume(t *testing.T, token string, pairs ...string) answer {
	t.Helper()
	pairs = append([]string{"Audience.member.1", "-", "SigningAlgorithm", "-", "Action", "AssumeRoleWithWebIdentity",
		"RoleArn", partnerARN, "RoleSessionName", "run-1", "WebIdentityToken", token}, pairs...)
	return e.unsigned(t, goodCall(pairs...))
}

func (e emulator) unsigned(t *testing.T, params url.Values) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.url+"/", strings.NewReader(params.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, r)
}

// assumed wants credentials.
func assumed(t *testing.T, a answer) webAnswer {
	t.Helper()
	var w webAnswer
	if err := xml.Unmarshal([]byte(a.raw), &w); err != nil || a.status != http.StatusOK || w.KeyID == "" {
		t.Fatalf("got %d %s (%v)", a.status, a.raw, err)
	}
	return w
}

// signer signs as the session of an answer.
func (w webAnswer) signer(e emulator) signer {
	return signer{keyID: w.KeyID, secret: w.Secret, token: w.SessionToken, service: "sts", region: "eu-central-1", at: e.now()}
}
