package caddymodule

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
)

const partner = "https://partner.example"

func goodExchange(t testing.TB) *Exchange {
	return &Exchange{
		Handler: &Handler{
			Issuers:   []Issuer{{URL: issuerOf(t, ordersAccount), Accounts: []string{ordersAccount}}},
			Audiences: []string{audience}, now: clock,
		},
		Audiences: []string{partner, "sts.amazonaws.com"},
		Subject:   "spiffe://corp.example/aws/{aws_token.principal_tags.environment}",
	}
}

// goodForm asks for a JWT for the partner.
func goodForm(token string) url.Values {
	return url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {token}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		"audience": {partner},
	}
}

func post(form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, gatewayIssuer+"/token", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// traded is the answer's body with its status.
func traded(t testing.TB, p *Publisher, r *http.Request) (int, http.Header, map[string]any) {
	t.Helper()
	response := served(t, p, r)
	var answer map[string]any
	body(t, response, &answer)
	if response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Pragma") != "no-cache" || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", response.Header)
	}
	return response.StatusCode, response.Header, answer
}

func TestExchange(t *testing.T) {
	p := newPublisher(t, newStorage(), func(p *Publisher) { p.Exchange = goodExchange(t); p.Exchange.Algorithm = signing.RS256 })
	status, _, answer := traded(t, p, post(goodForm(goodToken(t)).Encode()))
	text, _ := answer["access_token"].(string)
	header, said := asserted(t, text)
	if status != 200 || answer["issued_token_type"] != "urn:ietf:params:oauth:token-type:jwt" || answer["token_type"] != "N_A" || answer["expires_in"] != 60.0 {
		t.Errorf("%d %v", status, answer)
	}
	if header["alg"] != "RS256" || said["iss"] != gatewayIssuer || said["aud"] != partner || said["sub"] != "spiffe://corp.example/aws/production" {
		t.Errorf("%v %v", header, said)
	}
	var found map[string]any
	body(t, served(t, p, httptest.NewRequest(http.MethodGet, gatewayIssuer+discoveryPath, nil)), &found)
	for name, want := range map[string]any{
		"token_endpoint": gatewayIssuer + "/token", "grant_types_supported": []any{"urn:ietf:params:oauth:grant-type:token-exchange"},
		"token_endpoint_auth_methods_supported": []any{"none"},
	} {
		if !reflect.DeepEqual(found[name], want) {
			t.Errorf("%s: %v", name, found[name])
		}
	}
}

// Each request differs from the good one in one parameter.
func TestExchangeThatIsMalformed(t *testing.T) {
	p := newPublisher(t, newStorage(), func(p *Publisher) { p.Exchange = goodExchange(t) })
	for what, tt := range map[string]struct {
		change func(url.Values)
		code   string
	}{
		"the control":            {func(url.Values) {}, ""},
		"another audience":       {func(f url.Values) { f.Set("audience", "sts.amazonaws.com") }, ""},
		"the type by name":       {func(f url.Values) { f.Set("requested_token_type", "urn:ietf:params:oauth:token-type:jwt") }, ""},
		"an unknown parameter":   {func(f url.Values) { f.Set("client_id", "x") }, ""},
		"no grant":               {func(f url.Values) { f.Del("grant_type") }, "unsupported_grant_type"},
		"another grant":          {func(f url.Values) { f.Set("grant_type", "client_credentials") }, "unsupported_grant_type"},
		"no token":               {func(f url.Values) { f.Del("subject_token") }, "invalid_request"},
		"two tokens":             {func(f url.Values) { f.Add("subject_token", "x") }, "invalid_request"},
		"no type":                {func(f url.Values) { f.Del("subject_token_type") }, "invalid_request"},
		"another type":           {func(f url.Values) { f.Set("subject_token_type", "urn:ietf:params:oauth:token-type:saml2") }, "invalid_request"},
		"another type requested": {func(f url.Values) { f.Set("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token") }, "invalid_request"},
		"an actor":               {func(f url.Values) { f.Set("actor_token", "x") }, "invalid_request"},
		"a scope":                {func(f url.Values) { f.Set("scope", "admin") }, "invalid_scope"},
		"no audience":            {func(f url.Values) { f.Del("audience") }, "invalid_target"},
		"two audiences":          {func(f url.Values) { f.Add("audience", "sts.amazonaws.com") }, "invalid_target"},
		"an audience of others":  {func(f url.Values) { f.Set("audience", "https://else.example") }, "invalid_target"},
		"a resource":             {func(f url.Values) { f.Set("resource", partner) }, "invalid_target"},
	} {
		form := maps.Clone(goodForm(goodToken(t)))
		tt.change(form)
		status, _, answer := traded(t, p, post(form.Encode()))
		if code, _ := answer["error"].(string); code != tt.code || (status == 200) != (tt.code == "") || status != 200 && status != 400 {
			t.Errorf("%s: %d %v", what, status, answer)
		}
	}
	for what, tt := range map[string]struct {
		change func(*http.Request) *http.Request
		status int
	}{
		"JSON":  {func(r *http.Request) *http.Request { r.Header.Set("Content-Type", "application/json"); return r }, 400},
		"a GET": {func(r *http.Request) *http.Request { r.Method = http.MethodGet; return r }, 405},
		"a large body": {func(*http.Request) *http.Request {
			return post(goodForm(goodToken(t)).Encode() + "&x=" + strings.Repeat("x", maxForm))
		}, 400},
		"the control": {func(r *http.Request) *http.Request { return r }, 200},
	} {
		got := served(t, p, tt.change(post(goodForm(goodToken(t)).Encode())))
		if got.StatusCode != tt.status || (got.Header.Get("Allow") == "POST") != (tt.status == 405) {
			t.Errorf("%s: %d %v", what, got.StatusCode, got.Header)
		}
	}
}

