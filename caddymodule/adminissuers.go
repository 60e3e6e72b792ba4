package caddymodule

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// issuerPage is the answer of GET /aws_jwt/issuers.
type issuerPage struct {
	Issuers []trustedIssuer `json:"issuers"`
	Total   int             `json:"total"`          // of all pages
	Next    string          `json:"next,omitempty"` // for after; absent on the last page
}

// trustedIssuer is an issuer with its keys, in the one way in which some handlers
// trust it.
type trustedIssuer struct {
	URL       string             `json:"url"`
	Accounts  []string           `json:"accounts"`
	ListedIn  verifier.Listing   `json:"listed_in"`
	Candidate bool               `json:"candidate,omitempty"`
	KeysFrom  verifier.KeySource `json:"keys_from"`
	KeysAt    string             `json:"keys_at,omitempty"`
	State     verifier.KeyState  `json:"state"`
	Keys      []issuerKey        `json:"keys"`
	FetchedAt time.Time          `json:"fetched_at,omitzero"`
	KeyAge    *float64           `json:"key_age_seconds,omitempty"`
	Attempted time.Time          `json:"attempted_at,omitzero"`
	Fetching  bool               `json:"fetching,omitempty"`
	Error     string             `json:"error,omitempty"`
	NextFetch time.Time          `json:"next_fetch_at,omitzero"`
	UsedBy    []string           `json:"used_by"`
	by        *Handler           // the first of them
	position  string             // in the list; made once, since there may be tens of thousands
}

type issuerKey struct {
	ID        string             `json:"kid"`
	Algorithm verifier.Algorithm `json:"algorithm"`
}

// trustedIssuers are those of some handlers. Handlers that trust an issuer for the
// same accounts and share its keys have one entry. They come in a fixed order, with
// those last that anybody can invent.
func trustedIssuers(handlers []rehearsedHandler, want func(verifier.Status) bool) []trustedIssuer {
	type way struct {
		url, accounts, keysAt string
		listedIn              verifier.Listing
		keysFrom              verifier.KeySource
		sets                  *verifier.RemoteKeySets // nil for a file
	}
	found := make(map[way]*trustedIssuer)
	for _, h := range handlers {
		for s := range h.verifier.Statuses() {
			if !want(s) {
				continue
			}
			w := way{s.Issuer, strings.Join(s.Accounts, " "), s.KeysAt, s.ListedIn, s.KeysFrom, nil}
			if s.KeysFrom != verifier.KeysByFile {
				w.sets = h.remote // a reload may be taking the lease back
			}
			if found[w] == nil {
				found[w] = newTrustedIssuer(s, h)
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

// positionAmong is where an issuer stands among others: no handler has it twice.
func positionAmong(s verifier.Status, where string) string {
	rank := "0"
	if s.Candidate {
		rank = "1"
	}
	return rank + s.Issuer + "\n" + where
}

func newTrustedIssuer(s verifier.Status, h rehearsedHandler) *trustedIssuer {
	t := &trustedIssuer{
		URL: s.Issuer, Accounts: s.Accounts, ListedIn: s.ListedIn, Candidate: s.Candidate, KeysFrom: s.KeysFrom,
		KeysAt: s.KeysAt, State: s.State, Keys: make([]issuerKey, len(s.Keys)), FetchedAt: s.Fetched.UTC(),
		Attempted: s.Attempted.UTC(), Fetching: s.Fetching, NextFetch: s.NextFetch.UTC(), UsedBy: []string{h.where}, by: h.Handler,
		position: positionAmong(s, h.where),
	}
	if t.Accounts == nil {
		t.Accounts = []string{}
	}
	for i, key := range s.Keys {
		t.Keys[i] = issuerKey{printable(key.ID, maxLogged), key.Algorithm}
	}
	if len(s.Keys) > 0 {
		age := s.Age.Seconds()
		t.KeyAge = &age
	}
	if s.Err != nil {
		t.Error = terminal.Sentence(s.Err.Error())
	}
	return t
}

func keyStateNames() []string {
	var names []string
	for _, state := range verifier.KeyStates() {
		names = append(names, string(state))
	}
	return names
}

func adminIssuers(_ http.ResponseWriter, r *http.Request) (any, error) {
	values, err := adminQuery(r, "state", "candidate", "limit", "after")
	if err != nil {
		return nil, err
	}
	state, err := oneOf(values, "state", keyStateNames())
	if err != nil {
		return nil, err
	}
	candidate, err := oneOf(values, "candidate", []string{"true", "false"})
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(values)
	if err != nil {
		return nil, err
	}
	after, err := base64.RawURLEncoding.DecodeString(values.Get("after"))
	if err != nil {
		return nil, badRequest("after: %s is not the next of an earlier page", quoteForeign(values.Get("after")))
	}
	// Whoever looks for what is at fault is not to look through what was invented.
	candidates := candidate == "true" || candidate == "" && state == ""
	all := trustedIssuers(running(), func(s verifier.Status) bool {
		return (state == "" || string(s.State) == state) && (candidates || !s.Candidate)
	})
	page := issuerPage{Issuers: []trustedIssuer{}, Total: len(all)}
	for i := range all {
		if len(after) > 0 && all[i].position <= string(after) {
			continue
		}
		if len(page.Issuers) == limit {
			last := page.Issuers[limit-1]
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(last.position))
			break
		}
		page.Issuers = append(page.Issuers, all[i])
	}
	return page, nil
}
