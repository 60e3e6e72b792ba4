package organization

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Outcome is what became of the issuers file.
type Outcome string

// What became of it.
const (
	Written    Outcome = "written"
	Unchanged  Outcome = "unchanged"   // it said the same already
	NotWritten Outcome = "not_written" // since accounts would be left out
	DryRun     Outcome = "dry_run"
	Printed    Outcome = "printed" // to standard output
)

// Totals are numbers of accounts.
type Totals struct {
	All      int `json:"all"`
	Asked    int `json:"asked"`
	Found    int `json:"found"`
	Known    int `json:"known"` // of those that were found: from an earlier run
	Disabled int `json:"disabled"`
	Failed   int `json:"failed"`
	Inactive int `json:"inactive"`
	Excluded int `json:"excluded"`
}

// Failed is an account that could not be asked.
type Failed struct {
	Account
	Call    string `json:"call"` // these are a CallError's
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// Report is what a run came to.
type Report struct {
	Organization string    `json:"organization"`
	Outcome      Outcome   `json:"outcome"`
	Output       string    `json:"output,omitempty"`
	Complete     bool      `json:"complete"`
	Accounts     Totals    `json:"accounts"`
	Issuers      int       `json:"issuers"`
	Added        []Change  `json:"added,omitempty"`
	Removed      []Change  `json:"removed,omitempty"`
	Changed      []Change  `json:"changed,omitempty"`
	Kept         []Change  `json:"kept,omitempty"`
	Others       []string  `json:"others,omitempty"`
	OthersGone   bool      `json:"others_removed,omitempty"`
	Disabled     []Account `json:"disabled,omitempty"`
	Failed       []Failed  `json:"failed,omitempty"`

	// Entries are those of the new file.
	Entries []Entry `json:"-"`
}

func newReport(o Options, d Directory, asked []Account, results []Result) *Report {
	r := &Report{Organization: d.Organization, Output: o.Output, Outcome: Printed}
	r.Accounts.All, r.Accounts.Asked, r.Accounts.Excluded = len(d.Accounts), len(asked), len(set(o.Exclude))
	for _, each := range d.Accounts {
		if each.State != stateActive && !set(o.Exclude)[each.ID] {
			r.Accounts.Inactive++
		}
	}
	for _, each := range results {
		switch {
		case each.Disabled:
			r.Disabled = append(r.Disabled, each.Account)
		case each.Fault != nil:
			r.Failed = append(r.Failed, Failed{each.Account, each.Fault.Call, each.Fault.Code, each.Fault.Message, each.Fault.Remedy})
		default:
			r.Accounts.Found++
			if each.Known {
				r.Accounts.Known++
			}
		}
	}
	r.Accounts.Disabled, r.Accounts.Failed = len(r.Disabled), len(r.Failed)
	r.Complete = r.Accounts.Found == r.Accounts.Asked
	return r
}

// finish merges what was found into the file that is there now, and writes it.
func (r *Report) finish(o Options, f Findings) error {
	if err := oneAccountEach(f.Results); err != nil {
		return err
	}
	var old []Entry
	if o.Output != "" {
		var err error
		if old, err = ReadFile(o.Output); err != nil {
			return err
		}
	}
	merged := Merge(old, f)
	r.Added, r.Removed, r.Changed, r.Kept = merged.Added, merged.Removed, merged.Changed, merged.Kept
	r.Entries = merged.Entries
	for _, each := range merged.Others {
		r.Others = append(r.Others, each.URL)
	}
	if o.Others == OthersRemove {
		r.OthersGone = len(r.Others) > 0
		r.Entries = r.Entries[len(merged.Others):]
	}
	r.Issuers = len(r.Entries)
	switch {
	case r.Accounts.Found == 0:
		return fmt.Errorf("no issuer was found, so that nothing is written: %s", r.why())
	case len(r.Others) > 0 && o.Others == OthersUnsaid:
		return r.othersUnsaid()
	case !r.Allowed(o.Missing):
		r.Outcome = NotWritten
		return nil
	case o.DryRun:
		r.Outcome = DryRun
		return nil
	case o.Output == "":
		return nil
	}
	changed, err := WriteFile(o.Output, r.Entries)
	if r.Outcome = Unchanged; changed {
		r.Outcome = Written
	}
	return err
}

// Allowed reports whether the file may be written without the accounts that are
// left out.
func (r *Report) Allowed(m Missing) bool {
	return r.Complete || m == MissingAll || m == MissingDisabled && len(r.Failed) == 0
}

// why says why no issuer was found.
func (r *Report) why() string {
	var parts []string
	if n := len(r.Disabled); n > 0 {
		parts = append(parts, fmt.Sprintf("federation is not enabled in %s (%s)", terminal.Plural(n, "account"), enable))
	}
	if n := len(r.Failed); n > 0 {
		first := r.Failed[0]
		parts = append(parts, fmt.Sprintf("%s could not be asked, such as %s: %s: %s: %s: %s",
			terminal.Plural(n, "account"), first.ID, first.Call, first.Code, first.Message, first.Remedy))
	}
	return strings.Join(parts, ", and ")
}

// othersUnsaid asks what is to become of entries that somebody else wrote. They
// may be a partner's, or of an account that has left: only a person knows.
func (r *Report) othersUnsaid() error {
	const most = 5
	var names []string
	for n, each := range r.Others {
		if n == most {
			names = append(names, fmt.Sprintf("%d more", len(r.Others)-most))
			break
		}
		names = append(names, terminal.Value(each))
	}
	return fmt.Errorf("%s has %d entries that are of no account of %s: written by hand, or of accounts that have left (%s). "+
		"Say what is to become of them: --others keep, or --others remove", r.Output, len(r.Others), r.Organization, strings.Join(names, ", "))
}

// oneAccountEach refuses an issuer that two accounts are said to have: each would
// speak for the other.
func oneAccountEach(results []Result) error {
	whose := make(map[string]string)
	var faults []error
	for _, each := range results {
		if each.Issuer == "" {
			continue
		}
		if other, twice := whose[each.Issuer]; twice {
			faults = append(faults, fmt.Errorf("accounts %s and %s are said to have one issuer, %s; nothing is written", other, each.ID, terminal.Value(each.Issuer)))
		}
		whose[each.Issuer] = each.ID
	}
	return errors.Join(faults...)
}
