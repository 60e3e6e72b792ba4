package caddymodule

import (
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
)

// Two handlers with rules of one name count each for itself; a request that is
// only asked about counts nothing.
func TestTally(t *testing.T) {
	policy := func(h *Handler) {
		h.Accounts = []string{ordersAccount}
		h.Deny = []Rule{{Name: "no", Expression: `request.method == "DELETE"`}}
		h.Allow = []Rule{{Name: "team", Expression: `aws_token.principal_tags.team == "orders"`}, {Name: "tried", Expression: `true`, Shadow: true}}
	}
	one, other := newHandler(t, policy), newHandler(t, policy)
	for range 3 {
		serve(t, get(goodToken(t)), one)
	}
	deleting := get(goodToken(t))
	deleting.Method = "DELETE"
	serve(t, deleting, one)
	serve(t, get(tokenWith(t, func(c claims) { c.aws["principal_tags"] = map[string]any{"team": "x"} })), one)
	walked := get(goodToken(t))
	serve(t, walked.WithContext(new(walking).in(walked.Context())), one)

	handlers := []rehearsedHandler{{one, "one"}, {other, "other"}}
	want := []console.RuleCount{
		{Handler: "one", Rule: "account", Effect: "require"},
		{Handler: "one", Rule: "no", Effect: "deny", Count: 1},
		{Handler: "one", Rule: "team", Effect: "allow", Count: 3},
		{Handler: "one", Rule: "tried", Effect: "allow", Shadow: true, Count: 1},
		{Handler: "other", Rule: "account", Effect: "require"},
		{Handler: "other", Rule: "no", Effect: "deny"},
		{Handler: "other", Rule: "team", Effect: "allow"},
		{Handler: "other", Rule: "tried", Effect: "allow", Shadow: true},
	}
	got := ruleCounts(handlers)
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	strange := newHandler(t, func(h *Handler) { h.Accounts = []string{strangerAccount} })
	serve(t, get(goodToken(t)), strange)
	if n := strange.tally.of("account", ""); n != 1 {
		t.Errorf("the requirement has refused %d", n)
	}
}
