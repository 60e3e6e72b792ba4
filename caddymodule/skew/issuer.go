package skew

import (
	"slices"
	"time"
)

const (
	// sightings is how many tokens of an issuer are remembered, and enough which of
	// them, counted from the one that lies furthest ahead, is believed: one token
	// that is odd moves nothing.
	sightings = 16
	enough    = 3
)

// issuer is what one issuer has said of the time.
type issuer struct {
	last   time.Time
	tokens [sightings]sighting
	next   int

	dated       time.Time     // when its last Date came; zero if none did
	least, most time.Duration // between which our clock is ahead of it
}

// sighting is the first that was seen of a token.
type sighting struct {
	id  uint64
	age time.Duration // our clock less iat
	at  time.Time     // zero: none
}

func (i *issuer) see(s sighting) {
	if slices.ContainsFunc(i.tokens[:], func(each sighting) bool { return each.id == s.id && !each.at.IsZero() }) {
		return // it only grows older
	}
	i.tokens[i.next] = s
	i.next = (i.next + 1) % sightings
}

// vote is an issuer's opinion.
type vote struct {
	from   string
	offset time.Duration // by which our clock is ahead
	dated  bool          // by its Date, and not by tokens alone
	tokens int           // that lie ahead by more than the threshold
}

// vote returns the issuer's opinion; it has none when it was last heard too long ago.
func (i *issuer) vote(from string, now time.Time) (vote, bool) {
	counts := func(at time.Time) bool { return !at.IsZero() && now.Sub(at) <= Window }
	var ages []time.Duration
	v := vote{from: from, dated: counts(i.dated)}
	for _, each := range i.tokens {
		if counts(each.at) {
			ages = append(ages, each.age)
			if each.age < -Threshold {
				v.tokens++
			}
		}
	}
	var youngest time.Duration
	if len(ages) > 0 {
		slices.Sort(ages)
		youngest = ages[min(enough, len(ages))-1]
	}
	switch {
	case v.dated:
		v.offset = middle(i.least, i.most)
		if v.offset > 0 && len(ages) >= enough {
			// An answer from a cache that hides it is old; a token proves it.
			v.offset = min(v.offset, max(youngest, 0))
		}
	case len(ages) > 0:
		v.offset = min(youngest, 0)
	default:
		return v, false
	}
	return v, true
}

// middle is the middle of an interval, or 0 when that lies within.
func middle(least, most time.Duration) time.Duration {
	if least <= 0 && most >= 0 {
		return 0
	}
	return least + (most-least)/2
}
