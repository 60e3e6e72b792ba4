package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// The units of benchfmt, in which times are seconds.
const (
	perOperation  = "sec/op"
	perAllocation = "allocs/op"
)

// results are what was measured, a value for each round.
type results struct {
	values map[figure]map[string][]float64 // by unit
	cpu    string
}

// read reads what benchmarks printed.
func read(file string) (*results, error) {
	printed, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading what was measured: %w", err)
	}
	defer printed.Close()
	r := &results{values: make(map[figure]map[string][]float64)}
	lines := benchfmt.NewReader(printed, file)
	for lines.Scan() {
		switch record := lines.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, fmt.Errorf("reading what was measured: %w", record)
		case *benchfmt.Result:
			r.add(record)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading what was measured: %w", err)
	}
	if len(r.values) == 0 {
		return nil, errors.New("reading what was measured: nothing was")
	}
	return r, nil
}

const module = "github.com/caddy-awsjwt/caddy-awsjwt/"

func (r *results) add(record *benchfmt.Result) {
	name := record.Name.Full()
	if _, parts := record.Name.Parts(); len(parts) > 0 && parts[len(parts)-1][0] == '-' {
		name = bytes.TrimSuffix(name, parts[len(parts)-1]) // the number of processors
	}
	f := figure{strings.TrimPrefix(record.GetConfig("pkg"), module), string(name)}
	if r.values[f] == nil {
		r.values[f] = make(map[string][]float64)
	}
	for _, value := range record.Values {
		r.values[f][value.Unit] = append(r.values[f][value.Unit], value.Value)
	}
	r.cpu = record.GetConfig("cpu")
}

// machine is what it was measured on.
func (r *results) machine() string {
	return fmt.Sprintf("%s, %d processors, %s on %s/%s.", r.cpu, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// median has benchstat's confidence interval of 95 %, where there were rounds
// enough for it.
func median(values []float64) benchmath.Summary {
	sample := benchmath.NewSample(append([]float64(nil), values...), &benchmath.DefaultThresholds)
	return benchmath.AssumeNothing.Summary(sample, 0.95)
}

// ratios are those of each round, since the machine's pace changes between them.
func (r *results) ratios(of, floor figure) []float64 {
	above, below := r.values[of][perOperation], r.values[floor][perOperation]
	all := make([]float64, min(len(above), len(below)))
	for n := range all {
		all[n] = above[n] / below[n]
	}
	return all
}
