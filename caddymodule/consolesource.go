package caddymodule

import (
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// consoleSource shows a console what the process knows: its ledger, its counters,
// and the handlers of the configuration that runs.
type consoleSource struct{ now func() time.Time }

// Summary implements [console.Source].
func (s consoleSource) Summary() console.Summary {
	v := vitalsNow()
	offset, suspected, hint := clockEstimate()
	summary := console.Summary{
		Now: s.now().UTC(), Minutes: decisions.Minutes(), Reasons: []ledger.Count{}, Rules: ruleCounts(running()),
		Issuers: console.IssuerCounts{
			Fresh: v.issuers[verifier.StateFresh], Stale: v.issuers[verifier.StateStale],
			Unavailable: v.issuers[verifier.StateUnavailable], Unfetched: v.issuers[verifier.StateUnfetched],
			Failing: v.failing,
		},
		OldestKeyAgeSeconds: v.oldest.Seconds(),
		Handlers:            len(running()),
		Cache:               console.CacheFigures{Entries: v.entries, Hits: v.hits, Misses: v.misses},
		Clock:               console.Clock{Suspected: suspected, OffsetSeconds: offset.Seconds(), Hint: hint},
	}
	for _, c := range decisions.LastHour() {
		if c.Reason != "" { // what passes is in the minutes
			summary.Reasons = append(summary.Reasons, c)
		}
	}
	return summary
}

// ruleCounts are what the rules of the handlers decided, in the order in which
// they are asked.
func ruleCounts(handlers []rehearsedHandler) []console.RuleCount {
	counts := []console.RuleCount{}
	for _, h := range handlers {
		for _, r := range h.requirements() {
			counts = append(counts, console.RuleCount{
				Handler: h.where, Rule: r.Name, Effect: "require", Count: h.tally.of(r.Name, ""),
			})
		}
		for _, r := range h.policy.Rules() {
			counts = append(counts, console.RuleCount{
				Handler: h.where, Rule: r.Name, Effect: string(r.Effect), Shadow: r.Shadow, Count: h.tally.of(r.Name, r.Effect),
			})
		}
	}
	return counts
}

// Decisions implements [console.Source].
func (s consoleSource) Decisions(q ledger.Query) ledger.Page { return decisions.Page(q) }

// Gateways implements [console.Source].
func (s consoleSource) Gateways() []console.Gateway {
	gateways := []console.Gateway{}
	for _, h := range running() {
		mode := h.Mode
		if mode == "" {
			mode = modeEnforce
		}
		gateways = append(gateways, console.Gateway{Where: h.where, Mode: mode, Policy: policyLines(h.Handler)})
	}
	return gateways
}

// runningAt is the handler of a place, or nil.
func runningAt(where string) *Handler { return handlerAt(running(), where) }

// handlerAt finds the handler of a place, also by as much of a long one as the
// ledger keeps, if that fits one handler alone.
func handlerAt(handlers []rehearsedHandler, where string) (found *Handler) {
	for _, h := range handlers {
		if h.where == where {
			return h.Handler
		}
	}
	for _, h := range handlers {
		if printable(h.where, maxLogged) != where {
			continue
		}
		if found != nil {
			return nil
		}
		found = h.Handler
	}
	return found
}

var _ console.Source = consoleSource{}
