// Package walk says what becomes of one request at the aws_jwt handlers in its
// way, check by check. It is what the commands aws-jwt explain and aws-jwt test
// read, and its JSON form is what aws-jwt explain --json prints.
package walk

import (
	"fmt"
	"net/http"
	"strings"
)

// Outcome is what became of a request, or what one handler made of it.
type Outcome string

// The outcomes.
const (
	Allowed     Outcome = "allowed"     // it passes, with the caller's identity
	Audited     Outcome = "audited"     // as Allowed, but only since mode audit lets pass what the policy refuses
	Anonymous   Outcome = "anonymous"   // it passes without a token: optional
	Refused     Outcome = "refused"     // it does not pass
	Unknown     Outcome = "unknown"     // it could not be told: keys that cannot be had, a check that was not made
	Unprotected Outcome = "unprotected" // no aws_jwt handler asked for a token
	Answered    Outcome = "answered"    // no aws_jwt handler was asked: the site itself answers with an error, or hangs up
)

// Passes reports whether aws_jwt lets the request pass, as far as it was asked.
// See [Walk.Passes], too.
func (o Outcome) Passes() bool {
	return o == Allowed || o == Audited || o == Anonymous || o == Unprotected
}

// Walk is one request's way through a configuration.
type Walk struct {
	// Outcome, Reason, Rule, Status, Hint and Remedy are those of the handler
	// that decided: the first that does not let pass, or else the last one.
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // of a refusal, or of what mode audit lets pass
	Rule    string  `json:"rule,omitempty"`   // the rule or the requirement that decided
	Status  int     `json:"status,omitempty"` // what the client is answered; 0 when it is the upstream that answers
	Hint    string  `json:"hint,omitempty"`   // what was wanted and what was found
	Remedy  string  `json:"remedy,omitempty"` // what to change

	// Ended says that the site itself ends the request, behind what aws_jwt let
	// pass or without having asked it: it answers with Status, which is 400 or
	// more, or with 0 hangs up without an answer.
	Ended bool `json:"ended,omitempty"`

	// Warnings say what of the site cannot be told, one line each.
	Warnings []string `json:"warnings,omitempty"`

	// Handlers are those that were asked, in order. What stands behind the first
	// that does not let pass was not asked.
	Handlers []*Handler `json:"handlers"`

	// Upstream is the header of the request as it leaves the last handler; nil
	// unless the request passes. Of a credential it has the scheme alone: "Bearer …".
	Upstream http.Header `json:"upstream,omitempty"`
}

// Passes reports whether the request goes by every aws_jwt handler, and the site
// itself does not end it with an error.
func (w *Walk) Passes() bool { return w.Outcome.Passes() && !w.Ended }

// Answer says how the site itself ends the request; "" when it does not.
func (w *Walk) Answer() string {
	switch {
	case !w.Ended:
		return ""
	case w.Status == 0:
		return "the site itself hangs up without an answer"
	}
	return strings.TrimSpace(fmt.Sprintf("the site itself answers %d %s", w.Status, http.StatusText(w.Status)))
}

// What a Walk says that met no handler.
const (
	UnprotectedHint   = "no aws_jwt handler asks this request for a token"
	UnprotectedRemedy = "add aws_jwt to this route, if it should ask for a token"
	AnsweredRemedy    = "if aws_jwt should ask it for a token, look for a respond, error or abort before it"
)

// Handler is one aws_jwt handler's part of a Walk.
type Handler struct {
	// Where is its site, and the paths that it is for: what tells it from the
	// other handlers of its configuration. It is "" for the only one.
	Where string `json:"where,omitempty"`

	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
	Rule    string  `json:"rule,omitempty"`
	Status  int     `json:"status,omitempty"`
	Hint    string  `json:"hint,omitempty"`
	Remedy  string  `json:"remedy,omitempty"`

	// Verified says that the token's signature was checked and fits.
	Verified bool `json:"verified"`

	// Claimed is the account that the token says it is of, whether it was
	// verified or not.
	Claimed string `json:"claimed_account,omitempty"`

	// Warnings say what of its configuration may not mean what it says, one
	// line each.
	Warnings []string `json:"warnings,omitempty"`

	// Shadow is what the shadow rules would have changed. There is none for a
	// token that was not verified.
	Shadow *Shadow `json:"shadow,omitempty"`

	Checks []Check `json:"checks"`
}

// Shadow is a decision that shadow rules would have made otherwise.
type Shadow struct {
	Outcome Outcome `json:"outcome"` // Allowed or Refused
	Reason  string  `json:"reason,omitempty"`
	Rule    string  `json:"rule,omitempty"`
	Hint    string  `json:"hint,omitempty"`
}

// Kind is what a Check looks at.
type Kind string

// The kinds, in the order in which they are asked.
const (
	Request     Kind = "request"     // the request itself: its credential, its path, an upgrade
	Token       Kind = "token"       // one check of the verifier
	Requirement Kind = "requirement" // account, org, principal_tag, request_tag
	Deny        Kind = "deny"
	Allow       Kind = "allow"
	Header      Kind = "header" // a header for the upstream
)

// State is how a Check came out.
type State string

// The states.
const (
	Passed     State = "passed"
	Failed     State = "failed"
	NotAsked   State = "not_asked"   // an earlier failure leaves nothing to ask
	CouldNot   State = "could_not"   // a fault of ours: keys that cannot be had, or no network was wanted
	NotDecided State = "not_decided" // an allow rule that is not true, while another one is; a shadow rule
)

// Check is one thing that was looked at.
type Check struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name"` // such as "audience", or the rule's name
	State State  `json:"state"`

	// Decisive marks the failure that decided. When no allow rule is true, none of
	// them decides alone: then it is the nearest one.
	Decisive bool `json:"decisive,omitempty"`

	Found  string `json:"found,omitempty"`  // as it is to be shown: quoted and cut
	Wanted string `json:"wanted,omitempty"` // the same
	Reason string `json:"reason,omitempty"` // of a failure
	Hint   string `json:"hint,omitempty"`   // the same: what was wanted and what was there

	Rule *Rule `json:"rule,omitempty"` // of a check of kind Deny or Allow
}

// Rule is what a policy's rule came to.
type Rule struct {
	Expression string    `json:"expression"`
	Result     string    `json:"result,omitempty"` // true, false or error; "" when it was not asked
	Error      string    `json:"error,omitempty"`
	Shadow     bool      `json:"shadow,omitempty"`
	Reads      []Reading `json:"reads,omitempty"`    // the attributes that it reads
	Operator   string    `json:"operator,omitempty"` // && or ||, when one of them is its outermost
	Parts      []Part    `json:"parts,omitempty"`    // the operands of that
}

// Reading is an attribute of the token or the request that a rule reads.
type Reading struct {
	Path   string `json:"path"`             // as the rule spells it, such as aws_token.principal_tags.team
	Value  string `json:"value,omitempty"`  // quoted and cut
	Absent bool   `json:"absent,omitempty"` // the token lacks it
}

// Part is one operand of a rule's outermost && or ||. An operand that is itself
// a chain of the other operator has parts.
type Part struct {
	Expression string `json:"expression"`
	Result     string `json:"result"` // true, false or error
	Error      string `json:"error,omitempty"`
	Operator   string `json:"operator,omitempty"`
	Parts      []Part `json:"parts,omitempty"`
}

// Answered reports whether a rule was asked and came to a result.
func (r *Rule) Answered() bool { return r != nil && r.Result != "" }
