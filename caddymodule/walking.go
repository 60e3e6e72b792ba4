package caddymodule

import (
	"context"
	"net/http"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// walking is a visit that is asked about and goes to no upstream: each handler
// tells what it looks at. Only a rehearsal makes one.
type walking struct {
	offline bool
	now     time.Time // zero: the handler's clock
	result  walk.Walk

	handlers []rehearsedHandler // of the configuration, which may be nil
	first    sources            // of the handler that is asked first
}

// in returns a context in which handlers find a visit that is walked.
func (w *walking) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitKey{}, &visit{walking: w})
}

// verify asks the verifier. A visit that is walked has it explained.
func (h *Handler) verify(r *http.Request, v *visit) (*verifier.Result, error) {
	if v.walking == nil {
		return h.verifier.Verify(r.Context(), v.credential.token)
	}
	part := v.walking.part()
	e := h.verifier.Explain(r.Context(), v.credential.token, verifier.ExplainOptions{Offline: v.walking.offline, Now: v.walking.now})
	part.Verified, part.Claimed = e.Verified, e.Claimed.AccountID
	part.Checks = append(part.Checks, tokenChecks(e)...)
	if e.Err != nil {
		if e.Token != nil {
			// What the policy would say is worth knowing before the token is mended. Its
			// shadow rules would change nothing: they are not asked about such a token.
			part.Checks = append(part.Checks, policyChecks(h.policy.Explain(r.Context(), e.Token, h.policyRequest(r, v)))...)
		}
		return nil, e.Err
	}
	return &verifier.Result{Token: e.Token, KeyID: e.Claimed.KeyID}, nil
}

// evaluate asks the policy. A visit that is walked has it explained.
func (h *Handler) evaluate(r *http.Request, v *visit, token *awstoken.Token) celpolicy.Decision {
	switch {
	case v.walking == nil && !h.policy.HasRules():
		return h.policy.Evaluate(r.Context(), token, celpolicy.Request{})
	case v.walking == nil:
		return h.policy.Evaluate(r.Context(), token, h.policyRequest(r, v))
	}
	e := h.policy.Explain(r.Context(), token, h.policyRequest(r, v))
	v.walking.explain(e)
	return e.Decision
}

// begin is called when a handler begins to decide, with where it takes tokens from.
func (w *walking) begin(from sources) {
	if w != nil {
		if len(w.result.Handlers) == 0 {
			w.first = from
		}
		w.result.Handlers = append(w.result.Handlers, new(walk.Handler))
	}
}

func (w *walking) part() *walk.Handler { return w.result.Handlers[len(w.result.Handlers)-1] }

// partOf is the part of the handler that decides, which is told from the others.
func (w *walking) partOf(h *Handler) *walk.Handler {
	part := w.part()
	for _, each := range w.handlers {
		if each.Handler == h {
			part.Where = each.where
		}
	}
	part.Warnings = h.warnings
	return part
}

var outcomes = map[passage]walk.Outcome{allowed: walk.Allowed, audited: walk.Audited, anonymous: walk.Anonymous}

func (w *walking) explain(e *celpolicy.Explanation) {
	part := w.part()
	part.Checks = append(part.Checks, policyChecks(e)...)
	part.Shadow = shadowOf(e.Decision.Shadow)
}

// refused notes what a handler refuses.
func (w *walking) refused(h *Handler, refused *refusal) {
	if w == nil {
		return
	}
	if h.FirewallOnly {
		w.begin(0)
	}
	part := w.partOf(h)
	part.Outcome = walk.Refused
	if refused.answer().status >= http.StatusInternalServerError {
		part.Outcome = walk.Unknown
	}
	part.Reason, part.Rule, part.Status, part.Hint = refused.reason, refused.rule, refused.answer().status, refused.hint
	decide(part)
	part.Remedy = part.Advise(remedyOf(refused.reason))
	w.decided(part)
	w.result.Upstream = nil
}

// passed notes what a handler lets pass, and what the next one sees of it.
func (w *walking) passed(h *Handler, r *http.Request, v *visit) {
	if w == nil {
		return
	}
	w.result.Upstream = r.Header.Clone()
	if h.FirewallOnly {
		return
	}
	part := w.partOf(h)
	part.Outcome, part.Reason, part.Rule, part.Hint = outcomes[v.passed], v.reason, v.rule, v.hint
	part.Checks = append(part.Checks, headerChecks(h.headers.Fields(), r.Header)...)
	decide(part)
	if v.passed == audited {
		part.Remedy = part.Advise(remedyOf(v.reason))
	}
	w.decided(part)
}

// unprotected notes that no handler was asked.
func (w *walking) unprotected(header http.Header) {
	w.result.Outcome, w.result.Handlers = walk.Unprotected, []*walk.Handler{}
	w.result.Hint, w.result.Remedy = walk.UnprotectedHint, walk.UnprotectedRemedy
	if w.result.Upstream == nil { // not even a firewall was met
		w.result.Upstream = header.Clone()
	}
}

// ended notes that the site itself ends a request that nobody has refused.
func (w *walking) ended(status int) {
	result := &w.result
	if !result.Outcome.Passes() {
		return
	}
	result.Ended, result.Status, result.Upstream = true, status, nil
	if result.Outcome == walk.Unprotected {
		result.Outcome = walk.Answered
		result.Hint, result.Remedy = "no aws_jwt handler was asked: "+result.Answer(), walk.AnsweredRemedy
		return
	}
	if result.Hint != "" {
		result.Hint += "; "
	}
	result.Hint += "behind aws_jwt " + result.Answer()
}

func (w *walking) decided(part *walk.Handler) {
	w.result.Outcome, w.result.Reason, w.result.Rule, w.result.Status = part.Outcome, part.Reason, part.Rule, part.Status
	w.result.Hint, w.result.Remedy = part.Hint, part.Remedy
}

func remedyOf(reason string) string {
	r, _ := remedy.Of(reason)
	return r.Do
}
