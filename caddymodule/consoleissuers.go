package caddymodule

import (
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// stateRanks put first what somebody should look at.
var stateRanks = map[verifier.KeyState]string{
	verifier.StateUnavailable: "0", verifier.StateStale: "1", verifier.StateFresh: "2", verifier.StateUnfetched: "3",
}

// faultyFirst is the rank of the page: of each state, those whose last fetch failed
// come first. What anybody can invent comes behind all else, where the page cuts it
// off.
func faultyFirst(s verifier.Status) string {
	failed := "1"
	if s.Err != nil {
		failed = "0"
	}
	return inventedLast(s) + stateRanks[s.State] + failed
}

// Issuers implements [console.Source].
func (s consoleSource) Issuers(q console.IssuerQuery) console.IssuerPage {
	all := trustedIssuers(running(), func(s verifier.Status) bool {
		return (q.State == "" || string(s.State) == q.State) && holds(s, q.Text)
	}, faultyFirst)
	listed := len(all)
	for listed > 0 && all[listed-1].Candidate {
		listed--
	}
	page, err := issuersAfter(all[:listed], q.After, q.Limit)
	if err != nil {
		page, _ = issuersAfter(all[:listed], "", q.Limit) // the list begins anew
	}
	page.Candidates = len(all) - listed
	return page
}

// holds reports whether the URL or an account holds a text.
func holds(status verifier.Status, text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(status.Issuer, text) ||
		slices.ContainsFunc(status.Accounts, func(account string) bool { return strings.Contains(account, text) })
}
