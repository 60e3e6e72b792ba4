package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// tally counts what came of requests.
type tally struct {
	latencies []time.Duration
	statuses  map[int]int
	failed    int   // that had no answer
	failure   error // of the first of them
}

func (t *tally) add(status int, took time.Duration) {
	if t.statuses == nil {
		t.statuses = make(map[int]int)
	}
	t.statuses[status]++
	t.latencies = append(t.latencies, took)
}

func (t *tally) fail(err error) {
	t.failed++
	if t.failure == nil {
		t.failure = err
	}
}

func merge(all []tally) (sum tally) {
	sum.statuses = make(map[int]int)
	for _, t := range all {
		sum.latencies = append(sum.latencies, t.latencies...)
		for status, n := range t.statuses {
			sum.statuses[status] += n
		}
		sum.failed += t.failed
		if sum.failure == nil {
			sum.failure = t.failure
		}
	}
	slices.Sort(sum.latencies)
	return sum
}

// notPassed is how many requests did not pass, or had no answer.
func (t *tally) notPassed() int { return len(t.latencies) - t.statuses[http.StatusOK] + t.failed }

// percentile is the latency that p in a hundred requests did not exceed.
func (t *tally) percentile(p int) time.Duration {
	if len(t.latencies) == 0 {
		return 0
	}
	return t.latencies[max((len(t.latencies)*p+99)/100, 1)-1]
}

// perSecond is how many answers there were in a second.
func (t *tally) perSecond(took time.Duration) float64 {
	return float64(len(t.latencies)) / took.Seconds()
}

// String lists the statuses.
func (t *tally) String() string {
	var each []string
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		each = append(each, fmt.Sprintf("%d × %d", t.statuses[status], status))
	}
	if t.failed > 0 {
		each = append(each, fmt.Sprintf("%d without an answer", t.failed))
	}
	return strings.Join(each, ", ")
}
