package console

import (
	"slices"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// shape is the checks' states, and the one that decided.
func shape(checks []walk.Check) (passed, notAsked int, decisive string) {
	for _, c := range checks {
		switch {
		case c.Decisive:
			decisive = c.Name + " " + string(c.State)
		case c.State == walk.Passed:
			passed++
		case c.State == walk.NotAsked:
			notAsked++
		}
	}
	return passed, notAsked, decisive
}

func TestEveryReasonOfTheVerifierHasItsCheck(t *testing.T) {
	for _, reason := range verifier.Reasons() {
		passed, notAsked, decisive := shape(RefusedSteps(string(reason), "hint", ""))
		if decisive == "" || passed+notAsked+1 < len(tokenSteps)-1 {
			t.Errorf("%s: decided by %q, %d passed, %d not reached", reason, decisive, passed, notAsked)
		}
	}
	if at := len(failedAt); at != len(verifier.Reasons()) {
		t.Errorf("%d reasons have a check, there are %d", at, len(verifier.Reasons()))
	}
}

func TestWhereARefusalStopped(t *testing.T) {
	for _, row := range []struct {
		reason, hint, kid string
		passed            int
		decisive          string
	}{
		{"malformed_token", "header: kid is missing or not a string", "", 0, "form failed"},
		{"malformed_token", "payload: it is not base64url", "", 0, "form failed"},
		{"malformed_token", "payload: it is not JSON", "k1", 1, "payload failed"},
		{"invalid_claims", "reading claim iss: it is missing", "k1", 1, "payload failed"},
		{"invalid_claims", "reading claim sub: it is missing", "k1", 8, "claims failed"},
		{"algorithm_not_allowed", `algorithm "HS256" is not one of [RS256 ES384]`, "", 0, "form failed"},
		{"algorithm_not_allowed", "algorithm RS256 is not one of [ES384]", "k1", 3, "algorithm failed"},
		{"unknown_issuer", "issuer", "k1", 2, "issuer failed"},
		{"expired", "the token ended", "k1", 4, "expiry failed"},
		{"keys_unavailable", "", "k1", 6, "key could_not"},
		{"overloaded", "", "k1", 7, "signature could_not"},
		{"account_mismatch", "account 1 is not one of", "k1", 11, "account failed"},
		{"account_mismatch", "sub is of account 1, aws_account is 2", "k1", 12, "subject failed"},
		{"missing_token", "the request has no bearer token", "", 0, "missing_token failed"},
	} {
		checks := RefusedSteps(row.reason, row.hint, row.kid)
		if passed, _, decisive := shape(checks); passed != row.passed || decisive != row.decisive {
			t.Errorf("%s, %s: %d passed, decided by %s; want %d, %s", row.reason, row.hint, passed, decisive, row.passed, row.decisive)
		}
	}
	if slices.ContainsFunc(VerifiedSteps(), func(c walk.Check) bool { return c.State != walk.Passed }) {
		t.Errorf("a verified token: %+v", VerifiedSteps())
	}
}
