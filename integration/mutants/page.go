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

// table is what the page shows of a whole run.
func table(outcomes []outcome) string {
	var out strings.Builder
	out.WriteString("| row | switched off: | noticed by |\n|---|---|---|\n")
	for _, o := range outcomes {
		noticedBy := o.noticedBy
		if noticedBy == "" {
			noticedBy = "**nothing**"
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", o.row, o.control, strings.ReplaceAll(noticedBy, "|", `\|`))
	}
	return out.String()
}

func writePage(file string, outcomes []outcome) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	before, _, after, err := cutTable(string(text))
	if err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	if err := os.WriteFile(file, []byte(before+tableTop+table(outcomes)+tableEnd+after), 0o644); err != nil {
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
