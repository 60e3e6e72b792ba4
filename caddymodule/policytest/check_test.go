package policytest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Each line of a want fails alone when that alone came otherwise.
func TestCompare(t *testing.T) {
	came := func(change func(*walk.Walk)) *walk.Walk {
		w := &walk.Walk{
			Outcome: walk.Audited, Reason: "policy_denied", Rule: "partners",
			Upstream: http.Header{"X-Team": {"orders"}, "x-odd": {"a"}},
			Handlers: []*walk.Handler{
				{Outcome: walk.Allowed, Shadow: &walk.Shadow{Outcome: walk.Refused, Rule: "old"}},
				{Outcome: walk.Audited, Shadow: &walk.Shadow{Outcome: walk.Allowed, Rule: "new"}},
			},
		}
		if change != nil {
			change(w)
		}
		return w
	}
	w := want{
		outcome: said{"audited", 1}, reason: said{"policy_denied", 2}, rule: said{"partners", 3},
		wouldRefuse: said{"old", 4}, wouldAllow: said{"new", 5},
		headers: []header{{name: "X-Team", value: "orders", line: 6}, {name: "X-Odd", value: "a", line: 7}, {name: "X-None", absent: true, line: 8}},
	}
	for _, tt := range []struct {
		name   string
		change func(*walk.Walk)
		want   string
	}{
		{"the control", nil, "[]"},
		{"outcome", func(w *walk.Walk) { w.Outcome, w.Reason = walk.Allowed, "" }, "[outcome: wanted audited, came allowed]"},
		{"an outcome that could not be told", func(w *walk.Walk) { w.Outcome = walk.Unknown }, "[outcome: wanted audited, came unknown]"},
		{"reason", func(w *walk.Walk) { w.Reason = "" }, "[reason: wanted policy_denied, came none]"},
		{"rule", func(w *walk.Walk) { w.Rule = "others" }, `[rule: wanted "partners", came "others"]`},
		{"no rule", func(w *walk.Walk) { w.Rule = "" }, `[rule: wanted "partners", came none]`},
		{"another shadow rule", func(w *walk.Walk) { w.Handlers[0].Shadow.Rule = "new" }, `[would_refuse: wanted "old", came "new"]`},
		{"no shadow", func(w *walk.Walk) { w.Handlers[1].Shadow = nil }, `[would_allow: wanted "new", came none]`},
		{"the shadow of another outcome", func(w *walk.Walk) { w.Handlers[1].Shadow.Outcome = walk.Refused }, `[would_allow: wanted "new", came none]`},
		{"another value", func(w *walk.Walk) { w.Upstream.Set("X-Team", "\x1b") }, `[headers.X-Team: wanted "orders", came "\x1b"]`},
		{"two values", func(w *walk.Walk) { w.Upstream.Add("X-Team", "a") }, `[headers.X-Team: wanted "orders", came "orders", "a"]`},
		{"no value", func(w *walk.Walk) { delete(w.Upstream, "x-odd") }, `[headers.X-Odd: wanted "a", came none]`},
		{"a field too many", func(w *walk.Walk) { w.Upstream["x-none"] = []string{""} }, `[headers.X-None: wanted none, came ""]`},
	} {
		if got := fmt.Sprint(w.compare(came(tt.change))); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	// What is not there is not looked at.
	if got := (want{outcome: said{"audited", 1}}).compare(came(nil)); len(got) > 0 {
		t.Errorf("an outcome alone: %v", got)
	}
	// But for an answer of the site's own, which is not what a request passes for.
	for status, problems := range map[int]int{0: 0, 404: 1} {
		ended := func(w *walk.Walk) { w.Ended, w.Status = status != 0, status }
		if got := (want{outcome: said{"audited", 1}}).compare(came(ended)); len(got) != problems {
			t.Errorf("a site that answers %d: %v", status, got)
		}
		if got := (want{outcome: said{"audited", 1}, status: said{"404", 2}}).compare(came(ended)); len(got) != 1-problems {
			t.Errorf("a site that answers %d, where 404 is wanted: %v", status, got)
		}
	}
	refused := want{outcome: said{"refused", 1}, status: said{"403", 2}, rule: said{"", 3}}
	for status, problems := range map[int]int{403: 0, 401: 1} {
		if got := refused.compare(&walk.Walk{Outcome: walk.Refused, Status: status}); len(got) != problems {
			t.Errorf("status %d: %v", status, got)
		}
	}
}

// What decided is looked for where it was decided.
func TestDecisive(t *testing.T) {
	check := func(name string) []walk.Check {
		return []walk.Check{{Kind: walk.Token, Name: "other"}, {Kind: walk.Token, Name: name, Decisive: true}}
	}
	rule := []walk.Check{{Kind: walk.Allow, Name: "all", Rule: &walk.Rule{Result: "true"}}}
	for _, tt := range []struct {
		name string
		walk walk.Walk
		want string
	}{
		{"the first that refuses", walk.Walk{Handlers: []*walk.Handler{{Outcome: walk.Refused, Checks: check("first")}}}, "first"},
		{"the second", walk.Walk{Handlers: []*walk.Handler{{Outcome: walk.Audited, Checks: check("first")}, {Outcome: walk.Refused, Checks: check("second")}}}, "second"},
		{"the last of those that let pass", walk.Walk{Handlers: []*walk.Handler{{Outcome: walk.Allowed}, {Outcome: walk.Audited, Checks: check("second")}}}, "second"},
		{"the rule that allows", walk.Walk{Rule: "all", Handlers: []*walk.Handler{{Outcome: walk.Allowed, Checks: rule}}}, "all"},
		{"no rule that allows", walk.Walk{Handlers: []*walk.Handler{{Outcome: walk.Allowed, Checks: rule}}}, ""},
		{"nothing", walk.Walk{}, ""},
	} {
		got := ""
		if c := decisive(&tt.walk); c != nil {
			got = c.Name
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
