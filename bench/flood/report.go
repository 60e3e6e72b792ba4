package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What is to be reached beside a flood.
const (
	leastShare = 0.7 // of the fair share's throughput
	mostSlower = 3.0 // than the p99 alone
)

var partNames = [parts]string{
	alone:      "alone",
	forgedEach: "forged tokens, each another",
	fairToEach: "as many requests without a token",
	forgedOne:  "one forged token again and again",
	fairToOne:  "as many requests without a token",
	anyFlood:   "requests without a token, all it can",
}

// fairTo is the part whose known callers have the fair share of another part's.
var fairTo = map[int]int{forgedEach: fairToEach, forgedOne: fairToOne}

// report is a table of all gateways, as a page has it. Figures are medians of the
// rounds, and ratios are those of each round.
func (b *bench) report() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d processors, %s; %d rounds, each part %v; %d connections of known callers with %d tokens, %d of the load beside them.\n",
		runtime.NumCPU(), runtime.Version(), b.options.rounds, b.options.phase, b.options.known, b.options.tokens, b.options.flooders)
	for _, a := range b.arms {
		lines := [][]string{{a.name + ", beside", "known/s", "of alone", "of a fair share", "of any flood", "p50", "p99", "p99 to alone", "p99 to fair", "reached", "the load beside"}}
		for n := range partNames {
			lines = append(lines, a.line(n))
		}
		text.WriteString("\n" + markdown(lines))
	}
	if len(b.arms) == 1 {
		fmt.Fprintf(&text, "\n%s: left out, since the Caddyfile has no setting for it.\n", unbounded)
	}
	fmt.Fprintf(&text, "\nTo reach beside forged tokens: %.1f of a fair share's throughput, and a p99 of at most %.0f × that alone.\n", leastShare, mostSlower)
	return text.String()
}

func (a *arm) line(n int) []string {
	const none = "–"
	rate := func(p part) float64 { return p.known.perSecond(p.took) }
	p99 := func(p part) float64 { return p.known.percentile(99).Seconds() }
	line := []string{
		partNames[n], fmt.Sprintf("%.0f", median(figures(a.parts[n], rate))), none, none, none,
		short(median(figures(a.parts[n], func(p part) float64 { return p.known.percentile(50).Seconds() }))),
		short(median(figures(a.parts[n], p99))), none, none, none, none,
	}
	if n == alone {
		return line
	}
	slower := median(ratios(a.parts[n], a.parts[alone], p99))
	line[2], line[7] = fmt.Sprintf("%.2f", median(ratios(a.parts[n], a.parts[alone], rate))), fmt.Sprintf("%.2f", slower)
	line[10] = a.beside(n)
	if fair, forged := fairTo[n]; forged {
		share := median(ratios(a.parts[n], a.parts[fair], rate))
		line[3], line[4] = fmt.Sprintf("%.2f", share), fmt.Sprintf("%.2f", median(ratios(a.parts[n], a.parts[anyFlood], rate)))
		line[8], line[9] = fmt.Sprintf("%.2f", median(ratios(a.parts[n], a.parts[fair], p99))), "NO"
		if share >= leastShare && slower <= mostSlower {
			line[9] = "yes"
		}
	}
	return line
}

// beside is how many requests the load had answered in a second, and how.
func (a *arm) beside(n int) string {
	all := make([]tally, len(a.parts[n]))
	for i, p := range a.parts[n] {
		all[i] = p.load
	}
	sum := merge(all)
	return fmt.Sprintf("%.0f/s: %s", median(figures(a.parts[n], func(p part) float64 { return p.load.perSecond(p.took) })), sum.String())
}

func figures(all []part, of func(part) float64) []float64 {
	values := make([]float64, len(all))
	for i, p := range all {
		values[i] = of(p)
	}
	return values
}

// ratios are those of each round, since the machine's pace changes between them.
func ratios(above, below []part, of func(part) float64) []float64 {
	values := make([]float64, min(len(above), len(below)))
	for i := range values {
		values[i] = of(above[i]) / of(below[i])
	}
	return values
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// short shows seconds as milliseconds.
func short(seconds float64) string {
	return fmt.Sprintf("%.1f ms", seconds*float64(time.Second)/float64(time.Millisecond))
}

// markdown is a table that can be read as it stands, too.
func markdown(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for n, cell := range line {
			widths[n] = max(widths[n], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for n, line := range lines {
		for column, cell := range line {
			fmt.Fprintf(&text, "| %-*s ", widths[column], cell)
		}
		text.WriteString("|\n")
		if n == 0 {
			for _, width := range widths {
				text.WriteString("|" + strings.Repeat("-", width+2))
			}
			text.WriteString("|\n")
		}
	}
	return text.String()
}

// refusedAny is an error if a known caller was.
func (b *bench) refusedAny() error {
	var faults []error
	for _, a := range b.arms {
		for n, all := range a.parts {
			for _, p := range all {
				if p.known.notPassed() > 0 {
					faults = append(faults, errors.Join(fmt.Errorf("%s, beside %s: the known callers had %s",
						a.name, partNames[n], p.known.String()), p.known.failure))
				}
			}
		}
	}
	return errors.Join(faults...)
}
