package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/bench/page"
	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

// sample is a report of invented figures: three rounds, in each of which the
// machine has another speed, and ours is half as fast as the bare Caddy.
func sample() *report {
	all := proxies()[:4]
	r := &report{
		options: options{rounds: 3, seconds: 3, connections: 32, known: 5000, fresh: 40000},
		proxies: all, left: map[string]string{"haproxy": "its packages could not be installed"}, failed: map[string]int{"ours-cel": 1},
		found: make(results),
		machine: machine{
			date: "2026-01-02", model: "Some CPU", cpus: 2, clientCPUs: []int{1}, proxyCPUs: []int{0},
			memory: "4 GiB", system: "Debian GNU/Linux 12 (bookworm)", versions: []string{"wrk 4.1.0"},
		},
	}
	for round, speed := range []int{1000, 3000, 2000} {
		for _, t := range trials(all[:3]) {
			requests := speed * 3
			if !t.proxy.open {
				requests /= 2
			}
			f := figures{requests: requests, took: 3 * time.Second, p50: 2 * time.Millisecond, p99: 12 * time.Millisecond}
			if t.proxy.key == "ours-cel" && t.pattern.once {
				f.refused = requests / 10
			}
			r.found[t.cell()] = append(r.found[t.cell()], result{f, 3 * time.Second / time.Duration(requests), 50 << 20, float64(round) / 10, round})
		}
	}
	return r
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	golden.Check(t, filepath.Join("testdata", name), got, "go test ./bench/rivals -update")
}

func TestReport(t *testing.T) { checkGolden(t, "report.md", sample().text()) }

func TestPlot(t *testing.T) {
	plot := sample().plot()
	checkGolden(t, "plot.svg", plot)
	for decoder := xml.NewDecoder(strings.NewReader(plot)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestMedians(t *testing.T) {
	at := func(round int, cpu time.Duration) result { return result{cpu: cpu, round: round} }
	base := []result{at(0, 10), at(1, 100), at(2, 1000)}
	for name, c := range map[string]struct {
		all    []result
		median float64
		ratio  float64
	}{
		"none":                         {nil, 0, 0},
		"one":                          {base[:1], 10, 1},
		"two":                          {base[:2], 55, 1},
		"three":                        {base, 100, 1},
		"twice, in another order":      {[]result{at(2, 2000), at(0, 20), at(1, 200)}, 200, 2},
		"a round that the base lacks":  {[]result{at(3, 7), at(1, 300)}, 153.5, 3},
		"slow in one round is the one": {[]result{at(0, 10), at(1, 100), at(2, 9000)}, 100, 1},
	} {
		if got := medianOf(c.all, cpuOf); got != c.median {
			t.Errorf("%s: median %v, want %v", name, got, c.median)
		}
		if got := medianRatio(c.all, base, cpuOf); got != c.ratio {
			t.Errorf("%s: ratio %v, want %v", name, got, c.ratio)
		}
	}
}

// The page of this checkout can be written into.
func TestPageHasMarks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := page.Fill(copied, "rivals", "new"); err != nil {
		t.Error(err)
	}
}
