package signing

import (
	"fmt"
	"slices"
	"time"
)

const (
	// DefaultRotation is how long a key signs unless it is told.
	DefaultRotation = 24 * time.Hour

	// MinRotation is the shortest rotation. One under an hour asks much of those
	// who fetch the keys.
	MinRotation = 4 * time.Second

	maxLead    = time.Hour
	maxMaxAge  = 15 * time.Minute
	maxRefresh = time.Minute
)

// schedule are the times that follow from the rotation.
type schedule struct {
	rotation time.Duration // how long a key signs, and is published after that
	lead     time.Duration // how long a key is published before it signs
	maxAge   time.Duration // how long others may keep what is published
	refresh  time.Duration // how old what was read from the store gets in use
}

// newSchedule leaves three eighths of the lead and more between the moment at
// which the last copy of the old key set ends and that at which the new key signs:
// the lead without the refresh of a gateway that has yet to see the new key, and
// without the max-age of what that one published. While the store is away,
// maxAgeOf keeps the order of the two, without a margin.
func newSchedule(rotation time.Duration) (schedule, error) {
	if rotation == 0 {
		rotation = DefaultRotation
	}
	if rotation < MinRotation {
		return schedule{}, fmt.Errorf("rotation: %s is under %s", rotation, MinRotation)
	}
	lead := min(rotation/4, maxLead)
	return schedule{
		rotation: rotation, lead: lead,
		maxAge: min(lead/2, maxMaxAge).Truncate(time.Second), refresh: min(lead/8, maxRefresh),
	}, nil
}

// maxAgeOf returns how long others may keep what was read from the store some
// time ago: no longer than the lead since then, at whose end a key that it does
// not have may sign.
func (s schedule) maxAgeOf(age time.Duration) time.Duration {
	return max(0, min(s.maxAge, s.lead-age).Truncate(time.Second))
}

// plan is what should become of a document.
type plan struct {
	keep    []*key
	make    []toMake
	changed bool
}

type toMake struct {
	algorithm  Algorithm
	activeFrom time.Time
}

// plan says what the document should be now, with keys of the algorithms. d is
// nil where there is none.
func (s schedule) plan(d *document, now time.Time, algorithms []Algorithm) plan {
	if d == nil {
		d = new(document)
	}
	var p plan
	for _, algorithm := range union(d.algorithms(), algorithms) {
		s.planOf(&p, algorithm, d.of(algorithm), now)
	}
	return p
}

func union(some, others []Algorithm) []Algorithm {
	all := slices.Clone(some)
	for _, each := range others {
		if !slices.Contains(all, each) {
			all = append(all, each)
		}
	}
	return all
}

// planOf plans the keys of one algorithm.
func (s schedule) planOf(p *plan, algorithm Algorithm, have []*key, now time.Time) {
	if len(have) == 0 {
		// Nobody can have fetched anything yet: it signs at once.
		p.make, p.changed = append(p.make, toMake{algorithm, now}), true
		return
	}
	var last *key
	for i, k := range have {
		if i+1 < len(have) && !have[i+1].activeFrom.Add(s.rotation).After(now) {
			p.changed = true // its successor has signed for a rotation, and nothing that it signed lives
			continue
		}
		if latest := now.Add(s.lead); k.activeFrom.After(latest.Add(s.lead)) {
			// No rotation puts a key that far ahead: a clock was wrong. Without this
			// nothing would rotate until then.
			moved := *k
			moved.activeFrom = latest
			k, p.changed = &moved, true
		}
		p.keep, last = append(p.keep, k), k
	}
	if !last.activeFrom.Add(s.rotation - s.lead).After(now) {
		p.make, p.changed = append(p.make, toMake{algorithm, now.Add(s.lead)}), true
	}
}

// carryOut makes the document that was planned in place of d.
func (p plan) carryOut(issuer string, d *document, now time.Time) (*document, error) {
	planned := &document{issuer: issuer, sequence: now.Unix(), keys: p.keep}
	if d != nil {
		planned.sequence = max(planned.sequence, d.sequence+1)
	}
	for _, each := range p.make {
		k, err := makeKey(each.algorithm, now, each.activeFrom)
		if err != nil {
			return nil, err
		}
		planned.keys = append(planned.keys, k)
	}
	planned.sort()
	return planned, nil
}
