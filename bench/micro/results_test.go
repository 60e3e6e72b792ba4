package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const printed = `goos: linux
goarch: amd64
pkg: github.com/caddy-awsjwt/caddy-awsjwt/verifier
cpu: Some CPU
BenchmarkFloor/RS256-2  	 100	  40000 ns/op	  8 B/op	  9 allocs/op
BenchmarkFloor/ES384-2  	 100	  1000000 ns/op	  8 B/op	  17 allocs/op
BenchmarkVerify/ES384/cold-2  	 100	  1040000 ns/op	  8 B/op	  20 allocs/op
BenchmarkVerify/RS256/cold-2  	 100	  80000 ns/op	  8 B/op	  20 allocs/op
BenchmarkMemory-2  	 1	  1 ns/op	  2600 B/token	 3 B/op	 1 allocs/op
PASS
`

// Each round is twice as slow as the one before, and has the same ratios.
func TestTable(t *testing.T) {
	var text strings.Builder
	for _, times := range []string{"0 ns/op", "00 ns/op", "000 ns/op", "00 ns/op", "00 ns/op", "00 ns/op"} {
		text.WriteString(strings.ReplaceAll(printed, "0 ns/op", times))
	}
	file := filepath.Join(t.TempDir(), "printed.txt")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(map[string][]string)
	for _, line := range r.table(rows) {
		lines[line[0]] = line[1:]
	}
	for what, want := range map[string][]string{
		"the verifier alone, cold, ES384": {"10.4 ms ± 900%", "20", "crypto/ecdsa 10.0 ms", "1.04 (1.04 to 1.04)", "≤ 1.05", "yes"},
		"the verifier alone, cold, RS256": {"800 µs ± 900%", "20", "crypto/rsa 400 µs", "2.00 (2.00 to 2.00)", "≤ 1.4", "NO"},
		"memory of a cached token":        {"2600 B/token ± 0%", "–", "–", "–", "≤ 2500", "NO"},
		"claims decoded":                  {"–", "–", "–", "–", "–", "–"},
	} {
		if !slices.Equal(lines[what], want) {
			t.Errorf("%s: got %q, want %q", what, lines[what], want)
		}
	}
	if got := r.machine(); !strings.HasPrefix(got, "Some CPU, ") {
		t.Errorf("the machine is %q", got)
	}
}

func TestReadNeedsFigures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "printed.txt")
	for text, ok := range map[string]bool{"PASS\n": false, "BenchmarkX 1 x ns/op\n": false, "BenchmarkX 1 1 ns/op\n": true} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(file); (err == nil) != ok {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0.00000045: "450 ns", 0.0000012345: "1.23 µs", 0.0000123: "12.3 µs", 0.00123: "1.23 ms", 0.123: "123 ms", 2: "2.00 s",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%v: got %s, want %s", seconds, got, want)
		}
	}
}
