package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/perf/benchmath"
)

// table holds cells, the first line being the heading.
type table [][]string

func (r *results) table(rows []row) table {
	t := table{{"what", "takes", "allocations", "floor", "ratio", "to reach", "reached"}}
	for _, each := range rows {
		t = append(t, r.line(each))
	}
	return t
}

// line is a row with what was measured. What was not measured shows as a dash.
func (r *results) line(w row) []string {
	const none = "–"
	line := []string{w.what, none, none, none, none, none, none}
	values := r.values[w.of]
	if w.unit != "" {
		if len(values[w.unit]) > 0 {
			kept := median(values[w.unit])
			line[1] = fmt.Sprintf("%.0f %s %s", kept.Center, w.unit, spread(kept))
			line[5], line[6] = fmt.Sprintf("≤ %.0f", w.most), verdict(kept.Center <= w.most)
		}
		return line
	}
	if len(values[perOperation]) == 0 {
		return line
	}
	took, allocs := median(values[perOperation]), median(values[perAllocation]).Center
	line[1], line[2] = duration(took.Center)+" "+spread(took), fmt.Sprintf("%.0f", allocs)
	var wanted []string
	reached := true
	if floor := r.values[w.floor][perOperation]; len(floor) > 0 {
		ratio := median(r.ratios(w.of, w.floor))
		line[3], line[4] = w.among+" "+duration(median(floor).Center), interval(ratio)
		if w.ratio > 0 {
			wanted, reached = append(wanted, fmt.Sprintf("≤ %v", w.ratio)), ratio.Center <= w.ratio
		}
	}
	if w.allocs > 0 {
		wanted, reached = append(wanted, fmt.Sprintf("≤ %v allocations", w.allocs)), reached && allocs <= w.allocs
	}
	if len(wanted) > 0 {
		line[5], line[6] = strings.Join(wanted, ", "), verdict(reached)
	}
	return line
}

func verdict(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}

// spread is a confidence interval as benchstat writes it.
func spread(s benchmath.Summary) string { return "± " + strings.TrimSpace(s.PctRangeString()) }

// interval is a ratio with its confidence interval.
func interval(s benchmath.Summary) string {
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return fmt.Sprintf("%.2f (too few rounds)", s.Center)
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", s.Center, s.Lo, s.Hi)
}

// duration shows seconds with three digits.
func duration(seconds float64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if in := seconds / unit.size; in >= 1 {
			return fmt.Sprintf("%.*f %s", max(0, 2-int(math.Log10(in))), in, unit.name)
		}
	}
	return fmt.Sprintf("%.0f ns", seconds*1e9)
}

// print writes the table with columns as wide as they need to be.
func (t table) print(w io.Writer) {
	widths := make([]int, len(t[0]))
	for _, line := range t {
		for n, cell := range line {
			widths[n] = max(widths[n], utf8.RuneCountInString(cell))
		}
	}
	for n, line := range t {
		fmt.Fprintln(w, padded(line, widths))
		if n == 0 {
			fmt.Fprintln(w, strings.Repeat("-", utf8.RuneCountInString(padded(t[0], widths))))
		}
	}
}

func padded(line []string, widths []int) string {
	var text strings.Builder
	for n, cell := range line {
		fmt.Fprintf(&text, "%-*s", widths[n], cell) // by runes
		if n < len(line)-1 {
			text.WriteString("  ")
		}
	}
	return strings.TrimRight(text.String(), " ")
}

// markdown is the table as a page has it.
func (t table) markdown() string {
	var text strings.Builder
	for n, line := range t {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(line, " | "))
		if n == 0 {
			text.WriteString(strings.Repeat("|---", len(line)) + "|\n")
		}
	}
	return text.String()
}
