package policytest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// ask asks the gateway about a case, and compares.
func (c *testCase) ask(ctx context.Context, gateway Gateway) *Case {
	result := &Case{Name: c.name, Line: c.line, Problems: []Problem{}}
	w, err := c.walk(ctx, gateway)
	if err != nil {
		result.Problems = append(result.Problems, Problem{c.line, problemError, "an answer", terminal.Sentence("asking the gateway: " + err.Error())})
		return result
	}
	result.walk = w
	result.Outcome, result.Reason, result.Rule, result.Status = w.Outcome, w.Reason, w.Rule, w.Status
	result.Problems = c.want.compare(w)
	result.Passed = len(result.Problems) == 0
	if !result.Passed {
		result.Hint = w.Hint
		result.Decisive = decisive(w)
		result.WantedRule = c.want.unmetRule(w)
	}
	return result
}

func (c *testCase) walk(ctx context.Context, gateway Gateway) (*walk.Walk, error) {
	question, err := c.request.question(gateway)
	if err != nil {
		return nil, err
	}
	r, err := c.ofQuestion(ctx, question)
	if err != nil {
		return nil, err
	}
	w, err := gateway.Walk(ctx, r, c.now)
	if err == nil && w == nil {
		err = errors.New("there was no answer")
	}
	return w, err
}

// ofQuestion is the request with the credential of the case.
func (c *testCase) ofQuestion(ctx context.Context, q walk.Question) (*http.Request, error) {
	if c.authorization != nil || c.noToken {
		return q.HTTP(ctx, c.authorization)
	}
	made, err := token(c.header, c.claims, c.now)
	if err != nil {
		return nil, err
	}
	return q.WithToken(ctx, made)
}

// compare finds what is not as it was wanted. Where the outcome is another, the
// rest is, too, and is not told.
func (w want) compare(came *walk.Walk) []Problem {
	problems := []Problem{}
	problem := func(line int, field, wanted, found string) {
		problems = append(problems, Problem{line, field, wanted, found})
	}
	if outcome := string(came.Outcome); outcome != w.outcome.text {
		problem(w.outcome.line, "outcome", w.outcome.text, terminal.Printable(outcome))
		return problems
	}
	if came.Ended && came.Outcome.Passes() && !w.status.there() {
		problem(w.outcome.line, "outcome", w.outcome.text+", and the upstream's answer", came.Answer())
	}
	if w.reason.there() && came.Reason != w.reason.text {
		problem(w.reason.line, "reason", w.reason.text, orNone(terminal.Printable(came.Reason)))
	}
	if w.rule.there() && came.Rule != w.rule.text {
		problem(w.rule.line, "rule", quotedOrNone(w.rule.text), quotedOrNone(came.Rule))
	}
	if w.status.there() && strconv.Itoa(came.Status) != w.status.text {
		problem(w.status.line, "status", w.status.text, strconv.Itoa(came.Status))
	}
	for _, h := range w.headers {
		values := field(came.Upstream, h.name)
		switch {
		case h.absent && len(values) > 0:
			problem(h.line, "headers."+h.name, "none", quotedList(values))
		case !h.absent && (len(values) != 1 || values[0] != h.value):
			problem(h.line, "headers."+h.name, terminal.Quote(h.value), quotedList(values))
		}
	}
	for _, shadow := range []struct {
		wanted  said
		name    string
		outcome walk.Outcome
	}{{w.wouldRefuse, "would_refuse", walk.Refused}, {w.wouldAllow, "would_allow", walk.Allowed}} {
		if rules := shadowRules(came, shadow.outcome); shadow.wanted.there() && !slices.Contains(rules, shadow.wanted.text) {
			problem(shadow.wanted.line, shadow.name, quotedOrNone(shadow.wanted.text), quotedList(rules))
		}
	}
	return problems
}

// shadowRules are those that would have changed a decision to outcome.
func shadowRules(w *walk.Walk, outcome walk.Outcome) (rules []string) {
	for _, h := range w.Handlers {
		if h.Shadow != nil && h.Shadow.Outcome == outcome {
			rules = append(rules, h.Shadow.Rule)
		}
	}
	return rules
}

// field finds the values of a field in whatever case its name is kept.
func field(header http.Header, name string) (values []string) {
	for each, v := range header {
		if textproto.CanonicalMIMEHeaderKey(each) == name {
			values = append(values, v...)
		}
	}
	return values
}

// decisive is what decided in the first handler that did not let pass, or else in
// the last: the failure, or the rule that holds.
func decisive(w *walk.Walk) *walk.Check {
	for i, h := range w.Handlers {
		if h.Outcome.Passes() && i < len(w.Handlers)-1 {
			continue
		}
		for j := range h.Checks {
			if h.Checks[j].Decisive {
				return &h.Checks[j]
			}
		}
		return ruleCheck(h, w.Rule)
	}
	return nil
}

// unmetRule is the check of a rule that was wanted and did not decide.
func (w want) unmetRule(came *walk.Walk) *walk.Check {
	for _, wanted := range []said{w.rule, w.wouldRefuse, w.wouldAllow} {
		if wanted.text == "" || wanted.text == came.Rule {
			continue
		}
		for _, h := range came.Handlers {
			if check := ruleCheck(h, wanted.text); check != nil {
				return check
			}
		}
	}
	return nil
}

// ruleCheck finds the check of a rule or a requirement; "" is none.
func ruleCheck(h *walk.Handler, name string) *walk.Check {
	for i := range h.Checks {
		check := &h.Checks[i]
		if name != "" && check.Name == name && (check.Rule != nil || check.Kind == walk.Requirement) {
			return check
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func quotedOrNone(s string) string {
	if s == "" {
		return "none"
	}
	return terminal.Quote(s)
}

// quotedListShown bounds how many values a line lists.
const quotedListShown = 8

func quotedList(values []string) string {
	if len(values) == 0 {
		return "none"
	}
	var shown []string
	for i, value := range values {
		if i == quotedListShown {
			shown = append(shown, fmt.Sprintf("and %d more", len(values)-i))
			break
		}
		shown = append(shown, terminal.Quote(value))
	}
	return strings.Join(shown, ", ")
}
