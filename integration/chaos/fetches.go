package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// fetchLedger has how often the issuers' documents were asked for, and what for
// at most.
type fetchLedger struct {
	population
	sts *stack.STS

	// steadySince says since when an issuer could be fetched from without a break.
	steadySince func(issuer string) (time.Time, bool)

	mu       sync.Mutex
	began    time.Time
	samples  []sample
	handlers int                       // a number for those that run; odd while they change
	starts   int                       // of key sets, each of which may begin with a fetch
	unknown  map[string]map[int64]bool // the cooldowns in which an unknown kid was presented
	failing  map[string]map[int64]int  // those in which a fault was in force, and how often a fetch counts in them
	seldom   map[string]time.Time      // the issuers that were fetched from too seldom, and when first
}

// sample is what devsts has counted at some time.
type sample struct {
	at       time.Time
	counts   stack.FetchCounts
	handlers int
}

func newFetchLedger(s *stage, o *oracle) *fetchLedger {
	return &fetchLedger{
		population: s.population, sts: s.sts, starts: 1, steadySince: o.steadySince, seldom: make(map[string]time.Time),
		unknown: make(map[string]map[int64]bool), failing: make(map[string]map[int64]int),
	}
}

// begin counts from zero. What is under way may count.
func (l *fetchLedger) begin() error {
	l.mu.Lock()
	l.began = time.Now()
	l.mu.Unlock()
	if err := l.sts.ResetFetches(); err != nil {
		return err
	}
	return l.sample()
}

// end takes the last sample.
func (l *fetchLedger) end() error { return l.sample() }

// watch takes samples until ctx ends.
func (l *fetchLedger) watch(ctx context.Context, failed func(error)) {
	for sleep(ctx, time.Second) {
		if err := l.sample(); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

func (l *fetchLedger) sample() error {
	l.mu.Lock()
	before := l.handlers
	l.mu.Unlock()
	counts, err := l.sts.Fetches()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before == l.handlers {
		l.samples = append(l.samples, sample{time.Now(), counts, l.handlers})
		l.lookForSeldom()
	}
	return nil
}

// lookForSeldom looks whether an issuer that is used, and could be fetched from
// all the time, was fetched from within noticeTime. What is good or bad by its
// key depends on that.
func (l *fetchLedger) lookForSeldom() {
	last := l.samples[len(l.samples)-1]
	for _, i := range l.trusted() {
		since, steady := l.steadySince(i.name)
		for _, from := range slices.Backward(l.samples) {
			if !steady || from.at.Before(since) {
				break
			}
			if last.at.Sub(from.at) < noticeTime {
				continue
			}
			if _, known := l.seldom[i.name]; !known && last.counts.Issuers[i.uuid].Keys == from.counts.Issuers[i.uuid].Keys {
				l.seldom[i.name] = last.at
			}
			break
		}
	}
}

// change begins a time in which other handlers run, between two samples.
func (l *fetchLedger) change(do func() error) error {
	if err := l.sample(); err != nil {
		return err
	}
	l.mu.Lock()
	l.handlers++
	l.mu.Unlock()
	err := do()
	l.mu.Lock()
	l.handlers++
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.sample()
}

// start says that key sets begin anew.
func (l *fetchLedger) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starts++
}

// note takes down a request whose kid the gateway may not have had.
func (l *fetchLedger) note(r *request, keys verdict, began, ended time.Time) {
	if r.spoilt != unknownKid && (r.spoilt != "" || keys == good) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unknown[r.from.name] == nil {
		l.unknown[r.from.name] = make(map[int64]bool)
	}
	for n := cooldownOf(began); n <= cooldownOf(ended); n++ {
		l.unknown[r.from.name][n] = true
	}
}

// fail takes down a time in which fetches may fail, from a timeout before it to
// one after it. Of an answer that is a cut connection Go's client may make two
// requests.
func (l *fetchLedger) fail(name string, began, ended time.Time, weight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range l.issuers {
		if name != i.name && name != everyIssuer {
			continue
		}
		if l.failing[i.name] == nil {
			l.failing[i.name] = make(map[int64]int)
		}
		for n := cooldownOf(began.Add(-timeout)); n <= cooldownOf(ended.Add(timeout)); n++ {
			l.failing[i.name][n] = max(l.failing[i.name][n], weight)
		}
	}
}

// cooldownOf numbers spans of a cooldown. Two fetches that are a cooldown apart
// are never in the same one.
func cooldownOf(at time.Time) int64 { return at.UnixNano() / int64(cooldown) }

// bound is how often an issuer's documents may have been asked for.
func (l *fetchLedger) bound(i *issuer, elapsed time.Duration) int {
	bound := int(elapsed/ttl) + 1 + l.starts + len(l.unknown[i.name]) + fetchMargin
	for _, weight := range l.failing[i.name] {
		bound += weight
	}
	return bound
}

// judge returns what there was too much of, and a line for each issuer.
func (l *fetchLedger) judge() (breaches, lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.samples) == 0 {
		return nil, nil // it ended before it began
	}
	last := l.samples[len(l.samples)-1]
	for _, i := range l.issuers {
		got, bound := last.counts.Issuers[i.uuid], l.bound(i, last.at.Sub(l.began))
		line := fmt.Sprintf("%s: discovery %d, keys %d, at most %d", i.name, got.Discovery, got.Keys, bound)
		lines = append(lines, line)
		if max(got.Discovery, got.Keys) > bound {
			breaches = append(breaches, "fetched too often: "+line)
		}
		if at, seldom := l.seldom[i.name]; seldom {
			breaches = append(breaches, fmt.Sprintf("fetched too seldom: %s, not for %v before %.3f s", i.name, noticeTime, at.Sub(l.began).Seconds()))
		}
		if i.keysAt && got.Discovery > 0 {
			breaches = append(breaches, "discovery in spite of a jwks_url: "+line)
		}
	}
	worst, where := l.rationed()
	line := fmt.Sprintf("invented and stranger: %d in all, %d in the worst minute of one handler, at most %d",
		l.rationedOf(last.counts), worst, rationSize+rationMargin)
	lines = append(lines, line)
	if worst > rationSize+rationMargin {
		breaches = append(breaches, fmt.Sprintf("fetched too often at %v: %s", where.Sub(l.began).Round(time.Second), line))
	}
	return breaches, lines
}

// rationSize is the most fetches in any minute for issuers that were never seen
// good.
const rationSize = 60

// rationed is the most that was fetched for issuers that were never seen good
// between any two samples of the same handlers that are up to a minute apart.
func (l *fetchLedger) rationed() (worst int, at time.Time) {
	for n, from := range l.samples {
		for _, to := range l.samples[n+1:] {
			if from.handlers%2 != 0 || to.handlers != from.handlers || to.at.Sub(from.at) > time.Minute {
				break
			}
			if got := l.rationedOf(to.counts) - l.rationedOf(from.counts); got > worst {
				worst, at = got, from.at
			}
		}
	}
	return worst, at
}

func (l *fetchLedger) rationedOf(c stack.FetchCounts) int {
	return c.Unknown.Discovery + c.Issuers[l.stranger().uuid].Discovery
}
