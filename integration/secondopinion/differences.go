package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The list of differences is text: paragraphs of a reason in words, behind #,
// and lines of our reason, who accepts, and the change, with bars between them.
//
//go:embed differences/*.txt
var listFiles embed.FS

// readList reads the list: which differences there are, and why.
func readList() (map[key]string, error) {
	all := make(map[key]string)
	names, err := fs.Glob(listFiles, "differences/*.txt")
	if err != nil {
		return nil, fmt.Errorf("reading the list of differences: %w", err)
	}
	for _, name := range names {
		text, err := listFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the list of differences: %w", err)
		}
		if err := addDifferences(all, string(text)); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return all, nil
}

func addDifferences(to map[key]string, text string) error {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var why []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if words, ok := strings.CutPrefix(line, "# "); ok {
				why = append(why, words)
				continue
			}
			parts := strings.Split(line, " | ")
			if len(parts) != 3 || len(why) == 0 {
				return fmt.Errorf("line %q: it is not a reason, who accepts and a change, below why", line)
			}
			for by := range strings.SplitSeq(parts[1], ", ") {
				k := key{parts[2], verifier.Reason(parts[0]), by}
				if _, twice := to[k]; twice {
					return fmt.Errorf("line %q: it is there twice", line)
				}
				to[k] = strings.Join(why, " ")
			}
		}
	}
	return nil
}
