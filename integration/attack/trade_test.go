package attack

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// elsewhereProbes: what is signed for one purpose, used for another.
func elsewhereProbes() []probe {
	return []probe{
		{name: "at an upstream", script: atAnUpstream},
		{name: "at the gateway", script: atTheGateway},
	}
}

// published are the keys that the gateway publishes.
func (g *gate) published(t *testing.T) *oidc.StaticKeySet {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(g.send(t, h1, request{target: "/gw/.well-known/jwks.json"}).body), &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("the published keys are %v: %v", set, err)
	}
	keys := new(oidc.StaticKeySet)
	for _, each := range set.Keys {
		keys.PublicKeys = append(keys.PublicKeys, each.Key.(crypto.PublicKey))
	}
	return keys
}

// assertion is what the upstream sees of the good caller.
func (g *gate) assertion(t *testing.T) string {
	t.Helper()
	return strings.Join(g.passes(t, h1, call(mint(nil))).Get("X-Aws-Token-Assertion"), ",")
}

// atAnUpstream: an upstream that verifies takes what is made out to it, and
// neither another's, nor what a caller has signed, nor the token of AWS.
func atAnUpstream(t *testing.T) {
	g := newGate(t, asserting)
	text := g.assertion(t)
	status, traded, _ := g.trade(t, tradeForm(mint(nil)).Encode())
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	keys := g.published(t)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct {
		text, audience string
		good           bool
	}{
		"the assertion":                     {text, "orders-upstream", true},
		"the assertion elsewhere":           {text, "billing-upstream", false},
		"the assertion at the partner":      {text, partner, false},
		"what is traded":                    {traded, partner, true},
		"what is traded, at the upstream":   {traded, "orders-upstream", false},
		"what is traded, at AWS":            {traded, "sts.amazonaws.com", false},
		"the token of AWS":                  {mint(func(p *parts) { p.claims["aud"] = "orders-upstream" }), "orders-upstream", false},
		"signed by the caller":              {forgedBy(t, own, "own", claimsOf(text)), "orders-upstream", false},
		"signed by the caller, kid of ours": {forgedBy(t, own, kidOf(t, text), claimsOf(text)), "orders-upstream", false},
	} {
		verifier := oidc.NewVerifier(gatewayIssuer, keys, &oidc.Config{ClientID: tt.audience, SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256}})
		if _, err := verifier.Verify(t.Context(), tt.text); (err == nil) != tt.good {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func kidOf(t *testing.T, text string) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Header.KeyID
}

func forgedBy(t *testing.T, private *ecdsa.PrivateKey, kid string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: kid}}, new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(text(claims)))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// atTheGateway: what the gateway signs opens neither its proxy nor its token
// endpoint.
func atTheGateway(t *testing.T) {
	g := newGate(t, asserting)
	status, traded, _ := g.trade(t, tradeForm(mint(nil)).Encode())
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, text := range []string{g.assertion(t), traded} {
		g.refuses(t, h1, call(text), http.StatusUnauthorized, "algorithm_not_allowed")
		g.forget()
		if status, issued, body := g.trade(t, tradeForm(text).Encode()); status != http.StatusBadRequest || issued != "" {
			t.Errorf("traded: status %d %s", status, body)
		}
		if d := g.decision(t); d.Reason != "algorithm_not_allowed" {
			t.Errorf("traded: reason %s", d.Reason)
		}
	}
}

// tradeForm asks for a JWT for the partner.
func tradeForm(token string) url.Values {
	return url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {token}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "audience": {partner},
	}
}

var formFields = []field{{"Content-Type", "application/x-www-form-urlencoded"}}

// trade posts a body to the token endpoint.
func (g *gate) trade(t *testing.T, body string) (status int, issued, answered string) {
	t.Helper()
	return g.tradeBy(t, h1, request{method: http.MethodPost, target: "/gw/token", fields: formFields, body: body})
}

func (g *gate) tradeBy(t *testing.T, p protocol, r request) (status int, issued, answered string) {
	t.Helper()
	a := g.send(t, p, r)
	var said struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(a.body), &said)
	if seen := g.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
	return a.status, said.Token, a.body
}

