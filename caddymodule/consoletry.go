package caddymodule

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// tryWithin is how long an attempt may take: the issuer's keys may have to be
// fetched.
const tryWithin = 8 * time.Second

// Try implements [console.Source]. It asks one handler, the rest of the site is
// not looked at, and nothing of the attempt is counted, logged or remembered.
func (s consoleSource) Try(ctx context.Context, a console.Attempt) (*console.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	h := runningAt(a.Handler)
	faults := problemsOf(a)
	if h == nil {
		faults = append(faults, console.Fault{Field: "handler", Text: "the configuration that runs has no such handler"})
	}
	var policy *celpolicy.Policy
	if a.Policy != "" {
		var own []console.Fault
		policy, own = compileLines(a.Policy)
		faults = append(faults, own...)
	}
	if len(faults) > 0 {
		return nil, &console.AttemptError{Faults: faults}
	}
	if policy == nil {
		policy = h.policy
	}
	t := trying{handler: h, policy: policy, now: s.now(), part: &walk.Handler{Where: a.Handler, Checks: []walk.Check{}}}
	token, err := t.read(ctx, a.Text)
	if err != nil {
		return nil, err
	}
	if token != nil {
		t.ask(ctx, token, requestOf(a, t.now))
	}
	decide(t.part)
	t.part.Remedy = t.part.Advise(remedyOf(t.part.Reason))
	t.answer.Walk = walkOf(t.part)
	return &t.answer, nil
}

// problemsOf says what of the request of an attempt no server would read.
func problemsOf(a console.Attempt) (faults []console.Fault) {
	for _, each := range []struct{ field, text, problem string }{
		{"method", a.Method, walk.MethodProblem(a.Method)}, {"host", a.Host, walk.HostProblem(a.Host)},
		{"path", a.Path, walk.PathProblem(a.Path)}, {"remote_ip", a.RemoteIP, walk.RemoteIPProblem(a.RemoteIP)},
	} {
		switch {
		case terminal.HoldsToken(each.text):
			faults = append(faults, console.Fault{Field: each.field, Text: "it holds a token, whose place is the first box"})
		case each.problem != "":
			faults = append(faults, console.Fault{Field: each.field, Text: each.problem})
		}
	}
	if strings.TrimSpace(a.Text) == "" {
		faults = append(faults, console.Fault{Field: "text", Text: "it is empty: paste a token's payload, or a token"})
	}
	return faults
}

func requestOf(a console.Attempt, now time.Time) celpolicy.Request {
	r := celpolicy.Request{Method: a.Method, Host: a.Host, EscapedPath: a.Path, RemoteIP: a.RemoteIP, Time: now}
	if target, err := url.ParseRequestURI(a.Path); err == nil {
		r.EscapedPath = target.EscapedPath()
	}
	return r
}

// trying is one attempt.
type trying struct {
	handler *Handler
	policy  *celpolicy.Policy
	now     time.Time
	part    *walk.Handler
	answer  console.Answer
}

// read makes a token of what was pasted. It is nil when nothing of it can be asked
// about, which the walk says then.
func (t *trying) read(ctx context.Context, text string) (*awstoken.Token, error) {
	if !console.IsToken(text) {
		return t.readClaims(text)
	}
	token, err := terminal.TokenIn(text)
	if err != nil {
		return nil, &console.AttemptError{Faults: []console.Fault{{Field: "text", Text: "it is neither a JSON object nor a token"}}}
	}
	e := t.handler.verifier.Explain(ctx, token, verifier.ExplainOptions{})
	t.part.Checks, t.part.Verified, t.part.Claimed = tokenChecks(e), e.Verified, e.Claimed.AccountID
	t.answer.Signature = console.SignatureDoubtful
	if e.Verified {
		t.answer.Signature = console.SignatureFits
	}
	if e.Err != nil {
		refused := ofVerifier(e.Err)
		t.part.Outcome, t.part.Reason, t.part.Hint = walk.Refused, refused.reason, printable(refused.hint, maxHint)
		if t.part.Status = refused.answer().status; t.part.Status >= 500 {
			t.part.Outcome = walk.Unknown
		}
		if e.Token != nil {
			t.answer.Notes = append(t.answer.Notes, "What the policy would say is shown, although it would not be asked about this token.")
		}
	}
	return e.Token, nil
}

func (t *trying) readClaims(text string) (*awstoken.Token, error) {
	token, filled, err := console.ReadClaims(text, t.now)
	if err != nil {
		return nil, &console.AttemptError{Faults: []console.Fault{{Field: "text", Text: printable(reasonless(err), maxHint)}}}
	}
	t.answer.Signature = console.SignatureAbsent
	t.answer.Notes = append(t.answer.Notes, "There are claims alone, and no signature: only the policy is asked. Whether the gateway would accept a token with them is not known.")
	if len(filled) > 0 {
		t.answer.Notes = append(t.answer.Notes, "Filled in: "+strings.Join(filled, ", ")+".")
	}
	return token, nil
}

// reasonless is the cause of an error of claims, which names the claim.
func reasonless(err error) string {
	var claim *awstoken.ClaimError
	if errors.As(err, &claim) {
		return claim.Error()
	}
	return err.Error()
}

// ask has the policy explained. What the verifier has refused stays refused.
func (t *trying) ask(ctx context.Context, token *awstoken.Token, r celpolicy.Request) {
	e := t.policy.Explain(ctx, token, r)
	t.part.Checks = append(t.part.Checks, policyChecks(e)...)
	if t.part.Outcome != "" {
		return
	}
	d := e.Decision
	t.part.Shadow = shadowOf(d.Shadow)
	t.part.Reason, t.part.Rule, t.part.Hint = string(d.Reason), d.Rule, d.Hint
	refused := refusal{reason: string(d.Reason)}
	switch {
	case d.Allowed:
		t.part.Outcome = walk.Allowed
	case t.handler.Mode == modeAudit && refused.answer() == insufficientScope:
		t.part.Outcome = walk.Audited
	default:
		t.part.Outcome, t.part.Status = walk.Refused, refused.answer().status
	}
	for _, warning := range t.policy.Warnings() {
		t.part.Warnings = append(t.part.Warnings, warning.String())
	}
}
