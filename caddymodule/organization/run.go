package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Others is what becomes of entries of the old file that are none of the
// organization's.
type Others string

// What becomes of them. It must be said only when there are some.
const (
	OthersUnsaid Others = ""
	OthersKeep   Others = "keep"
	OthersRemove Others = "remove"
)

// Missing is which accounts may be left out of the file.
type Missing string

// Which accounts may be left out: none, those with federation turned off, or
// those that could not be asked, too.
const (
	MissingNone     Missing = ""
	MissingDisabled Missing = "disabled"
	MissingAll      Missing = "all"
)

// Options say what is asked, and where it is written.
type Options struct {
	Output   string // the issuers file; "" writes none
	State    string // the state file; "" keeps none
	Resume   bool
	Only     []string // account IDs; none means all
	Exclude  []string
	Others   Others
	Missing  Missing
	DryRun   bool
	Parallel int

	Now      func() time.Time
	Progress func(done, total int) // total is 0 while accounts are listed
}

// InterruptedError says that a run was ended before it was done.
type InterruptedError struct {
	Found, Total int
	State        string // where those are that were found, if anywhere
	Cause        error
}

// Error implements error.
func (i *InterruptedError) Error() string {
	text := fmt.Sprintf("%v, with the issuers of %d of %s known", i.Cause, i.Found, terminal.Plural(i.Total, "account"))
	if i.State != "" {
		text += "; they are in " + i.State + ", and --resume goes on with them"
	}
	return text
}

// Unwrap returns the cause.
func (i *InterruptedError) Unwrap() error { return i.Cause }

// ErrInterrupted is the cause when somebody ended the run.
var ErrInterrupted = errors.New("interrupted")

// Run finds the issuers of an organization's accounts and writes them to the
// issuers file. The report says what became of it; the error is a *CallError or an
// *InterruptedError where AWS or a person ended the run, and then the file is as it was.
func Run(ctx context.Context, client AWS, o Options) (*Report, error) {
	if o.Output != "" { // in time: what is found is lost on a file that cannot be merged
		if _, err := ReadFile(o.Output); err != nil {
			return nil, err
		}
	}
	directory, err := list(ctx, client, o)
	if err != nil {
		return nil, err
	}
	asked, err := o.choose(directory)
	if err != nil {
		return nil, err
	}
	results, state, err := survey(ctx, client, o, directory.Organization, asked)
	if err != nil {
		return nil, err
	}
	report := newReport(o, directory, asked, results)
	err = report.finish(o, Findings{directory.Accounts, results, set(o.Exclude)})
	return report, errors.Join(err, closeState(state, report, err))
}

// list finds out who asks and lists the accounts.
func list(ctx context.Context, client AWS, o Options) (Directory, error) {
	if _, err := client.Caller(ctx); err != nil {
		return Directory{}, interrupted(ctx, err, o, 0, 0)
	}
	directory, err := client.Accounts(ctx, func(n int) { o.Progress(n, 0) })
	if err != nil {
		return Directory{}, interrupted(ctx, err, o, 0, 0)
	}
	if len(directory.Accounts) == 0 || directory.Organization == "" {
		return Directory{}, errors.New("AWS lists no accounts of an organization")
	}
	return directory, nil
}

// interrupted is an error as what it is when a person ended the run.
func interrupted(ctx context.Context, err error, o Options, found, total int) error {
	if ctx.Err() == nil {
		return err
	}
	i := &InterruptedError{Found: found, Total: total, Cause: ErrInterrupted}
	if found > 0 {
		i.State = o.State
	}
	return i
}

// choose is which accounts are asked about.
func (o Options) choose(d Directory) ([]Account, error) {
	for _, id := range slices.Concat(o.Only, o.Exclude) {
		if !slices.ContainsFunc(d.Accounts, func(a Account) bool { return a.ID == id }) {
			return nil, fmt.Errorf("account %s is none of %s's %s", terminal.Value(id), d.Organization, terminal.Plural(len(d.Accounts), "account"))
		}
	}
	var asked []Account
	for _, each := range d.Accounts {
		if each.State == stateActive && !slices.Contains(o.Exclude, each.ID) && (len(o.Only) == 0 || slices.Contains(o.Only, each.ID)) {
			asked = append(asked, each)
		}
	}
	if len(asked) == 0 {
		return nil, errors.New("no account is left to ask: each is excluded, or not active")
	}
	return asked, nil
}

// survey asks about the accounts, and notes what it finds.
func survey(ctx context.Context, client AWS, o Options, organization string, accounts []Account) ([]Result, *State, error) {
	var state *State
	s := &Survey{AWS: client, Parallel: o.Parallel}
	if o.State != "" {
		var err error
		if state, err = OpenState(o.State, organization, o.Resume, o.Now()); err != nil {
			return nil, nil, err
		}
		s.Known = state.Known
	}
	done, found := 0, 0
	o.Progress(done, len(accounts))
	s.Done = func(r Result) error {
		done++
		o.Progress(done, len(accounts))
		if r.Issuer == "" {
			return nil
		}
		found++
		if state == nil || r.Known {
			return nil
		}
		return state.Note(r.ID, r.Issuer, o.Now())
	}
	results, err := s.Run(ctx, accounts)
	if err == nil {
		return results, state, nil
	}
	if state != nil {
		err = errors.Join(err, state.Close())
	}
	var fault *CallError
	switch {
	case ctx.Err() != nil:
		err = interrupted(ctx, err, o, found, len(accounts))
	case errors.As(err, &fault) && found > 0:
		err = &InterruptedError{Found: found, Total: len(accounts), State: o.State, Cause: fault}
	}
	return nil, nil, err
}

// closeState takes the state file away once the issuers file is written, and
// leaves it otherwise.
func closeState(state *State, r *Report, failed error) error {
	switch {
	case state == nil:
		return nil
	case failed == nil && (r.Outcome == Written || r.Outcome == Unchanged || r.Outcome == Printed):
		return state.Remove()
	}
	return state.Close()
}

func set(list []string) map[string]bool {
	in := make(map[string]bool, len(list))
	for _, each := range list {
		in[strings.TrimSpace(each)] = true
	}
	return in
}