// tradeProbes: the token endpoint, asked for what the caller may not have. Each
// is beside the good request, which differs from it in one parameter.
func tradeProbes() []probe {
	token := mint(nil)
	good := tradeForm(token).Encode()
	changed := func(name string, values ...string) string {
		f := tradeForm(token)
		f[name] = values
		return f.Encode()
	}
	second := url.QueryEscape(mintAs(billingAccount, nil))
	var probes []probe
	add := func(name, body, code string) { probes = append(probes, tradeProbe(name, body, good, code)) }
	add("two tokens", good+"&subject_token="+second, "invalid_request")
	add("the other one first", "subject_token="+second+"&"+good, "invalid_request")
	add("the same twice", good+"&subject_token="+url.QueryEscape(token), "invalid_request")
	add("an encoded name", good+"&subject%5Ftoken="+second, "invalid_request")
	add("behind a semicolon", good+";subject_token="+second, "invalid_request")
	add("an empty second", good+"&subject_token=", "invalid_request")
	add("two audiences", good+"&audience=sts.amazonaws.com", "invalid_target")
	add("an audience of others", changed("audience", "https://else.example"), "invalid_target")
	add("the upstream's audience", changed("audience", "orders-upstream"), "invalid_target")
	add("an audience in capitals", changed("audience", strings.ToUpper(partner)), "invalid_target")
	add("a longer audience", changed("audience", partner+"/"), "invalid_target")
	add("two audiences in one", changed("audience", partner+" sts.amazonaws.com"), "invalid_target")
	add("a resource", good+"&resource=https%3A%2F%2Felse.example", "invalid_target")
	add("an actor", good+"&actor_token="+second+"&actor_token_type=x", "invalid_request")
	add("another's token", tradeForm(mintAs(billingAccount, nil)).Encode(), "invalid_request")
	add("an ended token", tradeForm(mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })).Encode(), "invalid_request")
	add("a token for somebody else", tradeForm(mint(func(p *parts) { p.claims["aud"] = "billing.internal" })).Encode(), "invalid_request")
	add("a token that the policy refuses", tradeForm(mint(func(p *parts) {
		p.claims["sub"], p.aws["principal_id"] = "arn:aws:iam::111122223333:role/reports", "arn:aws:iam::111122223333:role/reports"
	})).Encode(), "invalid_request")
	add("a tag of two segments", tradeForm(mint(func(p *parts) { p.aws["principal_tags"] = map[string]any{"team": "a/b"} })).Encode(), "invalid_request")
	add("a field behind the token", changed("subject_token", token+"\r\nX-Aws-Token-Sub: evil"), "invalid_request")
	add("no token", changed("subject_token"), "invalid_request")
	return append(probes, probe{name: "a token elsewhere in the request", script: tokenElsewhere}, probe{name: "no later than the token", script: noLater})
}

func tradeProbe(name, body, good, code string) probe {
	return probe{name: name, script: func(t *testing.T) {
		g := gateOf(t, asserting)
		for _, p := range []protocol{h1, h2} {
			r := request{method: http.MethodPost, target: "/gw/token", fields: formFields, body: body}
			status, issued, answered := g.tradeBy(t, p, r)
			if status != http.StatusBadRequest || issued != "" || !strings.Contains(answered, `"error":"`+code+`"`) {
				t.Errorf("%s: status %d %s, want %s", p, status, answered, code)
			}
			r.body = good
			if status, issued, answered := g.tradeBy(t, p, r); status != http.StatusOK || claimsOf(issued)["sub"] != spiffeID {
				t.Errorf("%s: the control: status %d %s", p, status, answered)
			}
		}
	}}
}

// tokenElsewhere: the token of the form counts, and no other.
func tokenElsewhere(t *testing.T) {
	g := gateOf(t, asserting)
	bad, good := tradeForm("x").Encode(), mint(nil)
	for what, r := range map[string]request{
		"in Authorization": {body: bad, fields: append(call(good).fields, formFields...)},
		"in the query":     {body: bad, fields: formFields, target: "/gw/token?" + tradeForm(good).Encode()},
		"in JSON":          {body: text(map[string]any{"subject_token": good}), fields: []field{{"Content-Type", "application/json"}}},
		"in a GET":         {method: http.MethodGet, target: "/gw/token?" + tradeForm(good).Encode()},
	} {
		if r.method == "" {
			r.method = http.MethodPost
		}
		if r.target == "" {
			r.target = "/gw/token"
		}
		if status, issued, answered := g.tradeBy(t, h1, r); status < 400 || issued != "" {
			t.Errorf("%s: status %d %s", what, status, answered)
		}
	}
	if status, _, answered := g.trade(t, tradeForm(good).Encode()); status != http.StatusOK {
		t.Errorf("the control: status %d %s", status, answered)
	}
}

// noLater: nothing that is signed outlives the token that it is signed for.
func noLater(t *testing.T) {
	g := gateOf(t, asserting)
	for _, lives := range []int64{30, 300} {
		token := mint(func(p *parts) { p.claims["exp"] = time.Now().Unix() + lives })
		end, _ := claimsOf(token)["exp"].(float64)
		_, traded, _ := g.trade(t, tradeForm(token).Encode())
		for _, signed := range []string{traded, strings.Join(g.passes(t, h1, call(token)).Get("X-Aws-Token-Assertion"), ",")} {
			exp, _ := claimsOf(signed)["exp"].(float64)
			if exp == 0 || exp > end || (exp == end) != (lives == 30) {
				t.Errorf("of a token of %d s: ends at %v, the token at %v", lives, exp, end)
			}
		}
	}
}
