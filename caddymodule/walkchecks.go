package caddymodule

import (
	"net/http"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

var tokenStates = map[verifier.CheckState]walk.State{
	verifier.CheckPassed: walk.Passed, verifier.CheckFailed: walk.Failed,
	verifier.CheckNotAsked: walk.NotAsked, verifier.CheckCouldNot: walk.CouldNot,
}

func tokenChecks(e *verifier.Explanation) []walk.Check {
	checks := make([]walk.Check, len(e.Checks))
	for i, c := range e.Checks {
		checks[i] = walk.Check{
			Kind: walk.Token, Name: c.Name, State: tokenStates[c.State],
			Found: c.Found, Wanted: c.Wanted, Hint: c.Hint, Reason: string(c.Reason),
		}
	}
	return checks
}

var policyKinds = map[celpolicy.CheckKind]walk.Kind{
	celpolicy.CheckPath: walk.Request, celpolicy.CheckRequirement: walk.Requirement,
	celpolicy.CheckDeny: walk.Deny, celpolicy.CheckAllow: walk.Allow,
}

func policyChecks(e *celpolicy.Explanation) []walk.Check {
	allowed := false // by a rule that is in force
	for _, c := range e.Checks {
		allowed = allowed || c.Kind == celpolicy.CheckAllow && c.Passed && !c.Shadow
	}
	checks := make([]walk.Check, len(e.Checks))
	for i, c := range e.Checks {
		checks[i] = policyCheck(c, allowed)
	}
	return checks
}

func policyCheck(c celpolicy.Check, allowed bool) walk.Check {
	check := walk.Check{
		Kind: policyKinds[c.Kind], Name: c.Name, State: walk.Passed,
		Found: c.Found, Wanted: c.Wanted, Hint: c.Hint, Rule: policyRule(c),
	}
	if c.Absent {
		check.Found = "absent"
	}
	switch {
	case c.Passed:
	case c.Shadow, c.Kind == celpolicy.CheckAllow && allowed:
		check.State = walk.NotDecided
	default:
		check.State, check.Reason = walk.Failed, string(reasonOf(c))
	}
	return check
}

// reasonOf a check is the reason of a refusal that it alone decides.
func reasonOf(c celpolicy.Check) celpolicy.Reason {
	switch {
	case c.Kind == celpolicy.CheckPath:
		return celpolicy.ReasonUnsafePath
	case c.Kind == celpolicy.CheckRequirement:
		return celpolicy.ReasonRequirementFailed
	case c.Rule.Result == celpolicy.ResultError:
		return celpolicy.ReasonPolicyError
	}
	return celpolicy.ReasonPolicyDenied
}

func policyRule(c celpolicy.Check) *walk.Rule {
	if c.Rule == nil {
		return nil
	}
	rule := &walk.Rule{
		Expression: c.Rule.Expression, Result: string(c.Rule.Result), Error: c.Rule.Error,
		Shadow: c.Shadow, Operator: c.Rule.Operator, Parts: policyParts(c.Rule.Parts),
	}
	for _, read := range c.Rule.Reads {
		rule.Reads = append(rule.Reads, walk.Reading(read))
	}
	return rule
}

func policyParts(parts []celpolicy.Part) []walk.Part {
	var list []walk.Part
	for _, p := range parts {
		list = append(list, walk.Part{
			Expression: p.Expression, Result: string(p.Result), Error: p.Error,
			Operator: p.Operator, Parts: policyParts(p.Parts),
		})
	}
	return list
}

func shadowOf(d *celpolicy.Decision) *walk.Shadow {
	if d == nil {
		return nil
	}
	outcome := walk.Refused
	if d.Allowed {
		outcome = walk.Allowed
	}
	return &walk.Shadow{Outcome: outcome, Reason: string(d.Reason), Rule: d.Rule, Hint: d.Hint}
}

// headerChecks are the headers that a handler has set.
func headerChecks(fields []string, header http.Header) []walk.Check {
	var checks []walk.Check
	for _, field := range fields {
		if value := header.Get(field); value != "" {
			checks = append(checks, walk.Check{Kind: walk.Header, Name: field, State: walk.Passed, Found: value})
		}
	}
	return checks
}

// decide marks the check that decided, and adds one for what no check was made
// for: a request without a token, an upgrade, a header that is too long. Where no
// allow rule is true, that is the nearest of them, of which the hint tells.
func decide(part *walk.Handler) {
	if part.Reason == "" {
		return
	}
	if part.Reason == string(celpolicy.ReasonPolicyDenied) && part.Rule == "" {
		if nearest := part.Nearest(); nearest != nil {
			nearest.Decisive = true
			if enforcedAllow(part) > 1 {
				part.Hint += "; " + nearest.Hint
			}
			return
		}
	}
	for i := range part.Checks {
		c := &part.Checks[i]
		if c.Reason == part.Reason && (part.Rule == "" || c.Name == part.Rule) {
			c.Decisive = true
			return
		}
	}
	kind := walk.Request
	if part.Reason == unsafeHeaderValue || part.Reason == assertionFailed || part.Reason == signingUnavailable {
		kind = walk.Header
	}
	part.Checks = append(part.Checks, walk.Check{
		Kind: kind, Name: part.Reason, State: walk.Failed, Reason: part.Reason, Hint: part.Hint, Decisive: true,
	})
}

// enforcedAllow counts the allow rules that are in force. Of an only one the
// decision's own hint tells.
func enforcedAllow(part *walk.Handler) (n int) {
	for _, c := range part.Checks {
		if c.Kind == walk.Allow && !c.Rule.Shadow {
			n++
		}
	}
	return n
}
