package policytest

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// fake is a gateway with one handler on every path but /open. It takes a token
// of environment production whose team is orders, or for GET readers, and
// refuses partners; a shadow rule would refuse the root of the site.
type fake struct {
	warnings []string
	unasked  []Rule // of a handler that no request reaches

	severalHosts bool
}

func fakeRules() []Rule {
	return []Rule{
		{Kind: walk.Requirement, Name: "principal_tag.environment"},
		{Kind: walk.Deny, Name: "partners", Expression: `aws_token.principal_tags.team == "partners"`},
		{Kind: walk.Deny, Name: "root", Expression: `request.path == "/"`, Shadow: true},
		{Kind: walk.Allow, Name: "orders-team", Expression: `aws_token.principal_tags.team == "orders"`},
		{Kind: walk.Allow, Name: "readers", Expression: "aws_token.principal_tags.team == \"readers\" &&\n\trequest.method == \"GET\""},
	}
}

func (f *fake) Host() (string, error) {
	if f.severalHosts {
		return "", errors.New("there are several")
	}
	return "orders.example.com", nil
}

func (f *fake) Warnings() []string { return f.warnings }
func (f *fake) Rules() []Rule      { return append(fakeRules(), f.unasked...) }

func (f *fake) Walk(ctx context.Context, r *http.Request, now time.Time) (*walk.Walk, error) {
	if r.URL.Path == "/broken" {
		return nil, errors.New("the route is\x1b[31m broken")
	}
	if r.URL.Path == "/open" {
		return &walk.Walk{Outcome: walk.Unprotected, Upstream: r.Header}, ctx.Err()
	}
	h := &walk.Handler{Outcome: walk.Refused, Status: http.StatusUnauthorized}
	f.decide(h, r, now)
	w := &walk.Walk{Outcome: h.Outcome, Reason: h.Reason, Rule: h.Rule, Status: h.Status, Hint: h.Hint, Handlers: []*walk.Handler{h}}
	if h.Outcome.Passes() {
		w.Status = 0
		w.Upstream = http.Header{"X-Seen": r.Header["X-Seen"]}
		if token, err := tokenOf(r); err == nil {
			w.Upstream.Set("X-Team", token.PrincipalTags["team"])
		}
	}
	return w, ctx.Err()
}

func (f *fake) decide(h *walk.Handler, r *http.Request, now time.Time) {
	if r.Header.Get("Authorization") == "" {
		h.Reason, h.Hint = "missing_token", "the request has no token"
		return
	}
	token, err := tokenOf(r)
	switch {
	case err != nil:
		h.Reason, h.Hint = "malformed_token", err.Error()
		h.Checks = []walk.Check{{Kind: walk.Token, Name: "form", State: walk.Failed, Decisive: true}}
		return
	case !now.Before(token.Expiry):
		h.Reason, h.Hint = "expired", "the token ended at "+token.Expiry.Format(time.RFC3339)
		h.Checks = []walk.Check{{
			Kind: walk.Token, Name: "expiry", State: walk.Failed, Decisive: true,
			Found: token.Expiry.Format(time.RFC3339), Wanted: "later than " + now.Format(time.RFC3339),
		}}
		return
	}
	h.Checks = []walk.Check{{Kind: walk.Token, Name: "expiry", State: walk.Passed}}
	environment := walk.Check{Kind: walk.Requirement, Name: "principal_tag.environment", State: walk.Passed}
	if found := token.PrincipalTags["environment"]; found != "production" {
		environment.State, environment.Decisive = walk.Failed, true
		environment.Found, environment.Wanted = terminal.Quote(found), `"production"`
		h.Reason, h.Rule, h.Status = "requirement_failed", environment.Name, http.StatusForbidden
	}
	h.Checks = append(h.Checks, environment)
	f.askRules(h, r, token)
}

func (f *fake) askRules(h *walk.Handler, r *http.Request, token *awstoken.Token) {
	team := token.PrincipalTags["team"]
	results := map[string]bool{
		"partners": team == "partners", "root": r.URL.Path == "/",
		"orders-team": team == "orders", "readers": team == "readers" && r.Method == http.MethodGet,
	}
	decided := h.Reason != ""
	for _, rule := range fakeRules()[1:] {
		result := results[rule.Name]
		h.Checks = append(h.Checks, walk.Check{Kind: rule.Kind, Name: rule.Name, State: walk.NotDecided, Rule: &walk.Rule{
			Expression: rule.Expression, Result: strconv.FormatBool(result), Shadow: rule.Shadow,
			Reads: []walk.Reading{{Path: "aws_token.principal_tags.team", Value: terminal.Quote(team), Absent: team == ""}},
		}})
		check := &h.Checks[len(h.Checks)-1]
		switch {
		case !result || decided:
		case rule.Shadow:
			h.Shadow = &walk.Shadow{Outcome: walk.Refused, Rule: rule.Name}
		case rule.Kind == walk.Deny:
			h.Reason, h.Rule, h.Status, check.Decisive, decided = "policy_denied", rule.Name, http.StatusForbidden, true, true
			h.Hint = "deny rule " + terminal.Quote(rule.Name) + " is true"
		default:
			h.Outcome, h.Rule, decided = walk.Allowed, rule.Name, true
		}
	}
	if !decided {
		h.Reason, h.Status, h.Hint = "policy_denied", http.StatusForbidden, "no allow rule is true"
	}
}

// tokenOf decodes a bearer token, and looks at the length of its signature.
func tokenOf(r *http.Request) (*awstoken.Token, error) {
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		return nil, errors.New("it has not three parts")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	return awstoken.Decode(payload)
}
