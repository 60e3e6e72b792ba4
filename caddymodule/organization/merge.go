package organization

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
)

// Findings are what is known of an organization's accounts when a file is
// written.
type Findings struct {
	Accounts []Account       // all of the organization
	Results  []Result        // of those that were asked about
	Exclude  map[string]bool // accounts that are not to be trusted
}

// Change is an entry that a new file has, and the old one had not, or otherwise.
type Change struct {
	Account string `json:"account"`
	Name    string `json:"name,omitempty"`
	Issuer  string `json:"issuer,omitempty"` // in the new file
	Before  string `json:"before,omitempty"` // in the old one
	Why     string `json:"why,omitempty"`    // of what was removed or is otherwise
}

// Merged is a new file, beside the old one.
type Merged struct {
	Entries                 []Entry
	Added, Removed, Changed []Change
	Kept                    []Change // of accounts that were not asked, or could not be
	Others                  []Entry  // of the old file, which are none of the organization's
}

// merger makes a new file.
type merger struct {
	old    []Entry
	used   []bool          // which of the old entries have an account
	shapes map[string]bool // of the issuers that were found
	out    Merged
}

// Merge makes the entries of a new file: those of old that are none of the
// organization's, and behind them one for each account, in the order of their
// numbers.
//
// An old entry is an account's when it has the account's issuer; or when it names
// the account and no other, and its issuer differs from one that was found by its
// UUID alone: what names another issuer, or says where its keys are, was written
// by hand. Its audiences and algorithms stay, and with the same
// issuer so does where its keys are. The entry of an account about which nothing
// was found out stays whole.
func Merge(old []Entry, f Findings) Merged {
	m := &merger{old: old, used: make([]bool, len(old)), shapes: map[string]bool{}}
	results := make(map[string]Result, len(f.Results))
	for _, each := range f.Results {
		results[each.ID] = each
		if each.Issuer != "" {
			m.shapes[shape(each.Issuer)] = true
		}
	}
	accounts := slices.SortedFunc(slices.Values(f.Accounts), func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	var entries []Entry
	for _, account := range accounts {
		result, asked := results[account.ID]
		n := m.find(account.ID, result.Issuer)
		var gone string
		switch {
		case f.Exclude[account.ID]:
			gone = "the account is excluded"
		case account.State != stateActive:
			gone = "the account is " + account.State
		case asked && result.Disabled:
			gone = "federation is not enabled"
		case asked && result.Fault == nil:
			entries = append(entries, m.take(account, result.Issuer, n))
			continue
		case n >= 0:
			entries = append(entries, old[n])
			m.out.Kept = append(m.out.Kept, Change{Account: account.ID, Name: account.Name, Issuer: old[n].URL})
			continue
		}
		if n >= 0 {
			m.out.Removed = append(m.out.Removed, Change{Account: account.ID, Name: account.Name, Before: old[n].URL, Why: gone})
		}
	}
	for n, each := range old {
		if !m.used[n] {
			m.out.Others = append(m.out.Others, each)
		}
	}
	m.out.Entries = append(slices.Clone(m.out.Others), entries...)
	return m.out
}

// find finds the old entry of an account, by its issuer rather than by its
// number, or -1. Further entries that name the account alone are none of it.
func (m *merger) find(account, issuer string) int {
	n := -1
	if issuer != "" {
		n = slices.IndexFunc(m.old, func(e Entry) bool { return e.URL == issuer })
	}
	if n < 0 {
		n = slices.IndexFunc(m.old, func(e Entry) bool {
			return len(e.Accounts) == 1 && e.Accounts[0] == account && e.JWKSURL+e.JWKSFile == "" && m.shapes[shape(e.URL)]
		})
	}
	if n >= 0 && m.used[n] {
		return -1
	}
	if n >= 0 {
		m.used[n] = true
	}
	return n
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// shape is an issuer without what tells it from those of other accounts.
func shape(issuer string) string { return uuid.ReplaceAllLiteralString(issuer, "<uuid>") }

// take makes the entry of an account whose issuer was found, from the old one.
func (m *merger) take(account Account, issuer string, n int) Entry {
	entry := Entry{URL: issuer, Accounts: []string{account.ID}}
	change := Change{Account: account.ID, Name: account.Name, Issuer: issuer}
	if n < 0 {
		m.out.Added = append(m.out.Added, change)
		return entry
	}
	before := m.old[n]
	entry.Audiences, entry.Algorithms = before.Audiences, before.Algorithms
	if before.URL == issuer {
		entry.JWKSURL, entry.JWKSFile = before.JWKSURL, before.JWKSFile
	}
	if !reflect.DeepEqual(entry, before) {
		change.Before, change.Why = before.URL, "the issuer is another"
		if before.URL == issuer {
			change.Why = "its accounts were others"
		}
		m.out.Changed = append(m.out.Changed, change)
	}
	return entry
}
