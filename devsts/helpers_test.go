package devsts

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	orders    = "DEVSTSORDERSLAMBDA"
	stranger  = "DEVSTSSTRANGER00"
	ordersAcc = "111122223333"
)

// testClock is the fixed time of every test server.
func testClock() time.Time { return time.Date(2026, 4, 21, 7, 32, 10, 0, time.UTC) }

// emulator is a served Server.
type emulator struct {
	*Server
	url string
}

func start(t *testing.T, c Config) emulator {
	t.Helper()
	if c.Now == nil {
		c.Now = testClock
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	if err := s.SetBaseURL(web.URL); err != nil {
		t.Fatal(err)
	}
	return emulator{s, web.URL}
}

// signer makes signed requests with the AWS SDK's own signer, which shares
// nothing with our verification.
type signer struct {
	keyID, secret, token string
	service, region      string
	at                   time.Time
}

func (e emulator) signer(keyID string) signer {
	return signer{
		keyID: keyID, secret: e.byKey[keyID].SecretAccessKey,
		service: "sts", region: "eu-central-1", at: e.now(),
	}
}

func (s signer) request(t *testing.T, base string, params url.Values) *http.Request {
	t.Helper()
	body := params.Encode()
	r, err := http.NewRequest(http.MethodPost, base+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hash := sha256.Sum256([]byte(body))
	creds := aws.Credentials{AccessKeyID: s.keyID, SecretAccessKey: s.secret, SessionToken: s.token}
	err = v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(hash[:]), s.service, s.region, s.at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answer is a decoded answer of the query protocol.
type answer struct {
	status int
	raw    string
	Token  string `xml:"GetWebIdentityTokenResult>WebIdentityToken"`
	Expiry string `xml:"GetWebIdentityTokenResult>Expiration"`
	Code   string `xml:"Error>Code"`
	Type   string `xml:"Error>Type"`
	Text   string `xml:"Error>Message"`
}

func do(t *testing.T, r *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/xml" {
		t.Fatalf("Content-Type %q, body %s", got, body)
	}
	a := answer{status: resp.StatusCode, raw: string(body)}
	if err := xml.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

func (e emulator) call(t *testing.T, keyID string, params url.Values) answer {
	t.Helper()
	return do(t, e.signer(keyID).request(t, e.url, params))
}

// goodCall is a valid GetWebIdentityToken call, changed by pairs of a name and
// a value; the value "-" takes the parameter away.
func goodCall(pairs ...string) url.Values {
	v := url.Values{
		"Action": {"GetWebIdentityToken"}, "Version": {"2011-06-15"},
		"Audience.member.1": {"https://orders.example"}, "SigningAlgorithm": {"ES384"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "-" {
			v.Del(pairs[i])
		}
	}
	return v
}

func wantCode(t *testing.T, a answer, status int, code, text string) {
	t.Helper()
	if a.status != status || a.Code != code || !strings.Contains(a.Text, text) {
		t.Fatalf("got %d %s %q, want %d %s with %q", a.status, a.Code, a.Text, status, code, text)
	}
}

func wantToken(t *testing.T, a answer) {
	t.Helper()
	if a.status != http.StatusOK || a.Token == "" {
		t.Fatalf("got %d %s", a.status, a.raw)
	}
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v %s", url, resp.StatusCode, err, body)
	}
	return body
}

func decode(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verified checks a token with the standard library against the key set of the
// issuer that it names, and returns its header and claims. It reports whether
// the signature holds.
func verified(t *testing.T, token string) (header, claims map[string]any, ok bool) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d segments", len(parts))
	}
	header, claims = decode(t, unb64(t, parts[0])), decode(t, unb64(t, parts[1]))
	conf := decode(t, get(t, claims["iss"].(string)+"/.well-known/openid-configuration"))
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(get(t, conf["jwks_uri"].(string)), &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		if key["kid"] == header["kid"] {
			return header, claims, signatureHolds(t, key, header["alg"].(string), parts[0]+"."+parts[1], unb64(t, parts[2]))
		}
	}
	return header, claims, false
}

func signatureHolds(t *testing.T, jwk map[string]string, alg, input string, sig []byte) bool {
	t.Helper()
	number := func(name string) *big.Int { return new(big.Int).SetBytes(unb64(t, jwk[name])) }
	switch alg {
	case "RS256":
		digest := sha256.Sum256([]byte(input))
		key := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig) == nil
	case "ES384":
		digest := sha512.Sum384([]byte(input))
		point := slices.Concat([]byte{4}, unb64(t, jwk["x"]), unb64(t, jwk["y"]))
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
		if err != nil {
			t.Fatal(err)
		}
		return len(sig) == 96 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:48]), new(big.Int).SetBytes(sig[48:]))
	}
	t.Fatalf("unexpected algorithm %q", alg)
	return false
}
