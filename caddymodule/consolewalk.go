package caddymodule

import (
	"context"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// Walk implements [console.Source]. No token that was refused before the policy is
// kept, so what it came through follows from the reason. Of what the policy
// refused, the attributes are kept for a while, and the policy is asked again.
func (s consoleSource) Walk(ctx context.Context, id uint64) (*console.Answer, error) {
	e, ok := decisions.Entry(id)
	if !ok {
		return nil, console.ErrForgotten
	}
	part := &walk.Handler{
		Where: e.Handler, Outcome: outcomeOf(&e), Reason: e.Reason, Rule: e.Rule, Status: e.Status, Hint: e.Hint,
		Verified: !e.Unverified && e.Issuer != "", Claimed: e.AccountID,
	}
	answer := &console.Answer{Decision: &e, Signature: console.SignatureDoubtful}
	switch {
	case !part.Verified:
		part.Checks = console.RefusedSteps(e.Reason, e.Hint, e.KeyID)
	default:
		answer.Signature = console.SignatureFits
		part.Checks = console.VerifiedSteps()
		answer.Notes = walkPolicy(ctx, part, &e)
	}
	if e.Issuer == "" && e.KeyID == "" {
		answer.Signature = "" // there was no token, or nothing of it could be read
	}
	answer.Walk = walkOf(part)
	hideTokens(answer.Walk)
	return answer, nil
}

func outcomeOf(e *ledger.Entry) walk.Outcome {
	switch {
	case e.Result == ledger.Audited:
		return walk.Audited
	case e.Status >= 500:
		return walk.Unknown
	}
	return walk.Refused
}

// walkOf is the walk of one handler alone.
func walkOf(part *walk.Handler) *walk.Walk {
	return &walk.Walk{
		Outcome: part.Outcome, Reason: part.Reason, Rule: part.Rule, Status: part.Status, Hint: part.Hint, Remedy: part.Remedy,
		Handlers: []*walk.Handler{part},
	}
}

// walkPolicy adds what the policy asks of the token of an entry, and returns what
// is to be noted: what is shown is the policy that is in force now.
func walkPolicy(ctx context.Context, part *walk.Handler, e *ledger.Entry) (notes []string) {
	defer decide(part)
	h := runningAt(e.Handler)
	switch {
	case e.Token == nil:
		return []string{"The attributes of this token are no longer kept: the policy cannot be asked again."}
	case h == nil:
		return []string{"The configuration that runs has no handler at this place: the policy cannot be asked again."}
	}
	explanation := h.policy.Explain(ctx, e.Token, e.Request)
	part.Checks = append(part.Checks, policyChecks(explanation)...)
	part.Shadow = shadowOf(explanation.Decision.Shadow)
	if byPolicy(e.Reason) && (string(explanation.Decision.Reason) != e.Reason || explanation.Decision.Rule != e.Rule) {
		now := "lets it pass"
		if !explanation.Decision.Allowed {
			now = "refuses it: " + string(explanation.Decision.Reason)
			if explanation.Decision.Rule != "" {
				now += ", rule " + explanation.Decision.Rule
			}
		}
		notes = append(notes, "The policy has changed since. The one that is in force now "+now+".")
	}
	return notes
}

// byPolicy reports whether a reason is one that a policy refuses for.
func byPolicy(reason string) bool {
	switch celpolicy.Reason(reason) {
	case celpolicy.ReasonRequirementFailed, celpolicy.ReasonPolicyDenied, celpolicy.ReasonPolicyError, celpolicy.ReasonUnsafePath:
		return true
	}
	return false
}
