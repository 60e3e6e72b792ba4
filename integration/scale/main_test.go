package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rows are those of the table, in order; # decides.
var rows = []string{
	`1  start-up`,
	`   first answer after, 1 issuer`,
	`   first answer after, 200 issuers`,
	`   later by  .* at most 1s`,
	`   resident, 1 issuer`,
	`   resident, 200 issuers`,
	`   larger by  .* at most 40.0 MiB`,
	`2  cost of a verified call`,
	`   processor time of a call, 1 issuer`,
	`   processor time of a call, 100 issuers`,
	`   dearer by.* at most 5 %`,
	`   processor time of a call, 200 issuers`,
	`   dearer by.* at most 5 %`,
	` # good requests that did not pass  +0  .* ok`,
	`3  all issuers in use`,
	`   live heap, unused and in use`,
	`   live heap for each issuer  .* at most 8 KiB`,
	`   resident, unused and in use`,
	`   first request of an issuer`,
	` # fetches  +199 discovery, 199 keys  .* ok`,
	` # good requests that passed  +199 × 200  .* ok`,
	`4  first requests at once`,
	` # fetches for 200 requests  +1 discovery, 1 keys  .* ok`,
	` # good requests that passed  +200 × 200  .* ok`,
	`   answered after the issuer did`,
	`5  flood of unknown key IDs`,
	` # fetches in turns of .*, cooldown 1s  +discovery \[\d+\], keys \[\d+\]  .* ok`,
	` # answers to the flood  +300 × 401  .* ok`,
	`   known caller, alone before`,
	`   known caller, beside \d+/s without a token`,
	`   known caller, beside the flood, \d+/s`,
	`   known caller, alone after`,
	`   p99 against alone, median turn  .* at most × 1.5`,
	`   p99 against the load without a token  .* at most × 1.5`,
	` # good requests that did not pass  +0  .* ok`,
	`   resident before and after`,
	`6  flood of invented issuers`,
	` # most fetches in any 59s  +59  .* ok`, // the known caller's issuer took one
	` # fetches in all, within .*  +59  .* ok`,
	` # fetches from the known issuer  +0 discovery, 0 keys  .* ok`,
	` # answers to the flood  +300 × 503  .* ok`,
	`   known caller, alone before`,
	`   known caller, beside \d+/s without a token`,
	`   known caller, beside the flood, \d+/s`,
	`   known caller, alone after`,
	`   p99 against alone, median turn  .* at most × 1.5`,
	`   p99 against the load without a token  .* at most × 1.5`,
	` # good requests that did not pass  +0  .* ok`,
	`   resident before and after  .* at most \+8.0 MiB`,
	`the machine`,
	`   processors  +\d+`,
	`   kept busy by others  +\d+\.\d of them on average`,
	`Rows marked # are counts`,
}

// TestQuick runs all measurements with small numbers.
func TestQuick(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), []string{"-quick"}, &stdout, &stderr); err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	var printed []string
	for line := range strings.Lines(stdout.String()) {
		if line != "\n" {
			printed = append(printed, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(printed) != len(rows) {
		t.Errorf("%d rows, want %d", len(printed), len(rows))
	}
	for n, row := range rows[:min(len(rows), len(printed))] {
		if !regexp.MustCompile("^" + row).MatchString(printed[n]) {
			t.Errorf("row %q, want %s", printed[n], row)
		}
	}
	if t.Failed() {
		t.Log(stdout.String())
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the run left %v %v", left, err)
	}
}

func TestCommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"-issuers 99":         "at least 100",
		"-requests 0":         "at least 100",
		"-quick -requests 99": "at least 100",
		"fast":                `unexpected argument "fast"`,
	} {
		if _, err := parse(strings.Fields(args), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
	for args, want := range map[string]options{
		"":                    {issuers: 10000, requests: 10000},
		"-quick":              {issuers: 200, requests: 300, quick: true},
		"-issuers 500 -quick": {issuers: 500, requests: 300, quick: true},
		"-keep -requests 100": {issuers: 10000, requests: 100, keep: true},
	} {
		if got, err := parse(strings.Fields(args), new(bytes.Buffer)); err != nil || got != want {
			t.Errorf("%s: got %+v %v, want %+v", args, got, err, want)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, new(bytes.Buffer), &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v", err)
	}
	for _, want := range []string{"go run ./integration/scale", "-issuers", "-requests", "-quick", "-keep"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("-h does not mention %s", want)
		}
	}
}

// TestInterrupt: what was started ends, and nothing is left.
func TestInterrupt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-quick"}, new(bytes.Buffer), new(bytes.Buffer)); !errors.Is(err, errInterrupted) {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the run left %v %v", left, err)
	}
}
