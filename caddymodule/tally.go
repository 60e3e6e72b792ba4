package caddymodule

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// ruleKey says which rule it is. A requirement has no effect.
type ruleKey struct {
	rule   string
	effect celpolicy.Effect
}

// tally counts what each rule and each requirement of one handler decided. The map
// is made once, so that counting takes no lock.
type tally map[ruleKey]*ruleCount

// ruleCount is one rule's.
type ruleCount struct {
	// here is since the configuration was loaded, of this handler alone.
	here atomic.Uint64

	// everywhere is that of ruleDecisionsTotal, in which rules of one name are
	// counted together, whichever handlers have them. It is made on use, since a
	// configuration that fails counts nothing. Shadow rules and requirements have
	// none.
	everywhere func() prometheus.Counter
}

func newTally(h *Handler) tally {
	t := make(tally)
	for _, r := range h.policy.Rules() {
		count := new(ruleCount)
		if !r.Shadow {
			count.everywhere = sync.OnceValue(func() prometheus.Counter {
				return ruleDecisionsTotal.WithLabelValues(r.Name, string(r.Effect))
			})
		}
		t[ruleKey{r.Name, r.Effect}] = count
	}
	for _, r := range h.requirements() {
		t[ruleKey{r.Name, ""}] = new(ruleCount)
	}
	return t
}

// note counts a decision, and what its shadow rules would have made of it.
func (t tally) note(d celpolicy.Decision) {
	if d.Rule != "" {
		t.count(ruleKey{d.Rule, d.Effect})
	}
	if d.Shadow == nil {
		return
	}
	if shadow := (ruleKey{d.Shadow.Rule, d.Shadow.Effect}); shadow != (ruleKey{d.Rule, d.Effect}) {
		t.count(shadow)
	}
}

func (t tally) count(key ruleKey) {
	n := t[key]
	if n == nil {
		return
	}
	n.here.Add(1)
	if n.everywhere != nil {
		n.everywhere().Inc()
	}
}

// of returns the count of a rule, or of a requirement.
func (t tally) of(rule string, effect celpolicy.Effect) uint64 {
	if n := t[ruleKey{rule, effect}]; n != nil {
		return n.here.Load()
	}
	return 0
}
