package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// tally counts outcomes.
type tally struct {
	journal *journal
	active  func() string // what goes wrong at the time

	mu     sync.Mutex
	counts counts
	kinds  map[string]int // bad requests that were refused, by what was bad
	of     map[source]int // good requests that passed, by their issuer's source
	wrongs []wrong        // the first ones
}

// counts are those of requests, but resets and waits, which are of attempts.
type counts struct {
	good, goodRefused, bad, badPassed, unsure, odd int

	resets, probeResets, waits, faults int
}

// wrong is an outcome that must not be.
type wrong struct {
	at      time.Duration
	request *request // nil if it is about an event
	what    string
	active  string
}

// maxWrongs is how many are told of in full.
const maxWrongs = 12

func newTally(j *journal, active func() string) *tally {
	return &tally{journal: j, active: active, kinds: make(map[string]int), of: make(map[source]int)}
}

// right counts an outcome that may be.
func (t *tally) right(r *request, deserved verdict, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch deserved {
	case good:
		t.counts.good++
		t.of[r.from.source]++
	case bad:
		t.counts.bad++
		if r.kind != "" {
			why = r.kind
		}
		t.kinds[why]++
	default:
		t.counts.unsure++
	}
}

// refused counts a good request that was refused, passed a bad one that passed,
// and odd an answer that no request may get.
func (t *tally) refused(r *request, what string) {
	t.add(&t.counts.goodRefused, r, "a good request was refused: "+what)
}

func (t *tally) passed(r *request, why string) {
	t.add(&t.counts.badPassed, r, "a bad request passed: "+why)
}

func (t *tally) odd(r *request, deserved verdict, what string) {
	t.add(&t.counts.odd, r, fmt.Sprintf("an odd answer to a request that was %s: %s", deserved, what))
}

// fault counts something that went wrong with an event.
func (t *tally) fault(err error) { t.add(&t.counts.faults, nil, err.Error()) }

func (t *tally) add(counter *int, r *request, what string) {
	w := wrong{t.journal.since(), r, what, t.active()}
	t.journal.write("WRONG %s", w)
	t.mu.Lock()
	defer t.mu.Unlock()
	*counter++
	if len(t.wrongs) < maxWrongs {
		t.wrongs = append(t.wrongs, w)
	}
}

func (w wrong) String() string {
	text := w.what
	if w.request != nil {
		text += "\n    " + w.request.String()
	}
	return text + "\n    at the time: " + w.active
}

func (t *tally) waited() { t.bump(&t.counts.waits) }

// reset counts a connection that a load has reset: apart if it was there for that.
func (t *tally) reset(r *request, err error) {
	if r.probing {
		t.bump(&t.counts.probeResets)
		return
	}
	t.journal.write("  reset by a load: %s: %v", r, err)
	t.bump(&t.counts.resets)
}

func (t *tally) bump(counter *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*counter++
}

func (t *tally) now() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts
}

func (t *tally) wrong() []wrong {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.wrongs)
}

// table has the right outcomes by kind, a line for each.
func (t *tally) table() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for _, s := range slices.Sorted(maps.Keys(t.of)) {
		lines = append(lines, fmt.Sprintf("%7d good ones passed, of an issuer by: %s", t.of[s], s))
	}
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		lines = append(lines, fmt.Sprintf("%7d bad ones refused: %s", t.kinds[kind], kind))
	}
	return lines
}

// missing names the kinds of requests of which there were none: what was not
// tried has not gone right.
func (t *tally) missing(kinds []string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var none []string
	for _, s := range []source{listed, inFile, ofOrganization} {
		if t.of[s] == 0 {
			none = append(none, "good ones of an issuer by: "+string(s))
		}
	}
	for _, kind := range kinds {
		if t.kinds[kind] == 0 {
			none = append(none, "bad ones: "+kind)
		}
	}
	return none
}

func (c counts) String() string {
	return strings.Join([]string{
		fmt.Sprintf("good %d passed, %d refused", c.good, c.goodRefused),
		fmt.Sprintf("bad %d refused, %d passed", c.bad, c.badPassed),
		fmt.Sprintf("unsure %d", c.unsure), fmt.Sprintf("odd %d", c.odd),
		fmt.Sprintf("reset by a load %d, and %d probes", c.resets, c.probeResets), fmt.Sprintf("waited for a start %d", c.waits),
	}, "; ")
}
