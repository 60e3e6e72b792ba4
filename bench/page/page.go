// Package page writes what a benchmark measured into a page, between two marks
// that name the benchmark:
//
//	<!-- micro: written by make bench WRITE=1 -->
//	<!-- micro: end -->
//
// What stands around the marks is for people to write.
package page

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Fill puts text between the marks of a page, in the place of what is there. A
// page without the marks is an error, and stays as it is.
func Fill(path, mark, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("writing results: %w", err)
	}
	begin, end := "<!-- "+mark+":", "<!-- "+mark+": end -->"
	before, rest, found := bytes.Cut(page, []byte(begin))
	if !found {
		return fmt.Errorf("writing results: %s has no mark %q", path, begin)
	}
	says, rest, found := bytes.Cut(rest, []byte("\n"))
	if !found || !bytes.HasSuffix(says, []byte("-->")) || bytes.Equal(bytes.TrimSpace(says), []byte("end -->")) {
		return fmt.Errorf("writing results: %s: the mark %q is not a line that ends with -->", path, begin)
	}
	_, after, found := bytes.Cut(rest, []byte(end))
	if !found {
		return fmt.Errorf("writing results: %s has no mark %q behind %q", path, end, begin)
	}
	filled := fmt.Sprintf("%s%s%s\n\n%s\n\n%s%s", before, begin, says, strings.TrimSpace(text), end, after)
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil { //nolint:gosec // the page that the caller names
		return fmt.Errorf("writing results: %w", err)
	}
	return nil
}
