package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// newAuthorize answers about requests that X-Original-* describe.
func newAuthorize(t testing.TB, change func(*Authorize)) *Authorize {
	t.Helper()
	a := goodAuthorize(t)
	if change != nil {
		change(a)
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	if err := a.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func goodAuthorize(t testing.TB) *Authorize {
	return &Authorize{
		Handler: &Handler{
			Issuers:   []Issuer{{URL: issuerOf(t, ordersAccount), Accounts: []string{ordersAccount}}},
			Audiences: []string{audience}, now: clock,
			Allow: []Rule{{Expression: `request.method == "GET" && request.host == "orders.example" && request.path == "/orders" && request.remote_ip == "192.0.2.7"`}},
		},
		Original: &Original{Method: "X-Original-Method", Host: "X-Original-Host", URI: "X-Original-Uri", ClientIP: "X-Original-Ip"},
	}
}

// question is what a proxy asks about a request that passes.
func question(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://gateway.example/auth", nil)
	for field, value := range map[string]string{
		"X-Original-Method": "GET", "X-Original-Host": "orders.example", "X-Original-Uri": "/orders?id=1", "X-Original-Ip": "192.0.2.7",
	} {
		r.Header.Set(field, value)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// answerTo is the answer to a question of a proxy that the server trusts, or not.
func answerTo(t testing.TB, a *Authorize, r *http.Request, trusted bool, server *caddyhttp.Server) (*http.Response, *http.Request, error) {
	t.Helper()
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, server)
	caddyhttp.SetVar(r.Context(), caddyhttp.TrustedProxyVarKey, trusted)
	err := a.ServeHTTP(w, r, nothing)
	return w.Result(), r, err
}

func TestAuthorize(t *testing.T) {
	a := newAuthorize(t, func(a *Authorize) { asserting(a.Handler, "") })
	r := question(goodToken(t))
	r.Header.Set("X-Aws-Token-Org-Id", "forged")
	answer, sent, err := answerTo(t, a, r, true, new(caddyhttp.Server))
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %v", answer.StatusCode, answer.Header, err)
	}
	for field, value := range map[string]string{"X-Aws-Token-Sub": ordersARN, "X-Aws-Token-Account-Id": ordersAccount, "X-Aws-Token-Org-Id": "o-devsts0001"} {
		if got := answer.Header.Get(field); got != value {
			t.Errorf("%s: %q", field, got)
		}
	}
	if _, said := asserted(t, answer.Header.Get("X-Aws-Token-Assertion")); said["sub"] != ordersARN {
		t.Errorf("%v", said)
	}
	for field := range sent.Header {
		if field == "Authorization" || strings.HasPrefix(field, "X-Aws-Token-") {
			t.Errorf("%s is left in the question", field)
		}
	}
}

// Each question differs from the good one in one thing.
func TestAuthorizeRefuses(t *testing.T) {
	set := func(field, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(field, value) }
	}
	for what, tt := range map[string]struct {
		change func(*http.Request)
		reason string
	}{
		"the control":         {func(*http.Request) {}, ""},
		"another method":      {set("X-Original-Method", "POST"), "policy_denied"},
		"another host":        {set("X-Original-Host", "admin.example"), "policy_denied"},
		"another path":        {set("X-Original-Uri", "/admin"), "policy_denied"},
		"a path with dots":    {set("X-Original-Uri", "/orders/../admin"), "unsafe_path"},
		"an encoded slash":    {set("X-Original-Uri", "/orders%2f..%2fadmin"), "unsafe_path"},
		"another client":      {set("X-Original-Ip", "192.0.2.8"), "policy_denied"},
		"CONNECT":             {set("X-Original-Method", "CONNECT"), "upgrade_refused"},
		"no token":            {func(r *http.Request) { r.Header.Del("Authorization") }, "missing_token"},
		"a bad token":         {set("Authorization", "Bearer x"), "malformed_token"},
		"no method":           {func(r *http.Request) { r.Header.Del("X-Original-Method") }, "malformed_request"},
		"two hosts":           {func(r *http.Request) { r.Header.Add("X-Original-Host", "orders.example") }, "malformed_request"},
		"an empty host":       {set("X-Original-Host", ""), "malformed_request"},
		"a list of hosts":     {set("X-Original-Host", "orders.example, admin.example"), "malformed_request"},
		"hosts without space": {set("X-Original-Host", "orders.example,admin.example"), "malformed_request"},
		"no path":             {set("X-Original-Uri", "orders"), "malformed_request"},
		"a URL":               {set("X-Original-Uri", "http://orders.example/orders"), "malformed_request"},
		"a path of two parts": {set("X-Original-Uri", "//orders.example/orders"), "unsafe_path"},
		"no address":          {set("X-Original-Ip", "localhost"), "malformed_request"},
		"two addresses":       {set("X-Original-Ip", "192.0.2.7, 192.0.2.8"), "malformed_request"},
		"no method at all":    {set("X-Original-Method", "GET /"), "malformed_request"},
		"a fragment":          {set("X-Original-Uri", "/orders#?id=1"), "malformed_request"},
		"a space":             {set("X-Original-Uri", "/orders ?id=1"), "malformed_request"},
	} {
		r := question(goodToken(t))
		tt.change(r)
		answer, sent, err := answerTo(t, newAuthorize(t, nil), r, true, new(caddyhttp.Server))
		reason := caddyReason(sent)
		if err != nil || reason != tt.reason || (answer.StatusCode == http.StatusOK) != (tt.reason == "") {
			t.Errorf("%s: %d, %q, %v", what, answer.StatusCode, reason, err)
		}
		if tt.reason != "" && answer.Header.Get("X-Aws-Token-Sub") != "" {
			t.Errorf("%s: the answer has an identity", what)
		}
		if got, want := answer.StatusCode, designTable[tt.reason].status; tt.reason != "" && got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
}

// A hint names the header and what it should hold, and not what it holds, which may
// be a secret.
func TestHintsOfQuestionsHoldNoValues(t *testing.T) {
	for field, hint := range map[string]string{
		"X-Original-Method": "such as GET", "X-Original-Host": "such as orders.example.com",
		"X-Original-Uri": "such as /orders?id=1", "X-Original-Ip": "such as 192.0.2.7",
	} {
		r := question("")
		r.Header.Set(field, "a b?code=secret")
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), httptest.NewRecorder(), new(caddyhttp.Server))
		caddyhttp.SetVar(r.Context(), caddyhttp.TrustedProxyVarKey, true)
		refused := goodAuthorize(t).Original.put(r)
		if refused == nil || strings.Contains(refused.hint, "secret") || !strings.Contains(refused.hint, field) || !strings.Contains(refused.hint, hint) {
			t.Errorf("%s: %+v", field, refused)
		}
	}
}

