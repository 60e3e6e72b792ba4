package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// page is where the table is, between two marks.
const (
	page     = "docs/threat-model.md"
	tableTop = "<!-- the table of make mutants -->\n"
	tableEnd = "<!-- its end -->\n"
)

// line is a mutant's line of the table.
func (o outcome) line() string {
	noticedBy := o.noticedBy
	if noticedBy == "" {
		noticedBy = "**nothing**"
	}
	return o.begin() + strings.ReplaceAll(noticedBy, "|", `\|`) + " |\n"
}

// begin is how the line begins, whatever noticed the mutant.
func (m mutant) begin() string { return fmt.Sprintf("| %s | %s | ", m.row, m.control) }

// table is the table with new lines for the outcomes, and the old ones of the
// other mutants.
func table(old string, outcomes []outcome) string {
	lines := make(map[string]string)
	for line := range strings.Lines(old) {
		if end := strings.LastIndex(strings.TrimSuffix(line, " |\n"), " | "); end >= 0 {
			lines[line[:end+len(" | ")]] = line
		}
	}
	for _, o := range outcomes {
		lines[o.begin()] = o.line()
	}
	var out strings.Builder
	out.WriteString("| row | switched off: | noticed by |\n|---|---|---|\n")
	for _, m := range mutants() {
		out.WriteString(lines[m.begin()])
	}
	return out.String()
}

func writePage(file string, outcomes []outcome) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	before, old, after, err := cutTable(string(text))
	if err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	written := before + tableTop + table(old, outcomes) + tableEnd + after
	if err := os.WriteFile(file, []byte(written), 0o644); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

func cutTable(text string) (before, table, after string, err error) {
	before, rest, top := strings.Cut(text, tableTop)
	table, after, end := strings.Cut(rest, tableEnd)
	if !top || !end {
		return "", "", "", errors.New("the page lacks the marks of the table")
	}
	return before, table, after, nil
}
