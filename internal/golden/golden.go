// Package golden compares what the code makes with the file that has it. It is for
// tests alone.
package golden

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Check compares a text with a file, and shows where they part. By -update it
// writes the file first. How tells whoever meant the difference what to run.
func Check(t *testing.T, file, text, how string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // the files are of the checkout, for everybody
			t.Fatal(err)
		}
	}
	has, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with: %s", err, how)
	}
	if string(has) != text {
		t.Errorf("%s differs from what is made now, at %s\nIf that is meant, write it with: %s", file, difference(string(has), text), how)
	}
}

// difference shows the first line at which a file and what it should be part.
func difference(has, want string) string {
	hasLines, wantLines := strings.Split(has, "\n"), strings.Split(want, "\n")
	at := 0
	for at < min(len(hasLines), len(wantLines)) && hasLines[at] == wantLines[at] {
		at++
	}
	return fmt.Sprintf("line %d\nhas:  %s\nwant: %s", at+1, line(hasLines, at), line(wantLines, at))
}

func line(lines []string, at int) string {
	if at == len(lines) {
		return "nothing more"
	}
	return lines[at]
}
