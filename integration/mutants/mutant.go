package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutant is the gateway with one control switched off.
type mutant struct {
	row     string // of docs/threat-model.md
	control string // what is switched off, in words
	edits   []edit
	unit    *unitTest // what notices, if it cannot be seen from outside
}

// unitTest is a test of one package.
type unitTest struct{ pkg, name string }

// edit puts one text in place of another, which stands in the file once.
type edit struct{ file, old, new string }

// off is a mutant of one edit.
func off(row, control, file, old, replacement string) mutant {
	return mutant{row: row, control: control, edits: []edit{{file, old, replacement}}}
}

// and adds an edit.
func (m mutant) and(file, old, replacement string) mutant {
	m.edits = append(m.edits, edit{file, old, replacement})
	return m
}

// unseen names the test of a package that notices what no probe can see from
// outside.
func (m mutant) unseen(pkg, name string) mutant {
	m.unit = &unitTest{pkg, name}
	return m
}

// mutants are all of them, in the order of the page.
func mutants() []mutant {
	var all []mutant
	for _, some := range [][]mutant{
		formMutants(), issuerMutants(), keyMutants(), reloadMutants(), policyMutants(), headerMutants(), upgradeMutants(), assertionMutants(), operationMutants(), doorMutants(), askingMutants(), costMutants(),
	} {
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b mutant) int { return place(a.row) - place(b.row) })
	return all
}

// place is where a row stands on the page.
func place(row string) int {
	const numbers = 100 // more than a letter has rows
	n, err := strconv.Atoi(row[1:])
	if err != nil {
		panic(err)
	}
	return strings.Index("CIKDPHSOAQ", row[:1])*numbers + n
}

// apply makes the edits in a tree, and returns what undoes them.
func (m mutant) apply(root string) (undo func() error, err error) {
	before := make(map[string][]byte)
	undo = func() error {
		for file, text := range before {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				return fmt.Errorf("undoing %q: %w", m.control, err)
			}
		}
		return nil
	}
	for _, e := range m.edits {
		file := filepath.Join(root, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return undo, fmt.Errorf("applying %q: %w", m.control, err)
		}
		if _, seen := before[file]; !seen {
			before[file] = text
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return undo, fmt.Errorf("applying %q: %s has the text %d times, not once: %s", m.control, e.file, n, e.old)
		}
		changed := strings.Replace(string(text), e.old, e.new, 1)
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			return undo, fmt.Errorf("applying %q: %w", m.control, err)
		}
	}
	return undo, nil
}
