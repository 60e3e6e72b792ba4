package assertion

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func discovered(t *testing.T, issuer string) *oidc.Provider {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	must(t, err)
	return provider
}

// go-oidc verifies what the upstream saw by discovery alone.
func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(matrix)
	for host, path := range matrixSites {
		t.Run(host, func(t *testing.T) {
			issuer := w.self() + path
			text := w.asserted(host, mint(t, nil))
			twinsOfIDToken(t, w, issuer, upstream, text)
			got, err := discovered(t, issuer).Verifier(&oidc.Config{ClientID: upstream}).Verify(t.Context(), text)
			must(t, err)
			var said struct {
				AWS struct {
					Tags map[string]string `json:"principal_tags"`
				} `json:"aws_token"`
			}
			must(t, got.Claims(&said))
			if got.Subject != "spiffe://corp.example/aws/111122223333/orders" || said.AWS.Tags["team"] != "orders" {
				t.Errorf("%+v %+v", got, said)
			}
			header, _ := claimsOf(t, text)
			if alg, _, _ := strings.Cut(host, "."); !strings.EqualFold(header["alg"].(string), alg) {
				t.Errorf("the header is %v", header)
			}
		})
	}
}

// So it does with what is traded for a token.
func TestTradedIDToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(matrix)
	for path, alg := range map[string]string{"": "ES256", "/id/v1": "RS256"} {
		issuer := w.self() + path
		status, text, body := w.trade(issuer, mint(t, nil), "https://partner.example")
		if status != 200 {
			t.Fatalf("status %d %s", status, body)
		}
		if header, _ := claimsOf(t, text); header["alg"] != alg {
			t.Errorf("the header is %v, want %s", header, alg)
		}
		twinsOfIDToken(t, w, issuer, "https://partner.example", text)
	}
	var found struct {
		Endpoint string   `json:"token_endpoint"`
		Grants   []string `json:"grant_types_supported"`
	}
	must(t, discovered(t, w.self()+"/id/v1").Claims(&found))
	if found.Endpoint != w.self()+"/id/v1/token" || len(found.Grants) != 1 {
		t.Errorf("%+v", found)
	}
}

// twinsOfIDToken verifies a JWT of the issuer for the audience, and what differs
// from that in one thing each.
func twinsOfIDToken(t *testing.T, w *world, issuer, target, text string) {
	t.Helper()
	other := w.self()
	if other == issuer {
		other += "/id/v1"
	}
	header, claims := claimsOf(t, text)
	algorithm := jose.SignatureAlgorithm(header["alg"].(string))
	forged := text[:strings.LastIndexByte(text, '.')+1] + "AAAA" + text[strings.LastIndexByte(text, '.')+5:]
	stranger := signed(t, newECKey(t), header["kid"].(string), jose.ES256, claims)
	at := func(later time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(later) } }
	for what, twin := range map[string]struct {
		text, issuer, audience string
		now                    func() time.Time
		algorithms             []string
		fault                  string
	}{
		"itself":                      {text, issuer, target, nil, nil, ""},
		"shortly after":               {text, issuer, target, at(time.Second), nil, ""},
		"after its end":               {text, issuer, target, at(time.Minute + time.Second), nil, "expired"},
		"another audience":            {text, issuer, "else", nil, nil, "expected audience"},
		"another issuer":              {text, other, target, nil, nil, "verify signature"},
		"another signature":           {forged, issuer, target, nil, nil, "verify signature"},
		"signed by somebody":          {stranger, issuer, target, nil, nil, "verify signature"},
		"its algorithm alone":         {text, issuer, target, nil, []string{string(algorithm)}, ""},
		"an algorithm that is not it": {text, issuer, target, nil, []string{oidc.ES384}, "malformed jwt"},
	} {
		verifier := discovered(t, twin.issuer).Verifier(&oidc.Config{ClientID: twin.audience, Now: twin.now, SupportedSigningAlgs: twin.algorithms})
		_, err := verifier.Verify(t.Context(), twin.text)
		if (err == nil) != (twin.fault == "") || err != nil && !strings.Contains(err.Error(), twin.fault) {
			t.Errorf("%s: %v, want %q", what, err, twin.fault)
		}
	}
}

// Discovery finds the issuer under its own URL alone.
func TestDiscoveryUnderAnotherName(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(matrix)
	u, err := url.Parse(w.self())
	must(t, err)
	for issuer, good := range map[string]bool{
		w.self(): true, w.self() + "/id/v1": true, w.self() + "/id": false, w.self() + "/": false,
		"http://localhost:" + u.Port(): false,
	} {
		if _, err := oidc.NewProvider(t.Context(), issuer); (err == nil) != good {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}
