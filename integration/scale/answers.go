package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// answers are what came of many requests.
type answers struct {
	mu        sync.Mutex
	latencies []time.Duration
	statuses  map[int]int // 0 is no answer
	failure   error       // of the first request without an answer
}

func (a *answers) add(status int, took time.Duration, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = make(map[int]int)
	}
	a.statuses[status]++
	a.latencies = append(a.latencies, took)
	if a.failure == nil {
		a.failure = err
	}
}

// notPassed is how many requests did not pass.
func (a *answers) notPassed() int { return len(a.latencies) - a.statuses[http.StatusOK] }

// unexpected is how many answers had another status than those.
func (a *answers) unexpected(statuses ...int) int {
	n := len(a.latencies)
	for _, status := range statuses {
		n -= a.statuses[status]
	}
	return n
}

// String lists the statuses.
func (a *answers) String() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(a.statuses)) {
		if status == 0 {
			parts = append(parts, fmt.Sprintf("%d without an answer (%v)", a.statuses[status], a.failure))
			continue
		}
		parts = append(parts, fmt.Sprintf("%d × %d", a.statuses[status], status))
	}
	return strings.Join(parts, ", ")
}

// percentile is the latency that p in a hundred requests did not exceed.
func (a *answers) percentile(p int) time.Duration { return percentile(a.latencies, p) }

func percentile[T time.Duration | float64 | int64](values []T, p int) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

func median[T time.Duration | float64 | int64](values []T) T { return percentile(values, 50) }

// short rounds to what can be told apart.
func short(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
