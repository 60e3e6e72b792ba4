package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// median is the middle value, or the mean of the two in the middle; zero for
// none.
func median[T cmp.Ordered](values []T, mean func(a, b T) T) T {
	if len(values) == 0 {
		var none T
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return mean(sorted[middle-1], sorted[middle])
}

// medianOf is the median of what each result says.
func medianOf(all []result, of func(result) float64) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = of(r)
	}
	return median(values, func(a, b float64) float64 { return (a + b) / 2 })
}

// medianRatio is the median of the ratios to another proxy's result in the same
// round; zero when there are none.
func medianRatio(all, base []result, of func(result) float64) float64 {
	var ratios []float64
	for _, r := range all {
		for _, other := range base {
			if r.round == other.round && of(other) > 0 {
				ratios = append(ratios, of(r)/of(other))
			}
		}
	}
	return median(ratios, func(a, b float64) float64 { return (a + b) / 2 })
}

func perSecond(r result) float64     { return r.perSecond() }
func refusedOf(r result) float64     { return float64(r.refused+r.failed) / float64(r.requests+r.failed) }
func cpuOf(r result) float64         { return float64(r.cpu) }
func p50Of(r result) float64         { return float64(r.p50) }
func p99Of(r result) float64         { return float64(r.p99) }
func residentOf(r result) float64    { return float64(r.resident) }
func duration(f float64) string      { return short(time.Duration(f)) }
func mebibytes(f float64) string     { return fmt.Sprintf("%.0f MiB", f/(1<<20)) }
func ratioText(ratio float64) string { return fmt.Sprintf("%.2f", ratio) }

// short writes a duration with three digits.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	default:
		return fmt.Sprintf("%.0f µs", d.Seconds()*1e6)
	}
}
