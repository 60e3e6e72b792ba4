package policytest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// seen is what a rule was seen to be.
type seen struct{ holds, fails bool }

// cover counts, for each configuration, over the cases of all its files. When
// some of them were not run, it would accuse rules of what nobody asked.
func (r *Report) cover() {
	if r.options.Run != nil {
		return
	}
	for _, c := range r.Configurations {
		results := make(map[Rule]seen)
		order := slices.DeleteFunc(slices.Clone(c.rules), func(rule Rule) bool { return rule.Kind == walk.Requirement })
		ran, whole := false, true
		for _, f := range r.Files {
			if f.configuration != c {
				continue
			}
			whole = whole && f.NotRun == 0
			for _, each := range f.Cases {
				ran = true
				order = append(order, count(results, each.walk)...)
			}
		}
		if ran && whole {
			c.Coverage = coverage(order, results)
		}
	}
}

// count adds the rules of the handlers that were reached with a good token, and
// returns them.
func count(results map[Rule]seen, w *walk.Walk) (rules []Rule) {
	if w == nil {
		return nil
	}
	for _, h := range w.Handlers {
		if !reachesRules(h) {
			continue
		}
		for _, check := range h.Checks {
			if check.Kind != walk.Deny && check.Kind != walk.Allow || !check.Rule.Answered() {
				continue
			}
			rule := Rule{check.Kind, check.Name, check.Rule.Expression, check.Rule.Shadow, h.Where}
			s, known := results[rule]
			s.holds = s.holds || check.Rule.Result == "true"
			s.fails = s.fails || check.Rule.Result == "false"
			results[rule] = s
			if !known {
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

// reachesRules reports whether no check before the rules failed: what a rule says
// of other tokens is never asked in earnest. The signature, which could not be
// checked, counts as good.
func reachesRules(h *walk.Handler) bool {
	for _, check := range h.Checks {
		before := check.Kind == walk.Request || check.Kind == walk.Token || check.Kind == walk.Requirement
		if before && check.State == walk.Failed {
			return false
		}
	}
	return true
}

func coverage(rules []Rule, results map[Rule]seen) *Coverage {
	c := &Coverage{NeverTrue: []Rule{}, NeverFalse: []Rule{}}
	listed := make(map[Rule]bool, len(rules))
	for _, rule := range rules {
		if listed[rule] {
			continue
		}
		listed[rule] = true
		c.Rules++
		s := results[rule]
		if s.holds && s.fails {
			c.Both++
		}
		if !s.holds {
			c.NeverTrue = append(c.NeverTrue, rule)
		}
		if !s.fails {
			c.NeverFalse = append(c.NeverFalse, rule)
		}
	}
	return c
}

// rulesShown bounds how many rules a line lists.
const rulesShown = 8

// line is empty when there are no rules.
func (c *Coverage) line() string {
	if c == nil || c.Rules == 0 {
		return ""
	}
	pieces := []string{fmt.Sprintf("rules: %d of %d were seen both true and false", c.Both, c.Rules)}
	if len(c.NeverTrue) > 0 {
		pieces = append(pieces, "never true: "+labels(c.NeverTrue))
	}
	if len(c.NeverFalse) > 0 {
		pieces = append(pieces, "never false: "+labels(c.NeverFalse))
	}
	return strings.Join(pieces, "; ")
}

func labels(rules []Rule) string {
	names := make([]string, 0, rulesShown+1)
	for i, rule := range rules {
		if i == rulesShown {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(rules)-i)
		}
		names = append(names, rule.label())
	}
	return strings.Join(names, ", ")
}