func caddyReason(r *http.Request) string {
	return replacerOf(r).ReplaceAll("{aws_jwt.reason}", "")
}

// Nobody else says what a question is about.
func TestAuthorizeBelievesTrustedProxiesAlone(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		answer, sent, err := answerTo(t, newAuthorize(t, nil), question(goodToken(t)), trusted, new(caddyhttp.Server))
		if err != nil || (answer.StatusCode == http.StatusOK) != trusted || (caddyReason(sent) == "untrusted_proxy") == trusted {
			t.Errorf("trusted %v: %d, %s", trusted, answer.StatusCode, caddyReason(sent))
		}
	}
	// Where no header is named none is read.
	a := newAuthorize(t, func(a *Authorize) {
		a.Original, a.Handler.Allow = nil, []Rule{{Expression: `request.path == "/auth" && request.host == "gateway.example"`}}
	})
	if answer, sent, _ := answerTo(t, a, question(goodToken(t)), false, new(caddyhttp.Server)); answer.StatusCode != http.StatusOK {
		t.Errorf("%d, %s", answer.StatusCode, caddyReason(sent))
	}
}

func TestQuestionsAreTold(t *testing.T) {
	for reason, token := range map[string]string{"": goodToken(t), "malformed_token": "x"} {
		result := "allowed"
		if reason != "" {
			result = "refused"
		}
		a := newAuthorize(t, nil)
		telling(t, a.Handler, result, reason, func() {
			_, _, _ = answerTo(t, a, question(token), true, new(caddyhttp.Server))
		})
	}
}

// telling checks that a handler counts one request, and logs it. It returns by how
// much each series has risen.
func telling(t *testing.T, h *Handler, result, reason string, request func()) map[string]float64 {
	t.Helper()
	core, entries := observer.New(zap.DebugLevel)
	h.logger = zap.New(core)
	before := gathered(t)
	request()
	risen := gathered(t)
	for series := range risen {
		risen[series] -= before[series]
	}
	if n := risen[fmt.Sprintf("caddy_aws_jwt_requests_total{reason=%q,result=%q}", reason, result)]; n != 1 {
		t.Errorf("%s %s: %v are counted", result, reason, n)
	}
	if logged := entries.FilterMessage(result).All(); len(logged) != 1 || reason != "" && logged[0].ContextMap()["reason"] != reason {
		t.Errorf("%s %s: logged %v", result, reason, entries.All())
	}
	return risen
}

