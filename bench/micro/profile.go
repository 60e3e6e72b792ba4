package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// profiled is a benchmark whose time is told apart, by the functions that it is
// spent in.
type profiled struct {
	title string
	of    figure
	root  string // the function whose time is the whole, as its name ends
}

var profiles = []profiled{
	{"The handler alone, warm, no policy", figure{"caddymodule", "Handler/warm/no_policy"}, "caddymodule.(*Handler).ServeHTTP"},
	{"The verifier alone, cold, RS256", figure{"verifier", "Verify/RS256/cold"}, "verifier.(*Verifier).Verify"},
}

// told are those of other packages that are shown beside our own functions.
var told = []string{
	"crypto/internal/fips140/sha256.block", "crypto/rsa.VerifyPKCS1v15", "encoding/base64.(*Encoding).DecodeString",
	"internal/runtime/maps.(*Map).growToTable", "net/http.(*Request).WithContext", "runtime.mallocgc", "runtime.mapassign_faststr",
}

// least is the share from which on a function is shown.
const least = 0.03

// measure runs a benchmark under the profiler and returns the table.
func (p profiled) measure(ctx context.Context, o options, directory, out string) (table, error) {
	file := filepath.Join(out, strings.ReplaceAll(p.of.name, "/", "-")+".pprof")
	flags := []string{"-test.bench=^Benchmark" + strings.ReplaceAll(p.of.name, "/", "$/^") + "$", "-test.benchtime=" + max(20*o.time, 2*time.Second).String(), "-test.cpuprofile=" + file}
	if _, err := runBenchmarks(ctx, directory, p.of.pkg, flags...); err != nil {
		return nil, err
	}
	written, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the profile: %w", err)
	}
	defer written.Close()
	parsed, err := profile.Parse(written)
	if err != nil {
		return nil, fmt.Errorf("reading the profile: %w", err)
	}
	return shares(parsed, p.root)
}

// shares tells how much of the root's time each function and what it calls take.
func shares(p *profile.Profile, root string) (table, error) {
	spent, whole := make(map[string]int64), int64(0)
	for _, sample := range p.Sample {
		took := sample.Value[len(sample.Value)-1] // nanoseconds of CPU
		below := below(sample, root)
		if below != nil {
			whole += took
		}
		for _, function := range below {
			spent[function] += took
		}
	}
	if whole == 0 {
		return nil, fmt.Errorf("reading the profile: nothing of it is in %s", root)
	}
	t := table{{"function, with what it calls", "share"}}
	names := slices.SortedFunc(maps.Keys(spent), func(a, b string) int {
		return cmp.Or(cmp.Compare(spent[b], spent[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		share := float64(spent[name]) / float64(whole)
		ours := strings.HasPrefix(name, module)
		if share >= least && (ours || slices.Contains(told, name)) {
			t = append(t, []string{"`" + strings.TrimPrefix(name, module) + "`", fmt.Sprintf("%.0f %%", 100*share)})
		}
	}
	return t, nil
}

// below returns the functions of a sample's stack from the root on, each once, or
// nil if the root is not in it.
func below(sample *profile.Sample, root string) []string {
	var functions []string
	for _, location := range sample.Location { // the innermost first
		for _, line := range location.Line {
			if name := line.Function.Name; !slices.Contains(functions, name) {
				functions = append(functions, name)
			}
			if strings.HasSuffix(line.Function.Name, root) {
				return functions
			}
		}
	}
	return nil
}
