package caddymodule

import (
	"maps"
	"net/http"
	"testing"
)

// Before a token is verified the attributes are empty; afterwards they are
// there, for error routes too.
func TestPlaceholders(t *testing.T) {
	identity := map[string]string{
		"{aws_token.account.id}": ordersAccount, "{aws_token.sub}": ordersARN,
		"{aws_token.principal_tags.team}": "orders", "{http.auth.user.id}": ordersARN,
		"{aws_jwt.reason}": "", "{aws_jwt.rule}": "",
	}
	with := func(reason, rule string) map[string]string {
		m := maps.Clone(identity)
		m["{aws_jwt.reason}"], m["{aws_jwt.rule}"] = reason, rule
		return m
	}
	nobody := func(reason string) map[string]string { return map[string]string{"{aws_jwt.reason}": reason} }
	wrong := tokenWith(t, func(c claims) { c.top["aud"] = "https://other.example" })
	allowed := func(h *Handler) { h.Allow = []Rule{{Name: "a", Expression: "false"}, {Expression: "true"}} }
	for _, tt := range []struct {
		name   string
		token  string
		change func(*Handler)
		want   map[string]string
	}{
		{"passed", goodToken(t), nil, identity},
		{"passed by a rule", goodToken(t), allowed, with("", "allow[1]")},
		{"denied by a rule", goodToken(t), denyAll, with("policy_denied", "all")},
		{"denied by a requirement", goodToken(t), func(h *Handler) { h.Accounts = []string{strangerAccount} }, with("requirement_failed", "account")},
		{"no token", "", nil, nobody("missing_token")},
		{"a token that is not verified", wrong, nil, nobody("wrong_audience")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(tt.token), newHandler(t, tt.change))
			for _, placeholder := range asked {
				if text := got.repl.ReplaceAll(placeholder, ""); text != tt.want[placeholder] {
					t.Errorf("afterwards %s is %q, want %q", placeholder, text, tt.want[placeholder])
				}
				if got.passed() && got.answers[placeholder] != tt.want[placeholder] {
					t.Errorf("for the upstream %s is %q, want %q", placeholder, got.answers[placeholder], tt.want[placeholder])
				}
			}
		})
	}
}

// What is not ours, and what the table lacks, is left to others.
func TestPlaceholdersOfOthers(t *testing.T) {
	got := serve(t, get(""), newHandler(t, nil))
	for _, placeholder := range []string{"{aws_token.nope}", "{aws_token}", "{aws_token.}", "{aws_jwt.token}", "{aws_jwt}", "{http.auth.user.id}"} {
		if text := got.repl.ReplaceKnown(placeholder, "empty"); text != placeholder {
			t.Errorf("%s became %q", placeholder, text)
		}
	}
	if text := got.repl.ReplaceKnown("{aws_token.sub}", ""); text != "" {
		t.Errorf("{aws_token.sub} became %q", text)
	}
}

// No placeholder reaches the credential.
func TestNoPlaceholderShowsTheToken(t *testing.T) {
	token := goodToken(t)
	got := serve(t, get(token), newHandler(t, nil))
	for _, placeholder := range []string{"{http.request.header.Authorization}", "{http.request.header.authorization}"} {
		if text := got.repl.ReplaceAll(placeholder, ""); text != "" {
			t.Errorf("%s is %q", placeholder, text)
		}
	}
}

// The text of a claim is never taken for a template: not in a header, not in a
// placeholder.
func TestClaimsAreNotExpanded(t *testing.T) {
	t.Setenv("AWSJWT_CANARY", "expanded")
	const team, role = "{env.AWSJWT_CANARY}", "{http.request.method} {aws_token.sub} \\{x\\}"
	token := tokenWith(t, func(c claims) { c.aws["principal_tags"] = map[string]any{"team": team, "a.b": role} })
	got := serve(t, get(token), newHandler(t, func(h *Handler) {
		noDefaults(h)
		h.Headers = []Header{
			{"X-Team", "{aws_token.principal_tags.team}"},
			{"X-Role", "<{aws_token.principal_tags.a.b}>"},
			{"X-Control", "{env.AWSJWT_CANARY}"},
		}
	}))
	checkHeader(t, got.upstreamSaw(t), http.Header{
		"X-Team": {team}, "X-Role": {"<" + role + ">"}, "X-Control": {"expanded"},
	})
	for placeholder, want := range map[string]string{
		"{aws_token.principal_tags.team}": team, "{aws_token.principal_tags.a.b}": role,
	} {
		if text := got.repl.ReplaceAll(placeholder, ""); text != want {
			t.Errorf("%s is %q, want %q", placeholder, text, want)
		}
	}
}
