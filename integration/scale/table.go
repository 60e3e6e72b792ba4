package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table collects what was measured.
type table struct {
	rows []row
}

// row is one line; a heading has a name alone.
type row struct {
	name, measured, bound, verdict string
	wrong                          bool // a count that is not what it must be
}

// begin begins a part.
func (t *table) begin(heading string) { t.rows = append(t.rows, row{name: heading}) }

// note adds a figure without a bound.
func (t *table) note(name, measured string) {
	t.rows = append(t.rows, row{name: "   " + name, measured: measured})
}

// figure adds a figure beside its bound.
func (t *table) figure(name, measured, bound string, ok bool) {
	t.rows = append(t.rows, row{name: "   " + name, measured: measured, bound: bound, verdict: verdict(ok)})
}

// count adds a count, which decides the exit code.
func (t *table) count(name, measured, bound string, ok bool) {
	t.rows = append(t.rows, row{name: " # " + name, measured: measured, bound: bound, verdict: verdict(ok), wrong: !ok})
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "OVER"
}

// print writes the table, the columns as wide as they need to be.
func (t *table) print(w io.Writer) {
	var name, measured, bound int
	for _, r := range t.rows {
		if r.measured == "" {
			continue // a heading may be as long as it likes
		}
		name, measured = max(name, utf8.RuneCountInString(r.name)), max(measured, utf8.RuneCountInString(r.measured))
		bound = max(bound, utf8.RuneCountInString(r.bound))
	}
	for _, r := range t.rows {
		if r.measured == "" {
			fmt.Fprintf(w, "\n%s\n", r.name)
			continue
		}
		line := fmt.Sprintf("%-*s  %-*s", name, r.name, measured, r.measured)
		if r.bound != "" {
			line += fmt.Sprintf("  %-*s  %s", bound, r.bound, r.verdict)
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w, "\nRows marked # are counts, which decide the exit code. The others depend on the machine.")
}

// wrongCounts is an error if there are some.
func (t *table) wrongCounts() error {
	var faults []error
	for _, r := range t.rows {
		if r.wrong {
			faults = append(faults, fmt.Errorf("%s: %s; want %s", r.name[len(" # "):], r.measured, r.bound))
		}
	}
	return errors.Join(faults...)
}
