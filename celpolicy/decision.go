package celpolicy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reason says why a request was refused. The set is closed; "" is no refusal.
type Reason string

// The reasons, in the order of the checks but for the last, which comes first.
const (
	ReasonRequirementFailed Reason = "requirement_failed" // a requirement does not hold
	ReasonPolicyDenied      Reason = "policy_denied"      // a deny rule is true, or no allow rule is
	ReasonPolicyError       Reason = "policy_error"       // a rule could not be evaluated
	ReasonUnsafePath        Reason = "unsafe_path"        // a rule reads a path that upstreams read in several ways
)

// Effect is the kind of a rule.
type Effect string

// The effects.
const (
	EffectDeny  Effect = "deny"
	EffectAllow Effect = "allow"
)

// Decision is what a policy makes of a request. The zero Decision refuses.
type Decision struct {
	Allowed bool
	Reason  Reason // "" exactly when Allowed, but for the zero Decision

	// Rule names what decided: a rule, or a requirement as account, org,
	// principal_tag.<key> or request_tag.<key>. When no allow rule is true it
	// is the first allow rule that failed (policy_error), or "" when none did
	// (policy_denied). It is "" for unsafe_path, and when nothing was asked.
	Rule string

	// Effect is the kind of the rule that Rule names, and "" when Rule is "" or
	// names a requirement.
	Effect Effect

	// Hint says what was wanted and what was found, for the operator's log and
	// not for the client. Text from outside is quoted and cut to 128 bytes. It
	// is "" when Allowed.
	Hint string

	// Shadow is the decision that the policy would make with its shadow rules in
	// force beside the others. It is nil unless it differs in Allowed: so without
	// shadow rules, and where a requirement, a deny rule that is in force or an
	// unsafe path refuses anyway. Its own Shadow is nil.
	Shadow *Decision
}

func refuse(reason Reason, hint string) Decision { return Decision{Reason: reason, Hint: hint} }

// maxHintBytes bounds each piece of text from outside that a hint or a value
// of an [Explanation] holds.
const maxHintBytes = 128

// quoted is how text from outside stands in a hint.
func quoted(s string) string { return strconv.Quote(cut(s)) }

// cut never splits a character, so that quoting it does not garble the end.
func cut(s string) string {
	if len(s) <= maxHintBytes {
		return s
	}
	end := maxHintBytes
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// failure is an evaluation's error as it stands in a hint. CEL's messages may
// quote a value without escaping it.
func failure(err error) string {
	text := cut(err.Error())
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) || !utf8.ValidString(text) {
		text = strconv.Quote(text)
	}
	if strings.Contains(text, "no such key: ") {
		text += `; the token lacks this tag or claim`
	}
	return text
}

// wantedShown bounds how many configured values a hint lists.
const wantedShown = 10

func wantedList(values []string) string {
	if len(values) > wantedShown {
		return fmt.Sprintf("[%s and %d more]", strings.Join(values[:wantedShown], " "), len(values)-wantedShown)
	}
	return "[" + strings.Join(values, " ") + "]"
}
