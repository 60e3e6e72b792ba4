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
		Now: s.now().UTC(), Minutes: []console.Minute{}, Reasons: []console.ReasonCount{}, Rules: ruleCounts(running()),
		Issuers: console.IssuerCounts{
			Fresh: v.issuers[verifier.StateFresh], Stale: v.issuers[verifier.StateStale],
			Unavailable: v.issuers[verifier.StateUnavailable], Unfetched: v.issuers[verifier.StateUnfetched],
			Failing: failing(running()),
		},
		OldestKeyAgeSeconds: v.oldest.Seconds(),
		Handlers:            len(running()),
		Cache:               console.CacheFigures{Entries: v.entries, Hits: v.hits, Misses: v.misses},
		Clock:               console.Clock{Suspected: suspected, OffsetSeconds: offset.Seconds(), Hint: hint},
	}
	for _, m := range decisions.Minutes() {
		summary.Minutes = append(summary.Minutes, console.Minute(m))
	}
	for _, c := range decisions.LastHour() {
		if c.Reason != "" { // what passes is in the minutes
			summary.Reasons = append(summary.Reasons, console.ReasonCount{Result: string(c.Result), Reason: c.Reason, Count: c.Count})
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
func (s consoleSource) Decisions(q console.DecisionQuery) console.DecisionPage {
	entries, more := decisions.Entries(q.Before, q.Limit, func(e *ledger.Entry) bool {
		return (q.Result == "" || string(e.Result) == q.Result) && (q.Reason == "" || e.Reason == q.Reason) &&
			(q.Account == "" || e.AccountID == q.Account)
	})
	page := console.DecisionPage{Decisions: make([]console.Decision, len(entries))}
	for i := range entries {
		page.Decisions[i] = consoleDecision(&entries[i])
	}
	if more {
		page.Next = entries[len(entries)-1].ID
	}
	return page
}

func consoleDecision(e *ledger.Entry) console.Decision {
	return console.Decision{
		ID: e.ID, Time: e.Time, Result: string(e.Result), Status: e.Status, Reason: e.Reason, Rule: e.Rule, Hint: e.Hint,
		Handler: e.Handler, Issuer: e.Issuer, Account: e.AccountID, Subject: e.Subject, TokenID: e.TokenID, KeyID: e.KeyID,
		Unverified: e.Unverified, RemoteIP: e.RemoteIP, Method: e.Method, Host: e.Host, Path: e.Path,
		Cached: e.Cached, Duration: e.Duration.Seconds(),
	}
}

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
