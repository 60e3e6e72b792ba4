package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func allowedOutcome() outcome {
	arrived := httptest.NewRequest(http.MethodGet, "/orders", nil)
	for name, value := range checks[0].want.upstream {
		if value != "" {
			arrived.Header.Set(name, value)
		}
	}
	return outcome{code: http.StatusOK, decisions: []stack.Decision{{Message: "allowed", Rule: "orders-team"}}, arrived: []*http.Request{arrived}}
}

func refusedOutcome() outcome {
	return outcome{
		code: http.StatusForbidden, challenge: []string{insufficientScope},
		decisions: []stack.Decision{{Message: "refused", Reason: "policy_denied"}},
	}
}

// TestJudge: each wrong outcome differs from an expected one in one thing.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name  string
		check check
		good  func() outcome
		spoil func(*outcome)
		want  string // "" for an outcome that is as expected
	}{
		{"allowed", checks[0], allowedOutcome, func(*outcome) {}, ""},
		{"refused", checks[1], refusedOutcome, func(*outcome) {}, ""},
		{"status", checks[1], refusedOutcome, func(o *outcome) { o.code = 401 }, "the status is 401, not 403"},
		{"challenge", checks[1], refusedOutcome, func(o *outcome) { o.challenge = []string{invalidToken} }, "WWW-Authenticate"},
		{"two challenges", checks[1], refusedOutcome, func(o *outcome) { o.challenge = []string{insufficientScope, noToken} }, "WWW-Authenticate"},
		{"a challenge", checks[0], allowedOutcome, func(o *outcome) { o.challenge = []string{noToken} }, "WWW-Authenticate"},
		{"no decision", checks[1], refusedOutcome, func(o *outcome) { o.decisions = nil }, "logged 0 decisions"},
		{"reason", checks[1], refusedOutcome, func(o *outcome) { o.decisions[0].Reason = "expired" }, "the log says refused expired"},
		{"message", checks[1], refusedOutcome, func(o *outcome) { o.decisions[0].Message = "allowed" }, "the log says allowed"},
		{"rule", checks[0], allowedOutcome, func(o *outcome) { o.decisions[0].Rule = "allow[0]" }, "allow[0]"},
		{"arrived", checks[1], refusedOutcome, func(o *outcome) { o.arrived = allowedOutcome().arrived }, "the upstream saw the request"},
		{"not arrived", checks[0], allowedOutcome, func(o *outcome) { o.arrived = nil }, "the upstream saw 0 requests"},
		{"forged", checks[0], allowedOutcome, func(o *outcome) { o.arrived[0].Header.Set("X-Aws-Token-Account-Id", forgedAccount) }, "X-Aws-Token-Account-Id"},
		{"both", checks[0], allowedOutcome, func(o *outcome) { o.arrived[0].Header.Add("X-Aws-Token-Account-Id", forgedAccount) }, "X-Aws-Token-Account-Id"},
		{"token", checks[0], allowedOutcome, func(o *outcome) { o.arrived[0].Header.Set("Authorization", "Bearer x") }, "Authorization"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.good()
			c.spoil(&got)
			faults := c.check.want.judge(got)
			if c.want == "" && len(faults) > 0 || c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.want)) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
}
