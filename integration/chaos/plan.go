package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// event is an action and when it is due, from the beginning of the chaos.
type event struct {
	at     time.Duration
	action action
}

func (e event) String() string { return fmt.Sprintf("%8.3f s  %s", e.at.Seconds(), e.action) }

const (
	// tail is the end of a plan, in which nothing new begins.
	tail = 3 * time.Second

	minGap, maxGap = 800 * time.Millisecond, 2600 * time.Millisecond // between the beginnings of two stories
)

// wholeFrom is the time from which on a plan has everything, an outage of longer
// than max_stale included.
const wholeFrom = maxStale + 40*time.Second

// makePlan returns the events of a seed. It depends on its arguments alone.
func makePlan(seed uint64, length time.Duration, of population) []event {
	p := &planner{
		rand: rand.New(rand.NewPCG(seed, 1)), length: length, population: of,
		busy: make(map[string]time.Duration),
	}
	if length > wholeFrom {
		p.longOutage()
	}
	pending := p.shuffled(stories())
	for at := p.between(300*time.Millisecond, time.Second); at < length-tail; at += p.between(minGap, maxGap) {
		pending = p.tell(pending, at)
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p.resolve()
}

// shuffled puts stories in an order, those that seldom can begin near the front.
func (p *planner) shuffled(all []story) []story {
	mix := func(part []story) {
		p.rand.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	mix(all)
	slices.SortStableFunc(all, func(a, b story) int {
		switch {
		case a.seldom == b.seldom:
			return 0
		case a.seldom:
			return -1
		}
		return 1
	})
	mix(all[:len(all)/4])
	return all
}

// tell begins one of the stories that were not told yet, or any one when all
// were.
func (p *planner) tell(pending []story, at time.Duration) []story {
	for n, each := range pending {
		if each.tell(p, at) {
			return slices.Delete(pending, n, n+1)
		}
	}
	again := stories()
	for range 20 {
		if again[p.rand.IntN(len(again))].tell(p, at) {
			break
		}
	}
	return pending
}

// planner makes a plan.
type planner struct {
	rand   *rand.Rand
	length time.Duration
	population
	busy  map[string]time.Duration // until when something must not begin again
	steps []step
}

// step is a part of a story. What it does may depend on what those before it
// have left.
type step struct {
	at      time.Duration
	actions func(*scene) []action
}

// scene is what a plan has made of the gateway's configuration at some time.
type scene struct {
	config  config
	missing string // from the issuers file
	damage  damage
}

// resolve turns steps, which are sorted, into events.
func (p *planner) resolve() []event {
	now := &scene{config: basic}
	var events []event
	for _, each := range p.steps {
		for _, a := range each.actions(now) {
			events = append(events, event{each.at, a})
		}
	}
	if now.config != basic {
		events = append(events, event{p.length - tail/2, loadConfig{to: basic}})
	}
	return events
}

// between returns a time, in whole milliseconds.
func (p *planner) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.rand.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}

func (p *planner) add(at time.Duration, actions func(*scene) []action) {
	p.steps = append(p.steps, step{at, actions})
}

// do adds a step that depends on nothing.
func (p *planner) do(at time.Duration, a action) {
	p.add(at, func(*scene) []action { return []action{a} })
}

// take marks something as busy for a span, unless it is so already or the plan
// ends before.
func (p *planner) take(what string, from, until time.Duration) bool {
	if from < p.busy[what] || until > p.length-tail/2 {
		return false
	}
	p.busy[what] = until
	return true
}

const (
	// lullEvery is how often a lull comes, and lull how long it lasts. Only in a
	// lull all issuers can be fetched from for long enough that every change of
	// keys must have been noticed. Keys, files and rules go on changing.
	lullEvery = 20 * time.Second
	lull      = noticeTime + 1500*time.Millisecond
)

// beforeLull returns how much of a span is over before the next lull begins,
// which may be nothing.
func beforeLull(from, until time.Duration) time.Duration {
	next := from.Truncate(lullEvery) + lullEvery - lull
	return max(min(until, next)-from, 0)
}

// disturb is take for what keeps the gateway from fetching. It ends with the
// next lull at the latest, and does not begin shortly before that.
func (p *planner) disturb(what string, from, until time.Duration) (end time.Duration, ok bool) {
	end = from + beforeLull(from, until)
	return end, end-from >= time.Second && p.take(what, from, end)
}

// anIssuer returns one for which the condition holds.
func (p *planner) anIssuer(fits func(*issuer) bool) *issuer {
	var found []*issuer
	for _, i := range p.issuers {
		if fits(i) {
			found = append(found, i)
		}
	}
	return found[p.rand.IntN(len(found))]
}

func pick[T any](p *planner, from []T) T { return from[p.rand.IntN(len(from))] }
