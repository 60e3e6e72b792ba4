package gateway

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// What the upstream sees of a request that passes.
func TestPass(t *testing.T) {
	w := newWorld(t, plain)
	seen := w.passes("", bearer(mint(t, nil)))
	want(t, seen, "X-Aws-Token-Account-Id", accountID)
	want(t, seen, "X-Aws-Token-Sub", roleARN)
	want(t, seen, "X-Aws-Token-Org-Id", "o-devsts0001")
	want(t, seen, "X-Aws-Token-Source-Region", "us-east-1")
	want(t, seen, "X-Team", "orders")
	want(t, seen, "Authorization", "")
	if len(seen.Get("X-Aws-Token-Jti")) != 1 {
		t.Errorf("jti %q", seen.Get("X-Aws-Token-Jti"))
	}
	decision := w.decision(0)
	if decision.Message != "allowed" || decision.Level != "debug" || decision.Field("sub") != roleARN || decision.Field("kid") == nil {
		t.Errorf("logged %+v", decision)
	}
	// The claims that a token need not have.
	seen = w.passes("", bearer(mint(t, func(_, _, aws map[string]any) { delete(aws, "org_id"); delete(aws, "principal_tags") })))
	want(t, seen, "X-Aws-Token-Org-Id", "")
	want(t, seen, "X-Team", "")
}

