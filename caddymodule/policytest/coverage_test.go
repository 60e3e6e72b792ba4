package policytest

import (
	"strconv"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// answered is a handler that asked one rule behind one check.
func answered(kind walk.Kind, state walk.State, result string) *walk.Handler {
	return &walk.Handler{Checks: []walk.Check{
		{Kind: kind, Name: "before", State: state},
		{Kind: walk.Deny, Name: "a", Rule: &walk.Rule{Expression: "x", Result: result}},
	}}
}

func TestCount(t *testing.T) {
	for _, tt := range []struct {
		name     string
		handlers []*walk.Handler
		want     seen
	}{
		{"true", []*walk.Handler{answered(walk.Token, walk.Passed, "true")}, seen{holds: true}},
		{"false", []*walk.Handler{answered(walk.Token, walk.Passed, "false")}, seen{fails: true}},
		{"both, in two handlers", []*walk.Handler{answered(walk.Token, walk.Passed, "true"), answered(walk.Token, walk.Passed, "false")}, seen{true, true}},
		{"an error", []*walk.Handler{answered(walk.Token, walk.Passed, "error")}, seen{}},
		{"not asked", []*walk.Handler{answered(walk.Token, walk.Passed, "")}, seen{}},
		{"behind a check that failed", []*walk.Handler{answered(walk.Token, walk.Failed, "true")}, seen{}},
		{"behind a signature that nobody checked", []*walk.Handler{answered(walk.Token, walk.CouldNot, "true")}, seen{holds: true}},
		{"behind a requirement", []*walk.Handler{answered(walk.Requirement, walk.Failed, "true")}, seen{}},
		{"behind a request", []*walk.Handler{answered(walk.Request, walk.Failed, "true")}, seen{}},
		{"beside another rule that failed", []*walk.Handler{answered(walk.Deny, walk.Failed, "true")}, seen{holds: true}},
		{"before a header that failed", []*walk.Handler{answered(walk.Header, walk.Failed, "true")}, seen{holds: true}},
		{"in a handler behind one that failed", []*walk.Handler{answered(walk.Token, walk.Failed, "true"), answered(walk.Token, walk.Passed, "false")}, seen{fails: true}},
	} {
		results := make(map[Rule]seen)
		count(results, &walk.Walk{Handlers: tt.handlers})
		if got := results[Rule{Kind: walk.Deny, Name: "a", Expression: "x"}]; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// Rules of two handlers are two, also when they have one name and one text.
func TestCountTellsHandlersApart(t *testing.T) {
	w := &walk.Walk{Handlers: []*walk.Handler{answered(walk.Token, walk.Passed, "true"), answered(walk.Token, walk.Passed, "false")}}
	for _, tt := range []struct {
		second string
		rules  int
	}{{"a.example.com /x", 2}, {"a.example.com", 1}} {
		w.Handlers[0].Where, w.Handlers[1].Where = "a.example.com", tt.second
		results := make(map[Rule]seen)
		if rules := count(results, w); len(rules) != tt.rules || len(results) != tt.rules {
			t.Errorf("beside %s: %v", tt.second, rules)
		}
	}
	if got, want := (Rule{Kind: walk.Deny, Name: "a", Where: "b"}).label(), `deny "a" of b`; got != want {
		t.Errorf("the label is %s", got)
	}
}

func TestCoverageLine(t *testing.T) {
	var many []Rule
	for i := range 11 {
		many = append(many, Rule{Kind: walk.Allow, Name: strconv.Itoa(i)})
	}
	both := make(map[Rule]seen)
	for _, rule := range many {
		both[rule] = seen{true, true}
	}
	for _, tt := range []struct {
		name    string
		rules   []Rule
		results map[Rule]seen
		want    string
	}{
		{"none", nil, nil, ""},
		{"all", append(many, many...), both, "rules: 11 of 11 were seen both true and false"},
		{"shadow", []Rule{{Kind: walk.Deny, Name: "\x1b", Shadow: true}}, map[Rule]seen{{Kind: walk.Deny, Name: "\x1b", Shadow: true}: {fails: true}}, `rules: 0 of 1 were seen both true and false; never true: deny shadow "\x1b"`},
		{"many", many, map[Rule]seen{many[0]: {true, true}}, `rules: 1 of 11 were seen both true and false; ` +
			`never true: allow "1", allow "2", allow "3", allow "4", allow "5", allow "6", allow "7", allow "8" and 2 more; ` +
			`never false: allow "1", allow "2", allow "3", allow "4", allow "5", allow "6", allow "7", allow "8" and 2 more`},
	} {
		if got := coverage(tt.rules, tt.results).line(); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
