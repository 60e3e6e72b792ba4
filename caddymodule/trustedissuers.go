package caddymodule

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// trustedIssuer is an issuer with its keys, in the one way in which some handlers
// trust it.
type trustedIssuer struct {
	console.Issuer
	by       *Handler // the first of them
	position string   // in the list; made once, since there may be tens of thousands
}

// trustedIssuers are those of some handlers. Handlers that trust an issuer for the
// same accounts and share its keys have one entry. They come in the order of their
// ranks, and of their URLs within one.
func trustedIssuers(handlers []rehearsedHandler, want func(verifier.Status) bool, rank func(verifier.Status) string) []trustedIssuer {
	type way struct {
		sharedIssuer
		accounts string
		listedIn verifier.Listing
	}
	found := make(map[way]*trustedIssuer)
	for _, h := range handlers {
		for s := range h.verifier.Statuses() {
			if !want(s) {
				continue
			}
			w := way{h.sharedIssuer(s), strings.Join(s.Accounts, " "), s.ListedIn}
			if s.KeysFrom == verifier.KeysByFile {
				w.sets = nil // whatever else the handler fetches
			}
			if found[w] == nil {
				// No handler has it twice.
				found[w] = &trustedIssuer{shownIssuer(s, h.where), h.Handler, rank(s) + s.Issuer + "\n" + h.where}
				continue
			}
			found[w].UsedBy = append(found[w].UsedBy, h.where)
		}
	}
	all := make([]trustedIssuer, 0, len(found))
	for each := range maps.Values(found) {
		all = append(all, *each)
	}
	slices.SortFunc(all, func(a, b trustedIssuer) int { return strings.Compare(a.position, b.position) })
	return all
}

// inventedLast is the rank of the admin API: last come those that anybody can
// invent.
func inventedLast(s verifier.Status) string {
	if s.Candidate {
		return "1"
	}
	return "0"
}

func shownIssuer(s verifier.Status, where string) console.Issuer {
	shown := console.Issuer{
		URL: s.Issuer, Accounts: s.Accounts, ListedIn: s.ListedIn, Candidate: s.Candidate, KeysFrom: s.KeysFrom,
		KeysAt: s.KeysAt, State: s.State, Keys: make([]console.Key, len(s.Keys)), FetchedAt: s.Fetched.UTC(),
		AttemptedAt: s.Attempted.UTC(), Fetching: s.Fetching, NextFetchAt: s.NextFetch.UTC(), UsedBy: []string{where},
	}
	if shown.Accounts == nil {
		shown.Accounts = []string{}
	}
	for i, key := range s.Keys {
		shown.Keys[i] = console.Key{KeyID: printable(key.ID, maxLogged), Algorithm: key.Algorithm}
	}
	if len(s.Keys) > 0 {
		age := s.Age.Seconds()
		shown.KeyAgeSeconds = &age
	}
	if s.Err != nil {
		shown.Error = terminal.Sentence(s.Err.Error())
	}
	return shown
}

// issuersAfter is a page of a list: at most limit of those that come behind the
// one at which the page before ended, as its next says.
func issuersAfter(all []trustedIssuer, next string, limit int) (console.IssuerPage, error) {
	page := console.IssuerPage{Issuers: []console.Issuer{}, Total: len(all)}
	after, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		return page, fmt.Errorf("reading the next of a page: %w", err)
	}
	first := 0
	if len(after) > 0 {
		first, _ = slices.BinarySearchFunc(all, string(after)+"\x00", func(t trustedIssuer, at string) int { return strings.Compare(t.position, at) })
	}
	last := min(first+limit, len(all))
	for _, each := range all[first:last] {
		page.Issuers = append(page.Issuers, each.Issuer)
	}
	if last < len(all) {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(all[last-1].position))
	}
	return page, nil
}
