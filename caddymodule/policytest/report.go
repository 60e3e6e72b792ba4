package policytest

import (
	"fmt"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Result is how a run, or a part of it, came out.
type Result string

// The results, each worse than the one before.
const (
	Passed     Result = "passed"
	Failed     Result = "failed"     // a case, or with Options.Strict a warning or a run of no case
	Unreadable Result = "unreadable" // a file or a configuration has a fault: not all was run
)

// worse returns the worse of two results. The zero Result is none.
func worse(a, b Result) Result {
	rank := map[Result]int{Passed: 1, Failed: 2, Unreadable: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Report is what a run came to. Its JSON form is what [Report.JSON] writes.
type Report struct {
	Result         Result           `json:"result"` // the worst of all
	Files          []*File          `json:"files"`  // in the order in which they were given
	Configurations []*Configuration `json:"configurations"`
	Totals         Totals           `json:"totals"`

	options Options
}

// File is one file's part of a Report.
type File struct {
	Name   string  `json:"name"` // as it was given
	Config string  `json:"config,omitempty"`
	Result Result  `json:"result"`
	Faults []Fault `json:"faults"` // by line; at most 50, the last of which may count the others

	// Cases are those that were run, in the order of the file: neither those that
	// Options.Run leaves out, nor those with a fault.
	Cases   []*Case `json:"cases"`
	NotRun  int     `json:"not_run"` // cases that a fault kept from being run
	Skipped int     `json:"skipped"` // cases that Options.Run left out
	Seconds float64 `json:"seconds"`

	configuration *Configuration
}

func (f *File) failures() (n int) {
	for _, c := range f.Cases {
		if !c.Passed {
			n++
		}
	}
	return n
}

// Case is one case that was run. Outcome and what follows are what became of the
// request; a rule or a status of none is left out.
type Case struct {
	Name     string       `json:"name"`
	Line     int          `json:"line"`
	Passed   bool         `json:"passed"`
	Problems []Problem    `json:"problems"` // what is not as it was wanted; empty exactly when Passed
	Outcome  walk.Outcome `json:"outcome,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	Rule     string       `json:"rule,omitempty"`
	Status   int          `json:"status,omitempty"`
	Seconds  float64      `json:"seconds"`

	// Of a case that failed: the hint of the refusal, the check that decided, and
	// that of a rule that was wanted and did not decide.
	Hint       string      `json:"hint,omitempty"`
	Decisive   *walk.Check `json:"decisive,omitempty"`
	WantedRule *walk.Check `json:"wanted_rule,omitempty"`

	walk *walk.Walk
}

// Problem is one thing that came otherwise than it was wanted. Texts from outside
// are quoted and cut.
type Problem struct {
	Line   int    `json:"line"`  // of what was wanted
	Field  string `json:"field"` // of want, such as "outcome" or "headers.X-Team"; "error" when the gateway could not be asked
	Wanted string `json:"wanted"`
	Came   string `json:"came"`
}

func (p Problem) String() string {
	if p.Field == problemError {
		return p.Came
	}
	return fmt.Sprintf("%s: wanted %s, came %s", p.Field, p.Wanted, p.Came)
}

const problemError = "error"

// Configuration is one configuration that files were run against.
type Configuration struct {
	Config   string    `json:"config"`
	Warnings []string  `json:"warnings"`
	Coverage *Coverage `json:"coverage,omitempty"` // none unless all cases of its files were run

	gateway Gateway
	rules   []Rule
	err     error
	last    *File // the last that was run against it
}

// Coverage says which rules were seen both true and false: over the handlers
// that a request reached with all token checks and requirements passed.
type Coverage struct {
	Rules      int    `json:"rules"`       // allow and deny, shadow rules included
	Both       int    `json:"both"`        // of them, seen true and seen false
	NeverTrue  []Rule `json:"never_true"`  // in the order of the configuration
	NeverFalse []Rule `json:"never_false"` // the same; a rule that was never asked is in both
}

// Totals are sums over all files.
type Totals struct {
	Files    int     `json:"files"`
	Cases    int     `json:"cases"` // that were run
	Passed   int     `json:"passed"`
	Failed   int     `json:"failed"`
	NotRun   int     `json:"not_run"`
	Skipped  int     `json:"skipped"`
	Faults   int     `json:"faults"`
	Warnings int     `json:"warnings"`
	Seconds  float64 `json:"seconds"`
}

// finish fills in what follows from the parts.
func (r *Report) finish() {
	r.Result = Passed
	t := Totals{Files: len(r.Files)}
	for _, f := range r.Files {
		r.Result = worse(r.Result, f.Result)
		t.Cases += len(f.Cases)
		t.Failed += f.failures()
		t.NotRun += f.NotRun
		t.Skipped += f.Skipped
		t.Faults += len(f.Faults)
		t.Seconds += f.Seconds
	}
	for _, c := range r.Configurations {
		t.Warnings += len(c.Warnings)
	}
	t.Passed = t.Cases - t.Failed
	r.Totals = t
	if r.options.Strict && t.Warnings > 0 || r.ranNothing() {
		r.Result = worse(r.Result, Failed)
	}
}

// ranNothing reports whether a strict run selected no case, as when a name is
// misspelt. Cases that a fault kept from being run have told so.
func (r *Report) ranNothing() bool {
	return r.options.Strict && r.Totals.Cases+r.Totals.NotRun+r.Totals.Faults == 0
}

const nothingRan = "no case was run: a strict run wants one"
