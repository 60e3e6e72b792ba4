package caddymodule

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// stateRanks put first what somebody should look at.
var stateRanks = map[verifier.KeyState]int{
	verifier.StateUnavailable: 0, verifier.StateStale: 1, verifier.StateFresh: 2, verifier.StateUnfetched: 3,
}

// shownIssuer is an issuer as the page shows it: once, whichever handlers share
// its keys.
type shownIssuer struct {
	status   verifier.Status
	usedBy   []string
	position string // in the list
}

// faultyFirst is the rank of an issuer in the list: those of one state whose last
// fetch failed come first.
func faultyFirst(s verifier.Status) string {
	rank := 2 * stateRanks[s.State]
	if s.Err == nil {
		rank++
	}
	return strconv.Itoa(rank)
}

// positionOf is where an issuer stands in the list. Two that differ in their key
// sets alone differ in the handlers that use them.
func positionOf(status verifier.Status, where string) string {
	return faultyFirst(status) + status.Issuer + "\n" + where
}

// Issuers implements [console.Source].
func (s consoleSource) Issuers(q console.IssuerQuery) console.IssuerPage {
	all := shownIssuers(running(), q)
	page := console.IssuerPage{Issuers: []console.Issuer{}, Total: len(all)}
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		after = nil // the list begins anew
	}
	for _, each := range all {
		switch {
		case len(after) > 0 && each.position <= string(after):
		case len(page.Issuers) < q.Limit:
			page.Issuers = append(page.Issuers, consoleIssuer(each))
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(each.position))
		default:
			return page
		}
	}
	page.Next = ""
	return page
}

// shownIssuers are the issuers that a query selects, in the order of the list.
func shownIssuers(handlers []rehearsedHandler, q console.IssuerQuery) []*shownIssuer {
	found := make(map[sharedIssuer]*shownIssuer)
	for _, h := range handlers {
		for status := range h.verifier.Statuses() {
			if status.Candidate {
				continue // anybody can invent some; the admin API lists them
			}
			if q.State != "" && string(status.State) != q.State || !holds(status, q.Text) {
				continue
			}
			key := h.sharedIssuer(status)
			if each := found[key]; each != nil {
				each.usedBy = append(each.usedBy, h.where)
				continue
			}
			found[key] = &shownIssuer{status, []string{h.where}, positionOf(status, h.where)}
		}
	}
	all := slices.Collect(maps.Values(found))
	slices.SortFunc(all, func(a, b *shownIssuer) int { return strings.Compare(a.position, b.position) })
	return all
}

// holds reports whether the URL or an account holds a text.
func holds(status verifier.Status, text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(status.Issuer, text) ||
		slices.ContainsFunc(status.Accounts, func(account string) bool { return strings.Contains(account, text) })
}

func consoleIssuer(i *shownIssuer) console.Issuer {
	s := i.status
	shown := console.Issuer{
		URL: s.Issuer, Accounts: append([]string{}, s.Accounts...), ListedIn: string(s.ListedIn), KeysFrom: string(s.KeysFrom), State: string(s.State),
		Keys: []console.Key{}, FetchedAt: orNone(s.Fetched), AttemptedAt: orNone(s.Attempted), NextFetchAt: orNone(s.NextFetch), UsedBy: i.usedBy,
	}
	for _, key := range s.Keys {
		shown.Keys = append(shown.Keys, console.Key{KeyID: printable(key.ID, maxLogged), Algorithm: string(key.Algorithm)})
	}
	if len(s.Keys) > 0 {
		age := s.Age.Seconds()
		shown.KeyAgeSeconds = &age
	}
	if s.Err != nil {
		shown.Error = printable(s.Err.Error(), maxHint)
	}
	return shown
}

func orNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