// The policy of the exchange decides, and the client learns no more than that the
// token is not accepted.
func TestExchangeThatIsRefused(t *testing.T) {
	for reason, tt := range map[string]struct {
		change func(*Handler)
		token  func() string
	}{
		"":                 {func(*Handler) {}, func() string { return goodToken(t) }},
		"malformed_token":  {func(*Handler) {}, func() string { return "a.b.c" }},
		"expired":          {func(*Handler) {}, func() string { return tokenWith(t, func(c claims) { c.top["exp"] = instant.Unix() - 60 }) }},
		"policy_denied":    {func(h *Handler) { h.Deny = []Rule{{Expression: "true"}} }, func() string { return goodToken(t) }},
		"assertion_failed": {func(*Handler) {}, func() string { return tokenWith(t, func(c claims) { delete(c.aws, "principal_tags") }) }},
		// Nothing that the form holds becomes another field of the request.
		"malformed_request": {func(*Handler) {}, func() string { return goodToken(t) + "\r\nX-Aws-Token-Sub: x" }},
	} {
		for _, explains := range []bool{false, true} {
			p := newPublisher(t, newStorage(), func(p *Publisher) {
				p.Exchange = goodExchange(t)
				p.Exchange.Handler.ExplainErrors = explains
				tt.change(p.Exchange.Handler)
			})
			status, _, answer := traded(t, p, post(goodForm(tt.token()).Encode()))
			description, _ := answer["error_description"].(string)
			switch {
			case reason == "" && status != 200:
				t.Errorf("the control: %d %v", status, answer)
			case reason != "" && (status != 400 || answer["error"] != "invalid_request" || strings.Contains(description, reason) != explains || len(answer) != 2):
				t.Errorf("%s: %d %v", reason, status, answer)
			}
		}
	}
}

// Each trade is counted and logged as a request of its aws_jwt, and its JWT as an
// assertion.
func TestTradesAreTold(t *testing.T) {
	for _, reason := range []string{"", "malformed_token"} {
		p := newPublisher(t, newStorage(), func(p *Publisher) { p.Exchange = goodExchange(t) })
		token, result, made := "a.b.c", "refused", 0.0
		if reason == "" {
			token, result, made = goodToken(t), "allowed", 1
		}
		told := telling(t, p.Exchange.Handler, result, reason, func() {
			traded(t, p, post(goodForm(token).Encode()))
		})
		if told[`caddy_aws_jwt_assertions_total{result="minted"}`] != made {
			t.Errorf("%s: %v", reason, told)
		}
	}
}

// A token in the Authorization field is none of the exchange.
func TestExchangeTakesTheTokenOfItsForm(t *testing.T) {
	p := newPublisher(t, newStorage(), func(p *Publisher) { p.Exchange = goodExchange(t) })
	for token, status := range map[string]int{goodToken(t): 200, "x": 400} {
		r := post(goodForm(token).Encode())
		r.Header.Set("Authorization", "Bearer "+goodToken(t))
		if got := served(t, p, r); got.StatusCode != status {
			t.Errorf("%d", got.StatusCode)
		}
	}
}

func TestExchangeWithoutStorage(t *testing.T) {
	storage := newStorage()
	p := newPublisher(t, storage, func(p *Publisher) { p.Exchange = goodExchange(t) })
	storage.fail(nil, errors.New("no route to storage"))
	status, header, answer := traded(t, p, post(goodForm(goodToken(t)).Encode()))
	if status != 503 || header.Get("Retry-After") != "1" || answer["error"] != "temporarily_unavailable" || len(answer) != 1 {
		t.Errorf("%d %v %v", status, header, answer)
	}
}

// A handler of the exchange that is of a configuration which ended decides nothing.
func TestExchangeOfAnEndedConfiguration(t *testing.T) {
	p := newPublisher(t, newStorage(), func(p *Publisher) { p.Exchange = goodExchange(t) })
	p.Exchange.Handler.ended.Store(true)
	if status, _, answer := traded(t, p, post(goodForm(goodToken(t)).Encode())); status != 503 {
		t.Errorf("%d %v", status, answer)
	}
}
