package organization

import (
	"fmt"
	"io"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// enable is what turns federation on. It changes the account, so a person does it.
const enable = "run there: aws iam enable-outbound-web-identity-federation"

// maxListed is how many accounts are listed by name under one heading; --json has
// all.
const maxListed = 20

// text writes a report for people.
type text struct {
	strings.Builder
	style *terminal.Style
}

// Text writes the report.
func (r *Report) Text(w io.Writer, style *terminal.Style) error {
	t := &text{style: style}
	for _, each := range r.Added {
		t.line(style.Good("+"), each.Account, each.Name, each.Issuer, "")
	}
	for _, each := range r.Changed {
		t.line(style.Warn("~"), each.Account, each.Name, each.Issuer, each.Why)
	}
	for _, each := range r.Removed {
		t.line(style.Bad("-"), each.Account, each.Name, each.Before, each.Why)
	}
	for n, each := range r.Others {
		if r.OthersGone {
			t.line(style.Bad("-"), "", "", each, "it is of no account of the organization")
		} else if n == 0 {
			t.printf("  %d of no account of the organization stay\n", len(r.Others))
		}
	}
	if n := len(r.Disabled); n > 0 {
		t.printf("%s federation is not enabled in %s\n", style.Warn("left out:"), terminal.Plural(n, "account"))
		t.accounts(r.Disabled)
		t.printf("      → %s\n", enable)
	}
	t.failed(r.Failed, len(r.Kept))
	t.last(r)
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

// line is one account of the difference.
func (t *text) line(sign, account, name, issuer, why string) {
	parts := []string{sign}
	for _, each := range []string{account, name, issuer} {
		if each != "" {
			parts = append(parts, terminal.Value(each))
		}
	}
	if why != "" {
		parts = append(parts, "("+terminal.Printable(why)+")")
	}
	t.printf("%s\n", strings.Join(parts, "  "))
}

func (t *text) accounts(list []Account) {
	for n, each := range list {
		if n == maxListed {
			t.printf("      and %d more, which --json has\n", len(list)-n)
			return
		}
		t.printf("      %s  %s\n", terminal.Value(each.ID), terminal.Value(each.Name))
	}
}

// failed lists what could not be asked. Accounts with the same fault stand
// together, since they are mended together.
func (t *text) failed(list []Failed, kept int) {
	type kind struct{ call, code, remedy string }
	var order []kind
	groups := make(map[kind][]Failed)
	for _, each := range list {
		k := kind{each.Call, each.Code, each.Remedy}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], each)
	}
	for _, k := range order {
		t.printf("%s %s could not be asked: %s: %s\n", t.style.Bad("left out:"), terminal.Plural(len(groups[k]), "account"), k.call, terminal.Value(k.code))
		var accounts []Account
		for _, each := range groups[k] {
			accounts = append(accounts, each.Account)
		}
		t.accounts(accounts)
		t.printf("      %s\n      → %s\n", terminal.Sentence(groups[k][0].Message), terminal.Sentence(k.remedy))
	}
	if len(list) > 0 && kept > 0 {
		t.printf("  %d that were not asked keep the entry that they have\n", kept)
	}
}

// last says what became of the file.
func (t *text) last(r *Report) {
	a := r.Accounts
	t.printf("%s: %d of %s have an issuer", terminal.Value(r.Organization), a.Found, terminal.Plural(a.Asked, "account"))
	for _, each := range []struct {
		n    int
		what string
	}{{a.Known, "known from the run before"}, {a.Inactive, "more not active"}, {a.Excluded, "excluded"}} {
		if each.n > 0 {
			t.printf(", %d %s", each.n, each.what)
		}
	}
	t.printf("\n")
	file := terminal.Printable(r.Output)
	switch r.Outcome {
	case Written:
		t.printf("%s %s, with %s: %d added, %d changed, %d removed\n", t.style.Good("written:"), file,
			terminal.Plural(r.Issuers, "issuer"), len(r.Added), len(r.Changed), r.removed())
	case Unchanged:
		t.printf("%s %s says the same already, with %s\n", t.style.Good("unchanged:"), file, terminal.Plural(r.Issuers, "issuer"))
	case DryRun:
		t.printf("%s %s would have %s: %d added, %d changed, %d removed\n", t.style.Warn("not written, as asked:"), file,
			terminal.Plural(r.Issuers, "issuer"), len(r.Added), len(r.Changed), r.removed())
	case NotWritten:
		t.printf("%s accounts are left out: mend that and run again with --resume, or leave them out with --allow-missing", t.style.Bad("not written:"))
		if len(r.Failed) == 0 {
			t.printf("=disabled")
		}
		t.printf("\n")
	case Printed:
	}
}

func (r *Report) removed() int {
	if r.OthersGone {
		return len(r.Removed) + len(r.Others)
	}
	return len(r.Removed)
}

// JSON writes the report as one document.
func (r *Report) JSON(w io.Writer) error { return terminal.WriteJSON(w, r) }
