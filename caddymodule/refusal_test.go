package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// designTable is the table of design.md, "Refusals", with 500 for what is no
// refusal but a fault of ours.
var designTable = map[string]struct {
	status     int
	challenge  string
	retryAfter string
}{
	"missing_token":         {401, `Bearer realm="aws"`, ""},
	"malformed_request":     {400, `Bearer realm="aws", error="invalid_request"`, ""},
	"malformed_token":       {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"too_large":             {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"algorithm_not_allowed": {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"unknown_issuer":        {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"unknown_key":           {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"bad_signature":         {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"invalid_claims":        {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"wrong_audience":        {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"expired":               {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"not_yet_valid":         {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"lifetime_too_long":     {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"account_mismatch":      {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"org_mismatch":          {401, `Bearer realm="aws", error="invalid_token"`, ""},
	"requirement_failed":    {403, `Bearer realm="aws", error="insufficient_scope"`, ""},
	"policy_denied":         {403, `Bearer realm="aws", error="insufficient_scope"`, ""},
	"policy_error":          {403, `Bearer realm="aws", error="insufficient_scope"`, ""},
	"upgrade_refused":       {403, "", ""},
	"unsafe_path":           {403, "", ""},
	"unsafe_header_value":   {403, "", ""},
	"assertion_failed":      {403, "", ""},
	"untrusted_proxy":       {403, "", ""},
	"keys_unavailable":      {503, "", "30"},
	"overloaded":            {503, "", "1"},
	"signing_unavailable":   {503, "", "1"},
	"internal_error":        {500, "", ""},
}

// problems are the bodies: one for each status, so that they tell nothing.
var problems = map[int]string{
	400: `{"type":"about:blank","title":"Bad Request","status":400}` + "\n",
	401: `{"type":"about:blank","title":"Unauthorized","status":401}` + "\n",
	403: `{"type":"about:blank","title":"Forbidden","status":403}` + "\n",
	500: `{"type":"about:blank","title":"Internal Server Error","status":500}` + "\n",
	503: `{"type":"about:blank","title":"Service Unavailable","status":503}` + "\n",
}

// provocation is one change to a request that passes, and the refusal that it
// must bring about. config is common to both requests.
type provocation struct {
	name    string
	reason  string
	config  func(*Handler)
	handler func(*Handler)
	token   func(t *testing.T) string
	request func(*http.Request)
	ctx     func() context.Context
}

func changed(change func(claims)) func(*testing.T) string {
	return func(t *testing.T) string { return tokenWith(t, change) }
}

func signedWith(header map[string]any) func(*testing.T) string {
	return func(t *testing.T) string { return mint(t, ordersAccount, ordersARN, header, nil) }
}

// strange is signed by a good issuer that nobody here trusts.
func strange(t *testing.T) string { return mint(t, strangerAccount, strangerARN, nil, nil) }

// unreachable is a key set where nobody listens.
func unreachable(h *Handler) { h.Issuers[0].JWKSURL = "http://127.0.0.1:1/jwks.json" }

// wholeOrganization trusts all accounts of an organization.
func wholeOrganization(h *Handler) {
	url := h.Issuers[0].URL
	h.Issuers = nil
	h.Organization = &Organization{IDs: []string{"o-devsts0001"}, IssuerTemplate: url[:strings.LastIndexByte(url, '/')+1] + "<uuid>"}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

var provocations = []provocation{
	{name: "no credential", reason: "missing_token", request: func(r *http.Request) { r.Header.Del("Authorization") }},
	{name: "another scheme", reason: "missing_token", request: func(r *http.Request) { r.SetBasicAuth("a", "b") }},
	{name: "two credentials", reason: "malformed_request", request: func(r *http.Request) { r.Header.Add("Authorization", "Bearer a.b.c") }},
	{name: "two parts", reason: "malformed_token", token: func(t *testing.T) string {
		token := goodToken(t)
		return token[:strings.LastIndexByte(token, '.')]
	}},
	{name: "iss a list", reason: "malformed_token", token: changed(func(c claims) { c.top["iss"] = []any{c.top["iss"]} })},
	{name: "over 16 KiB", reason: "too_large", token: changed(func(c claims) { c.aws["request_tags"] = map[string]any{"k": strings.Repeat("v", 13000)} })},
	{name: "RS384", reason: "algorithm_not_allowed", token: signedWith(map[string]any{"alg": "RS384"})},
	{name: "an algorithm that is switched off", reason: "algorithm_not_allowed", handler: func(h *Handler) { h.Algorithms = []verifier.Algorithm{verifier.RS256} }},
	{name: "another AWS account's issuer", reason: "unknown_issuer", token: strange},
	{name: "a kid that the issuer lacks", reason: "unknown_key", token: signedWith(map[string]any{"kid": "EC384_9"})},
	{name: "the signature of another token", reason: "bad_signature", token: func(t *testing.T) string {
		a, b := goodToken(t), tokenWith(t, func(c claims) { c.aws["org_id"] = "o-0000000000" })
		return a[:strings.LastIndexByte(a, '.')] + b[strings.LastIndexByte(b, '.'):]
	}},
	{name: "no sub", reason: "invalid_claims", token: changed(func(c claims) { delete(c.top, "sub") })},
	{name: "aud of another", reason: "wrong_audience", token: changed(func(c claims) { c.top["aud"] = "https://other.example" })},
	{name: "two audiences", reason: "wrong_audience", config: func(h *Handler) { h.SingleAudience = true }, token: changed(func(c claims) { c.top["aud"] = []any{audience, "https://other.example"} })},
	{name: "expired by leeway", reason: "expired", token: changed(func(c claims) {
		c.top["iat"], c.top["exp"] = instant.Unix()-300, instant.Unix()-30
	})},
	{name: "issued beyond leeway", reason: "not_yet_valid", token: changed(func(c claims) { c.top["iat"] = instant.Unix() + 31 })},
	{name: "lives an hour and a second", reason: "lifetime_too_long", token: changed(func(c claims) { c.top["exp"] = instant.Unix() + 3601 })},
	{name: "an account that is not pinned", reason: "account_mismatch", token: changed(func(c claims) { c.aws["aws_account"] = strangerAccount })},
	{name: "a sub of another account", reason: "account_mismatch", token: changed(func(c claims) { c.top["sub"] = strangerARN })},
	{name: "another AWS account's issuer, of another organization", reason: "org_mismatch", config: wholeOrganization, token: strange},
	{name: "account", reason: "requirement_failed", handler: func(h *Handler) { h.Accounts = []string{strangerAccount} }},
	{name: "principal tag", reason: "requirement_failed", config: func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {"orders"}} },
		token: changed(func(c claims) { c.aws["principal_tags"] = map[string]any{"team": "Orders"} })},
	{name: "a deny rule", reason: "policy_denied", config: func(h *Handler) { h.Deny = []Rule{{Expression: `request.method == "DELETE"`}} },
		request: func(r *http.Request) { r.Method = "DELETE" }},
	{name: "no allow rule", reason: "policy_denied", config: func(h *Handler) { h.Allow = []Rule{{Expression: `request.method == "GET"`}} },
		request: func(r *http.Request) { r.Method = "HEAD" }},
	{name: "a tag that is absent", reason: "policy_error", config: func(h *Handler) {
		h.Allow = []Rule{{Expression: `aws_token.principal_tags["team"] == "orders"`}}
	}, token: changed(func(c claims) { delete(c.aws, "principal_tags") })},
	{name: "websocket", reason: "upgrade_refused", request: func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }},
	{name: "dot segments", reason: "unsafe_path", config: func(h *Handler) { h.Allow = []Rule{{Expression: `request.path.startsWith("/orders")`}} },
		request: func(r *http.Request) { r.URL.Path = "/orders/../admin" }},
	{name: "a long header", reason: "unsafe_header_value", config: func(h *Handler) { h.Headers = []Header{{"X-Tags", "{aws_token.request_tags.k}"}} },
		token: changed(func(c claims) { c.aws["request_tags"] = map[string]any{"k": strings.Repeat("v", 4097)} })},
	{name: "a tag that the subject needs", reason: "assertion_failed",
		config: func(h *Handler) { asserting(h, "spiffe://corp.example/{aws_token.principal_tags.team}") },
		token:  changed(func(c claims) { delete(c.aws["principal_tags"].(map[string]any), "team") })},
	{name: "an issuer that is down", reason: "keys_unavailable", handler: unreachable},
	{name: "a client that is gone", reason: "internal_error", handler: unreachable, ctx: cancelled},
}

func TestRefusals(t *testing.T) {
	for _, p := range provocations {
		t.Run(p.reason+"/"+p.name, func(t *testing.T) {
			if good := p.send(t, false); !good.passed() || good.Code != http.StatusNoContent {
				t.Fatalf("the control does not pass: %d, %s", good.Code, good.reason())
			}
			got := p.send(t, true)
			if len(got.seen) != 0 || got.err != nil {
				t.Errorf("the upstream saw %d requests, error %v; want none", len(got.seen), got.err)
			}
			if got.reason() != p.reason {
				t.Errorf("reason %q, want %q", got.reason(), p.reason)
			}
			checkAnswer(t, got.Result(), got.Body.String(), p.reason)
		})
	}
}

func (p provocation) send(t *testing.T, broken bool) outcome {
	h, r := p.prepare(t, broken)
	return serve(t, r, h)
}

func (p provocation) prepare(t *testing.T, broken bool) (*Handler, *http.Request) {
	h := newHandler(t, func(h *Handler) {
		if p.config != nil {
			p.config(h)
		}
		if broken && p.handler != nil {
			p.handler(h)
		}
	})
	r := get(goodToken(t))
	if broken && p.token != nil {
		r = get(p.token(t))
	}
	if broken && p.request != nil {
		p.request(r)
	}
	if broken && p.ctx != nil {
		r = r.WithContext(p.ctx())
	}
	return h, r
}

// checkAnswer holds an answer against the design's table, field by field.
func checkAnswer(t *testing.T, response *http.Response, body, reason string) {
	t.Helper()
	want := designTable[reason]
	if response.StatusCode != want.status {
		t.Errorf("status %d, want %d", response.StatusCode, want.status)
	}
	wantHeader := map[string]string{
		"Www-Authenticate": want.challenge, "Retry-After": want.retryAfter, "Content-Type": "application/problem+json",
	}
	for field, value := range wantHeader {
		if got := strings.Join(response.Header[field], "|"); got != value {
			t.Errorf("%s: %q, want %q", field, got, value)
		}
	}
	for field := range response.Header {
		if _, known := wantHeader[field]; !known && field != "Connection" {
			t.Errorf("the answer has a field %s", field)
		}
	}
	if body != problems[want.status] {
		t.Errorf("body %q, want %q", body, problems[want.status])
	}
}

// Every reason stands in the design's table, and has a row here or is told why
// it cannot have one.
func TestEveryReasonHasARow(t *testing.T) {
	provoked := map[string]bool{
		"overloaded":          true, // TestOverloaded: no request can hold a signature check up
		"untrusted_proxy":     true, // TestAuthorizeBelievesTrustedProxiesAlone: it is about another handler
		"signing_unavailable": true, // TestSigningUnavailable: the storage has to fail after loading
	}
	for _, p := range provocations {
		provoked[p.reason] = true
	}
	reasons := []string{missingToken, malformedRequest, upgradeRefused, unsafeHeaderValue, internalError, assertionFailed, signingUnavailable, untrustedProxy}
	for _, r := range verifier.Reasons() {
		reasons = append(reasons, string(r))
	}
	for _, r := range []celpolicy.Reason{
		celpolicy.ReasonRequirementFailed, celpolicy.ReasonPolicyDenied,
		celpolicy.ReasonPolicyError, celpolicy.ReasonUnsafePath,
	} {
		reasons = append(reasons, string(r))
	}
	if len(reasons) != len(designTable) || len(reasons) != len(answers) {
		t.Errorf("%d reasons, %d in the design's table, %d in the code's", len(reasons), len(designTable), len(answers))
	}
	for _, reason := range reasons {
		if _, ok := designTable[reason]; !ok {
			t.Errorf("%s is not in the design's table", reason)
		}
		if _, ok := answers[reason]; !ok {
			t.Errorf("%s is not in the code's table", reason)
		}
		if !provoked[reason] {
			t.Errorf("no row provokes %s", reason)
		}
	}
}

func TestOverloaded(t *testing.T) {
	w := httptest.NewRecorder()
	refused := ofVerifier(&verifier.Error{Reason: verifier.Overloaded, RetryAfter: time.Second})
	if err := newHandler(t, nil).respond(w, get(""), refused); err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, w.Result(), w.Body.String(), "overloaded")
}
