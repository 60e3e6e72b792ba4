package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRun measures for a moment: what it says of the machine is worth nothing,
// but every part is there, and forged requests are refused.
func TestRun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	args := []string{"-rounds", "1", "-phase", "500ms", "-known", "2", "-tokens", "5", "-flooders", "2", "-unbounded", "# a second gateway"}
	if err := run(t.Context(), args, &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	for _, name := range []string{bounded, unbounded} {
		_, table, found := strings.Cut(stdout.String(), "| "+name+", beside")
		if !found {
			t.Fatalf("there is no table %q in\n%s", name, stdout.String())
		}
		lines := strings.Split(table, "\n")
		for n, want := range []string{
			`^\| alone +\| [1-9]\d* +\| – `,
			`^\| forged tokens, each another +\| [1-9]\d* .*\| [1-9]\d*/s: [1-9]\d* × 401(, \d+ × 503)? +\|$`,
			`^\| as many requests without a token +\| [1-9]\d* .*/s: [1-9]\d* × 401 +\|$`,
			`^\| one forged token again and again +\| [1-9]\d* .*\| [1-9]\d*/s: [1-9]\d* × 401(, \d+ × 503)? +\|$`,
			`^\| as many requests without a token +\| [1-9]\d* .*/s: [1-9]\d* × 401 +\|$`,
			`^\| requests without a token, all it can +\| [1-9]\d* .*/s: [1-9]\d* × 401 +\|$`,
		} {
			if !regexp.MustCompile(want).MatchString(lines[n+2]) {
				t.Errorf("%s: line %q, want %s", name, lines[n+2], want)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the run left %v %v", left, err)
	}
}

func TestCommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"-rounds 0":    "must be above zero",
		"-known -1":    "must be above zero",
		"-phase 300ms": "-phase above 300ms",
		"fast":         `unexpected argument "fast"`,
	} {
		if _, err := parse(strings.Fields(args), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
	for args, want := range map[string]options{
		"":                      {7, 5 * time.Second, 16, 200, 64, unboundedBy, false},
		"-quick":                {1, time.Second, 16, 200, 64, unboundedBy, false},
		"-write -unbounded a":   {7, 5 * time.Second, 16, 200, 64, "a", true},
		"-phase 301ms -known 1": {7, 301 * time.Millisecond, 1, 200, 64, unboundedBy, false},
	} {
		if got, err := parse(strings.Fields(args), new(bytes.Buffer)); err != nil || got != want {
			t.Errorf("%s: got %+v %v, want %+v", args, got, err, want)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, new(bytes.Buffer), &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v", err)
	}
	if !strings.Contains(help.String(), "go run ./bench/flood") {
		t.Errorf("-h says %s", help.String())
	}
}