// The lists of an operator's tools have handlers in blocks of other directives.
func TestHandlersOfOtherDirectivesAreListed(t *testing.T) {
	asks, trades, publishes := &Authorize{Handler: new(Handler)}, &Publisher{Exchange: &Exchange{Handler: new(Handler)}}, new(Publisher)
	server := &caddyhttp.Server{Listen: []string{":80"}, Routes: caddyhttp.RouteList{{Handlers: []caddyhttp.MiddlewareHandler{asks, trades, publishes}}}}
	want := []rehearsedHandler{{asks.Handler, ":80"}, {trades.Exchange.Handler, ":80 (token exchange)"}}
	if got := handlersOf(server); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// An assertion is for the proxy: a client that asks for itself would send it to the
// upstream with another request than the one it asked about.
func TestAuthorizeGivesAssertionsToTrustedProxiesAlone(t *testing.T) {
	for _, asserts := range []bool{true, false} {
		for _, trusted := range []bool{true, false} {
			a := newAuthorize(t, func(a *Authorize) {
				a.Original, a.Handler.Allow = nil, nil
				if asserts {
					asserting(a.Handler, "")
				}
			})
			answer, _, _ := answerTo(t, a, question(goodToken(t)), trusted, new(caddyhttp.Server))
			if passes := trusted || !asserts; (answer.StatusCode == http.StatusOK) != passes || (answer.Header.Get("X-Aws-Token-Assertion") != "") != (passes && asserts) {
				t.Errorf("asserts %v, trusted %v: %d %v", asserts, trusted, answer.StatusCode, answer.Header)
			}
		}
	}
}

// What the log says of a target that cannot be read has not its query.
func TestAuthorizeShowsNoQuery(t *testing.T) {
	for _, target := range []string{"http://orders.example/orders?key=secret", "/orders%zz?key=secret"} {
		r := question("")
		r.Header.Set("X-Original-Uri", target)
		refused := newAuthorize(t, nil).Original.put(r)
		if refused == nil || strings.Contains(refused.hint, "secret") {
			t.Errorf("%s: %+v", target, refused)
		}
	}
}

// Error routes see the question without its credential.
func TestAuthorizeWithErrorRoutes(t *testing.T) {
	for _, token := range []string{"x", ""} {
		r := question(token)
		if token == "" {
			r.Header["authorization"] = []string{"Bearer " + goodToken(t), "Bearer x"}
		}
		_, sent, err := answerTo(t, newAuthorize(t, nil), r, true, withErrorRoutes())
		var failed caddyhttp.HandlerError
		if !errors.As(err, &failed) || failed.StatusCode < 400 {
			t.Errorf("%v", err)
		}
		for field := range sent.Header {
			if strings.EqualFold(field, "authorization") {
				t.Errorf("%s is left", field)
			}
		}
	}
}

// An address that nobody names is a guess, and no fault where no rule reads it.
func TestAuthorizeThatGuessesTheClient(t *testing.T) {
	for _, tt := range []struct {
		field, rule string
		warns       bool
	}{
		{"", `request.remote_ip == "192.0.2.7"`, true},
		{"X-Real-Ip", `request.remote_ip == "192.0.2.7"`, false},
		{"", `request.method == "GET"`, false},
	} {
		a := newAuthorize(t, func(a *Authorize) {
			a.Original.ClientIP, a.Handler.Allow = tt.field, []Rule{{Expression: tt.rule}}
		})
		if slices.Contains(a.Handler.warnings, guessedClient) != tt.warns {
			t.Errorf("%+v: %q", tt, a.Handler.warnings)
		}
	}
}

// Where no rule reads what is missing, or a proxy asks with the request's own method,
// host and path, they need no headers.
func TestAuthorizeWithFewerHeaders(t *testing.T) {
	for _, change := range []func(*Authorize){
		func(a *Authorize) {
			a.Original.Method = ""
			a.Handler.Allow = []Rule{{Expression: `request.host == "orders.example" && request.path == "/orders"`}}
		},
		func(a *Authorize) { a.Original.Method, a.Original.Host, a.Original.URI = "", "", "" },
	} {
		newAuthorize(t, change)
	}
}

func TestBadAuthorize(t *testing.T) {
	for fault, change := range map[string]func(*Authorize){
		"":                                      func(*Authorize) {},
		"aws_jwt: it is missing":                func(a *Authorize) { a.Handler = nil },
		"original: it names no header":          func(a *Authorize) { a.Original = new(Original) },
		"original.host: \"Host\" is a field":    func(a *Authorize) { a.Original.Host = "Host" },
		"original.uri: \"a b\" is not the name": func(a *Authorize) { a.Original.URI = "a b" },
		"original.method: it is missing, and":   func(a *Authorize) { a.Original.Method = "" },
		"original.host: it is missing, and":     func(a *Authorize) { a.Original.Host = "" },
		"original.uri: it is missing, and":      func(a *Authorize) { a.Original.URI = "" },
		"aws_jwt.forward_token: it is about":    func(a *Authorize) { a.Handler.ForwardToken = true },
		"aws_jwt.allow_upgrade: it is about":    func(a *Authorize) { a.Handler.AllowUpgrade = []string{"websocket"} },
		"aws_jwt.max_stream: it is about":       func(a *Authorize) { a.Handler.MaxStream = new(caddy.Duration(1)) },
		"aws_jwt.firewall_only: it is about":    func(a *Authorize) { a.Handler.FirewallOnly = true },
		"issuers[0].audiences: an audience is":  func(a *Authorize) { a.Handler.Audiences = nil },
	} {
		a := goodAuthorize(t)
		change(a)
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		err := a.Provision(ctx)
		if cleaning := a.Cleanup(); cleaning != nil {
			t.Error(cleaning)
		}
		cancel()
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%q: %v", fault, err)
		}
	}
}
