package stacktest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Of a long log the last lines are shown that are of aws_jwt or of a fault, each cut.
func TestTelling(t *testing.T) {
	lines := []string{`{"level":"error","msg":"first"}`}
	for i := range lastLines {
		lines = append(lines, fmt.Sprintf(`{"level":"info","logger":"http.handlers.aws_jwt","msg":"%d"}`, i), `{"level":"info","logger":"tls","msg":"x"}`)
	}
	if got := telling(lines); len(got) != lastLines || got[0] != lines[1] || got[lastLines-1] != lines[len(lines)-2] {
		t.Errorf("got %q", got)
	}
	if got, want := telling([]string{"panic: x", "goroutine 1", lines[0]}), []string{"panic: x", lines[0]}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := telling([]string{"panic: " + strings.Repeat("x", longestLine)}); len(got[0]) != longestLine {
		t.Errorf("a line of %d", len(got[0]))
	}
}