// Each token changes one property of the good one, which passes beside it. The
// log line says what to change.
func TestRefusedTokens(t *testing.T) {
	w := newWorld(t, plain)
	good := mint(t, nil)
	claim := func(name string, value any) string {
		return mint(t, func(_, claims, _ map[string]any) { claims[name] = value })
	}
	header := func(name string, value any) string {
		return mint(t, func(header, _, _ map[string]any) { header[name] = value })
	}
	aws := func(name string, value any) string {
		return mint(t, func(_, _, aws map[string]any) { aws[name] = value })
	}
	stranger, err := issuers().GoodClaims("stranger", audience)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := issuers().Mint("999988887777", nil, stranger)
	if err != nil {
		t.Fatal(err)
	}
	// The stranger's key under our issuer's name: the same kid, another key.
	borrowed := maps.Clone(stranger)
	borrowed["iss"] = issuerURL(t, accountID)
	crossed, err := issuers().Mint("999988887777", nil, borrowed)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"EC384_0","typ":"JWT"}`))
	for _, tt := range []struct{ name, token, reason, hint string }{
		{"another account's issuer", foreign, "unknown_issuer", "is not trusted here"},
		{"another account's key", crossed, "bad_signature", "does not fit the issuer's key"},
		{"signature of another token", parts[0] + "." + parts[1] + "." + strings.Split(claim("jti", "x"), ".")[2], "bad_signature", "does not fit"},
		{"alg RS512", header("alg", "RS512"), "algorithm_not_allowed", `algorithm "RS512" is not one of [RS256 ES384]`},
		{"alg none", none + "." + parts[1] + "." + parts[2], "algorithm_not_allowed", `algorithm "none" is not one of [RS256 ES384]`},
		{"unknown kid", header("kid", "EC384_9"), "unknown_key", `the issuer has no key "EC384_9"`},
		{"jku", header("jku", "https://evil.example"), "malformed_token", `"jku" is not accepted`},
		{"audience", claim("aud", "demo"), "wrong_audience", `audience "demo" is not one of [orders.internal]`},
		{"exp", claim("exp", 1), "expired", "the token ended"},
		{"exp as a string", claim("exp", "9999999999"), "invalid_claims", "claim exp"},
		{"iat", claim("iat", 4102444800), "invalid_claims", "not later than iat"},
		{"nbf", claim("nbf", 4102444800), "not_yet_valid", "nbf lies"},
		{"lifetime", claim("exp", 4102444800), "lifetime_too_long", "at most 1h0m0s"},
		{"account", aws("aws_account", "444455556666"), "account_mismatch", "account 444455556666 is not one of [111122223333]"},
		{"account as a number", aws("aws_account", 111122223333), "invalid_claims", "aws_account"},
		{"sub's account", claim("sub", "arn:aws:iam::444455556666:role/x"), "account_mismatch", "sub is of account 444455556666"},
		{"no JWT", "abc", "malformed_token", "1 parts"},
		{"too large", good + strings.Repeat("A", 16<<10), "too_large", "at most 16384"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			response, body, decision := w.refuses(http.StatusUnauthorized, tt.reason, bearer(tt.token))
			if challenge := response.Header.Get("WWW-Authenticate"); challenge != `Bearer realm="aws", error="invalid_token"` {
				t.Errorf("challenge %s", challenge)
			}
			if body != `{"type":"about:blank","title":"Unauthorized","status":401}`+"\n" || response.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("body %s of type %s", body, response.Header.Get("Content-Type"))
			}
			if !strings.Contains(decision.Hint, tt.hint) {
				t.Errorf("hint %q, want %q in it", decision.Hint, tt.hint)
			}
			if decision.Field("sub") != nil || decision.Field("account") != nil {
				t.Error("what was not verified is logged as if it were")
			}
			w.passes("", bearer(good))
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	w := newWorld(t, plain)
	good := mint(t, nil)
	for _, tt := range []struct {
		name      string
		lines     []string
		status    int
		reason    string
		challenge string
	}{
		{"nothing", nil, 401, "missing_token", `Bearer realm="aws"`},
		{"Basic", []string{"Authorization: Basic YTpi"}, 401, "missing_token", `Bearer realm="aws"`},
		{"a query token", []string{"GET /?access_token=" + good + " HTTP/1.1"}, 401, "missing_token", `Bearer realm="aws"`},
		{"two fields", []string{bearer(good), bearer(good)}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"Basic beside Bearer", []string{"Authorization: Basic YTpi", bearer(good)}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"two in one field", []string{bearer(good) + ", Bearer " + good}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"two spaces", []string{"Authorization: Bearer  " + good}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"a tab", []string{"Authorization: Bearer\t" + good}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"an empty field", []string{"Authorization:"}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"no token", []string{"Authorization: Bearer"}, 400, "malformed_request", `Bearer realm="aws", error="invalid_request"`},
		{"OPTIONS", []string{"OPTIONS /orders HTTP/1.1"}, 401, "missing_token", `Bearer realm="aws"`},
		{"TRACE", []string{"TRACE /orders HTTP/1.1"}, 401, "missing_token", `Bearer realm="aws"`},
		{"an upgrade without a token", []string{"Connection: Upgrade", "Upgrade: websocket"}, 401, "missing_token", `Bearer realm="aws"`},
		{"an upgrade to h2c", []string{bearer(good), "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"}, 403, "upgrade_refused", ""},
		{"an upgrade to websocket", []string{bearer(good), "Connection: keep-alive, Upgrade", "Upgrade: websocket"}, 403, "upgrade_refused", ""},
		{"an upgrade that Connection does not name", []string{bearer(good), "Upgrade: websocket"}, 403, "upgrade_refused", ""},
		{"CONNECT", []string{"CONNECT " + w.gateway.Address + " HTTP/1.1", bearer(good)}, 403, "upgrade_refused", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			response, _, _ := w.refuses(tt.status, tt.reason, tt.lines...)
			if challenge := response.Header.Get("WWW-Authenticate"); challenge != tt.challenge {
				t.Errorf("challenge %s, want %s", challenge, tt.challenge)
			}
		})
	}
	for name, lines := range map[string][]string{
		"control":       {bearer(good)},
		"bearer":        {"Authorization: bearer " + good},
		"BEARER":        {"authorization: BEARER " + good},
		"OPTIONS":       {"OPTIONS /orders HTTP/1.1", bearer(good)},
		"a query token": {"GET /?access_token=x HTTP/1.1", bearer(good)},
	} {
		t.Run("passes: "+name, func(t *testing.T) { w.t = t; w.passes("", lines...) })
	}
}

func TestHEADHasNoBody(t *testing.T) {
	w := newWorld(t, plain)
	response, err := http.Head("http://" + w.gateway.Address + "/orders")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized || len(w.upstream.Seen()) != 0 {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestKeysUnavailable(t *testing.T) {
	closed := "http://127.0.0.1:1/none"
	w := newWorld(t, strings.Replace(plain, "ISSUER", closed, 1))
	token := mint(t, func(_, claims, _ map[string]any) { claims["iss"] = closed })
	response, body, decision := w.refuses(http.StatusServiceUnavailable, "keys_unavailable", bearer(token))
	if response.Header.Get("WWW-Authenticate") != "" || response.Header.Get("Retry-After") == "" || response.Header.Get("Retry-After") == "0" {
		t.Errorf("headers %v", response.Header)
	}
	if body != `{"type":"about:blank","title":"Service Unavailable","status":503}`+"\n" || decision.Level != "warn" {
		t.Errorf("body %s, level %s", body, decision.Level)
	}
}
