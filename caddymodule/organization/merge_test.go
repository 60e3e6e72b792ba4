package organization

import (
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// with is an entry with something changed.
func with(e Entry, change func(*Entry)) Entry {
	change(&e)
	return e
}

// TestMerge is about account 2, which was asked and has an issuer unless the case
// says otherwise; account 1 always has.
func TestMerge(t *testing.T) {
	one, two := entry(id(1)), entry(id(2))
	restricted := func(e *Entry) { e.Audiences, e.Algorithms = []string{"a"}, []verifier.Algorithm{"ES384"} }
	former := with(two, func(e *Entry) { e.URL = issuer(id(77)) }) // of the account, before it was another
	partner := Entry{URL: "https://partner.example", Accounts: []string{id(2)}}
	fault := &CallError{Call: callAssume, Code: "AccessDenied"}
	for name, tt := range map[string]struct {
		old     []Entry
		change  func(a *Account, r *Result, f *Findings)
		entries []Entry // behind those of others, and account 1's
		diff    string  // of account 2: + ~ - = or nothing
		others  int
	}{
		"new":                          {old: []Entry{one}, entries: []Entry{two}, diff: "+"},
		"the same":                     {old: []Entry{one, two}, entries: []Entry{two}},
		"restricted by hand":           {old: []Entry{one, with(two, restricted)}, entries: []Entry{with(two, restricted)}},
		"with keys of its own":         {old: []Entry{one, with(two, func(e *Entry) { e.JWKSFile = "k" })}, entries: []Entry{with(two, func(e *Entry) { e.JWKSFile = "k" })}},
		"pinned to none":               {old: []Entry{one, with(two, func(e *Entry) { e.Accounts = nil })}, entries: []Entry{two}, diff: "~"},
		"pinned to more":               {old: []Entry{one, with(two, func(e *Entry) { e.Accounts = []string{id(2), id(3)} })}, entries: []Entry{two}, diff: "~"},
		"another issuer":               {old: []Entry{one, with(former, restricted)}, entries: []Entry{with(two, restricted)}, diff: "~"},
		"another issuer, keys by hand": {old: []Entry{one, with(former, func(e *Entry) { e.JWKSFile = "k" })}, entries: []Entry{two}, diff: "+", others: 1},
		"of a partner, too":            {old: []Entry{partner, one}, entries: []Entry{two}, diff: "+", others: 1},
		"twice":                        {old: []Entry{one, two, former}, entries: []Entry{two}, others: 1},
		"of an account that left":      {old: []Entry{one, two, entry(id(9))}, entries: []Entry{two}, others: 1},
		"disabled": {old: []Entry{one, two}, diff: "-", change: func(_ *Account, r *Result, _ *Findings) {
			r.Issuer, r.Disabled = "", true
		}},
		"disabled and never there": {old: []Entry{one}, change: func(_ *Account, r *Result, _ *Findings) { r.Issuer, r.Disabled = "", true }},
		"suspended": {old: []Entry{one, two}, diff: "-", change: func(a *Account, _ *Result, f *Findings) {
			a.State, f.Results = "SUSPENDED", f.Results[:1]
		}},
		"excluded": {old: []Entry{one, two}, diff: "-", change: func(_ *Account, _ *Result, f *Findings) {
			f.Exclude, f.Results = map[string]bool{id(2): true}, f.Results[:1]
		}},
		"failed": {old: []Entry{one, with(two, restricted)}, entries: []Entry{with(two, restricted)}, diff: "=", change: func(_ *Account, r *Result, _ *Findings) {
			r.Issuer, r.Fault = "", fault
		}},
		"failed and never there": {old: []Entry{one}, change: func(_ *Account, r *Result, _ *Findings) { r.Issuer, r.Fault = "", fault }},
		"failed, a partner's entry": {old: []Entry{partner, one}, others: 1, change: func(_ *Account, r *Result, _ *Findings) {
			r.Issuer, r.Fault = "", fault
		}},
		"not asked": {old: []Entry{one, two}, entries: []Entry{two}, diff: "=", change: func(_ *Account, _ *Result, f *Findings) {
			f.Results = f.Results[:1]
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := Findings{Accounts: accounts(2), Results: []Result{{Issuer: one.URL}, {Issuer: two.URL}}}
			if tt.change != nil {
				tt.change(&f.Accounts[1], &f.Results[1], &f)
			}
			for n := range f.Results {
				f.Results[n].Account = f.Accounts[n]
			}
			got := Merge(tt.old, f)
			if len(got.Others) != tt.others {
				t.Fatalf("others %v", got.Others)
			}
			if want := append([]Entry{one}, tt.entries...); !reflect.DeepEqual(got.Entries[tt.others:], want) {
				t.Errorf("got %+v, want %+v", got.Entries[tt.others:], want)
			}
			var signs []string
			for sign, list := range map[string][]Change{"+": got.Added, "~": got.Changed, "-": got.Removed, "=": got.Kept} {
				for _, each := range list {
					signs = append(signs, sign)
					if each.Account != id(2) || (sign == "-") != (each.Issuer == "") || sign == "-" && each.Why == "" {
						t.Errorf("%s %+v", sign, each)
					}
				}
			}
			if diff := strings.Join(signs, ""); diff != tt.diff {
				t.Errorf("difference %q, want %q", diff, tt.diff)
			}
		})
	}
}

func TestMergeSorts(t *testing.T) {
	f := Findings{Accounts: []Account{accounts(2)[1], accounts(2)[0]}}
	for _, each := range f.Accounts {
		f.Results = append(f.Results, Result{Account: each, Issuer: issuer(each.ID)})
	}
	if got := Merge(nil, f).Entries; got[0].Accounts[0] != id(1) || got[1].Accounts[0] != id(2) {
		t.Errorf("got %v", got)
	}
}
