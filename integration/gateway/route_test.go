package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Error routes shape the body; the token is nowhere in their sight.
func TestErrorRoutes(t *testing.T) {
	w := newWorld(t, strings.TrimSuffix(plain, "}")+`
	handle_errors {
		respond "{err.status_code} reason={aws_jwt.reason} rule={aws_jwt.rule} account={aws_token.account.id} user={http.auth.user.id} auth={http.request.header.Authorization} forged={http.request.header.X-Aws-Token-Sub}"
	}
}`)
	response, body := w.send("", bearer(mint(t, nil)+"A"), "X-Aws-Token-Sub: evil")
	if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") == "" ||
		body != "401 reason=malformed_token rule= account= user={http.auth.user.id} auth= forged=" {
		t.Errorf("status %d, challenge %q, body %q", response.StatusCode, response.Header.Get("WWW-Authenticate"), body)
	}
	long := mint(t, func(_, _, aws map[string]any) {
		aws["principal_tags"] = map[string]any{"team": strings.Repeat("x", 5<<10)}
	})
	_, body = w.send("", bearer(long))
	if body != "403 reason=unsafe_header_value rule= account="+accountID+" user="+roleARN+" auth= forged=" {
		t.Errorf("after verification the body is %q", body)
	}
	if seen := w.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
	w.passes("", bearer(mint(t, nil)))
}

// A path that is left open is no way to smuggle an identity.
func TestMatcher(t *testing.T) {
	w := newWorld(t, `
ADDRESS {
	aws_jwt /orders* {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	handle /open {
		reverse_proxy UPSTREAM
	}
	handle {
		reverse_proxy UPSTREAM
	}
}`)
	for _, field := range forged {
		seen := w.passes("", "GET /open HTTP/1.1", field+": "+evil, "Connection: X-Kept, "+field, "X-Kept: kept")
		for name, values := range seen.Header {
			if strings.Contains(strings.Join(values, ","), evil) {
				t.Errorf("%s arrived as %s on an open path", field, name)
			}
		}
	}
	w.refuses(http.StatusUnauthorized, "missing_token", "GET /orders/1 HTTP/1.1")
	want(t, w.passes("", "GET /orders/1 HTTP/1.1", bearer(mint(t, nil))), "X-Aws-Token-Sub", roleARN)
}

// The site's handler and a stricter one: both must let pass, and the last
// one's headers are what the upstream sees.
func TestNesting(t *testing.T) {
	w := newWorld(t, `
ADDRESS {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Site {aws_token.account.id}
		header X-Team {aws_token.principal_tags.team}
		forward_token
	}
	aws_jwt /admin/* {
		issuer ISSUER 111122223333
		audience orders.internal
		principal_tag role admin
		default_headers off
		header X-Team admin-{aws_token.principal_tags.team}
	}
	reverse_proxy UPSTREAM
}`)
	user := bearer(mint(t, nil))
	admin := bearer(mint(t, func(_, _, aws map[string]any) {
		aws["principal_tags"] = map[string]any{"team": "orders", "role": "admin"}
	}))
	seen := w.passes("", "GET /orders HTTP/1.1", user, "X-Site: evil")
	want(t, seen, "X-Site", accountID)
	want(t, seen, "X-Team", "orders")
	want(t, seen, "X-Aws-Token-Sub", roleARN)
	want(t, seen, "Authorization", strings.TrimPrefix(user, "Authorization: "))

	w.upstream.Seen()
	before := len(w.gateway.Decisions())
	if response, _ := w.send("", "GET /admin/x HTTP/1.1", user); response.StatusCode != http.StatusForbidden || len(w.upstream.Seen()) > 0 {
		t.Errorf("status %d", response.StatusCode)
	}
	if first := w.decision(before); first.Message != "allowed" {
		t.Errorf("the site's handler decided %+v", first)
	}
	decision := w.decision(before + 1)
	if decision.Rule != "principal_tag.role" || !strings.Contains(decision.Hint, "role") {
		t.Errorf("decided by %q: %s", decision.Rule, decision.Hint)
	}
	seen = w.passes("", "GET /admin/x HTTP/1.1", admin)
	want(t, seen, "X-Team", "admin-orders")
	want(t, seen, "X-Site", "")
	want(t, seen, "X-Aws-Token-Sub", "")
	want(t, seen, "Authorization", "")
}

