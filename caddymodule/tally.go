package caddymodule

import (
	"sync/atomic"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// tally counts what each rule and each requirement of one handler decided since
// its configuration was loaded. The metrics count the rules of a name together,
// whichever handlers have them; here each stands for itself. A requirement has no
// effect. The map is made once, so that counting takes no lock.
type tally map[ruleKey]*atomic.Uint64

func newTally(h *Handler) tally {
	t := make(tally)
	for _, r := range h.policy.Rules() {
		t[ruleKey{r.Name, r.Effect}] = new(atomic.Uint64)
	}
	for _, r := range h.requirements() {
		t[ruleKey{r.Name, ""}] = new(atomic.Uint64)
	}
	return t
}

// note counts a decision, and what its shadow rules would have made of it.
func (t tally) note(d celpolicy.Decision) {
	if n := t[ruleKey{d.Rule, d.Effect}]; n != nil {
		n.Add(1)
	}
	if d.Shadow == nil {
		return
	}
	if n := t[ruleKey{d.Shadow.Rule, d.Shadow.Effect}]; n != nil && (d.Shadow.Rule != d.Rule || d.Shadow.Effect != d.Effect) {
		n.Add(1)
	}
}

// of returns the count of a rule, or of a requirement.
func (t tally) of(rule string, effect celpolicy.Effect) uint64 {
	if n := t[ruleKey{rule, effect}]; n != nil {
		return n.Load()
	}
	return 0
}