// Requirements, rules and paths, each beside a request that passes.
func TestPolicy(t *testing.T) {
	w := newWorld(t, `
ADDRESS {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		account 111122223333
		org o-devsts0001
		principal_tag environment production staging
		deny no-search `+"`"+`aws_token.principal_tags.team == "search"`+"`"+`
		allow readers `+"`"+`request.method == "GET" && request.path.startsWith("/orders/")`+"`"+`
		allow writers `+"`"+`aws_token.principal_tags["job role"] == "writer"`+"`"+`
	}
	reverse_proxy UPSTREAM
}`)
	tags := func(pairs ...string) string {
		m := map[string]any{"team": "orders", "environment": "production", "job role": "none"}
		for i := 0; i < len(pairs); i += 2 {
			if m[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
				delete(m, pairs[i])
			}
		}
		return bearer(mint(t, func(_, _, aws map[string]any) { aws["principal_tags"] = m }))
	}
	for _, tt := range []struct {
		name, line, token, reason, rule, hint string
	}{
		{"good", "GET /orders/1", tags(), "", "", ""},
		{"good, path with a parameter", "GET /orders/1;v=2", tags(), "", "", ""},
		{"tag of another value", "GET /orders/1", tags("environment", "test"), "requirement_failed", "principal_tag.environment", `"test"`},
		{"tag of the second value", "GET /orders/1", tags("environment", "staging"), "", "", ""},
		{"no tag", "GET /orders/1", tags("environment", ""), "requirement_failed", "principal_tag.environment", "absent"},
		{"denied", "GET /orders/1", tags("team", "search"), "policy_denied", "no-search", "no-search"},
		{"a deny rule that errs", "GET /orders/1", tags("team", ""), "policy_error", "no-search", "no such key"},
		{"no rule allows", "POST /orders/1", tags(), "policy_denied", "", "[readers writers]"},
		{"the second rule allows", "POST /orders/1", tags("job role", "writer"), "", "", ""},
		{"an allow rule errs", "POST /orders/1", tags("job role", ""), "policy_error", "writers", "no such key"},
		{"one allow rule errs, one is true", "GET /orders/1", tags("job role", ""), "", "", ""},
		{"dot segments", "GET /orders/../admin", tags(), "unsafe_path", "", ""},
		{"encoded dot segments", "GET /orders/%2e%2e/admin", tags(), "unsafe_path", "", ""},
		{"two slashes", "GET /orders//1", tags(), "unsafe_path", "", ""},
		{"an encoded slash", "GET /orders/..%2fadmin", tags(), "unsafe_path", "", ""},
		{"a backslash", "GET /orders/%5c..%5cadmin", tags(), "unsafe_path", "", ""},
		{"NUL", "GET /orders/%00", tags(), "unsafe_path", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			if tt.reason == "" {
				seen := w.passes("", tt.line+" HTTP/1.1", tt.token)
				if seen.Line != tt.line+" HTTP/1.1" {
					t.Errorf("the upstream saw %s", seen.Line)
				}
				return
			}
			response, _, decision := w.refuses(http.StatusForbidden, tt.reason, tt.line+" HTTP/1.1", tt.token)
			challenge := `Bearer realm="aws", error="insufficient_scope"`
			if tt.reason == "unsafe_path" {
				challenge = ""
			}
			if got := response.Header.Get("WWW-Authenticate"); got != challenge {
				t.Errorf("challenge %q, want %q", got, challenge)
			}
			if decision.Rule != tt.rule || !strings.Contains(decision.Hint, tt.hint) || decision.Field("sub") != roleARN {
				t.Errorf("rule %q, hint %q, sub %v", decision.Rule, decision.Hint, decision.Field("sub"))
			}
		})
	}
}

// A new key is found with the first token that it signed.
func TestRotation(t *testing.T) {
	w := newWorld(t, plain)
	w.passes("", bearer(mint(t, nil)))
	if err := issuers().Rotate(accountID, false); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.passes("", bearer(mint(t, nil)))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
