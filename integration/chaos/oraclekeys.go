package main

import (
	"slices"
	"time"
)

// issuerState is what the gateway must know of an issuer's keys.
type issuerState struct {
	generations map[int]*generation

	interruptions []string             // why it may not be fetched from
	since         time.Time            // when the last of these ended
	confirmed     time.Time            // a fetch that began then, or later, has succeeded
	down          map[string]time.Time // why, and since when, it cannot have been
}

// generation is a pair of keys, which are published and withdrawn together.
type generation struct {
	published time.Time // when it was so, at the latest
	withdrawn time.Time
	leaving   bool // a withdrawal is under way
	noticed   bool // the gateway has it
	forgotten bool // the gateway does not have it any more
}

func newIssuerState() *issuerState {
	return &issuerState{generations: make(map[int]*generation), down: make(map[string]time.Time)}
}

// judge says what the keys alone make of a token.
func (s *issuerState) judge(number int, now time.Time) (verdict, string) {
	s.settle(now)
	for _, since := range s.down {
		if now.Sub(since) > maxStale+staleMargin {
			return bad, tooStale
		}
	}
	g := s.generations[number]
	switch {
	case g == nil:
		return unsure, ""
	case g.forgotten:
		return bad, forgotten
	case !g.noticed || g.leaving || !g.withdrawn.IsZero() || now.Sub(s.confirmed) > maxStale-staleMargin:
		return unsure, ""
	}
	return good, ""
}

// settle draws what follows from the time that has passed.
func (s *issuerState) settle(now time.Time) {
	if len(s.interruptions) > 0 || now.Sub(s.since) < noticeTime {
		return
	}
	s.confirmed = now.Add(-noticeTime)
	for _, g := range s.generations {
		// What happened before s.since is noticed noticeTime after that.
		if !g.published.After(s.confirmed) && g.withdrawn.IsZero() {
			g.noticed = true
		}
		if !g.withdrawn.IsZero() && !g.withdrawn.After(s.confirmed) {
			g.forgotten = true
		}
	}
}

func (s *issuerState) interrupt(reason string, now time.Time) {
	s.settle(now)
	if !slices.Contains(s.interruptions, reason) {
		s.interruptions = append(s.interruptions, reason)
	}
}

func (s *issuerState) resume(reason string, now time.Time) {
	delete(s.down, reason)
	if n := slices.Index(s.interruptions, reason); n >= 0 {
		s.interruptions = slices.Delete(s.interruptions, n, n+1)
		s.since = now
	}
}

func (s *issuerState) cutOff(reason string, now time.Time) {
	if _, already := s.down[reason]; !already {
		s.down[reason] = now
	}
}

func (s *issuerState) mayGo(now time.Time) {
	s.settle(now)
	for _, g := range s.generations {
		g.leaving = true
	}
}

func (s *issuerState) publish(numbers []int, now time.Time) {
	s.settle(now)
	for _, n := range numbers {
		if s.generations[n] == nil {
			s.generations[n] = &generation{published: now}
		}
	}
	for n, g := range s.generations {
		g.leaving = false
		if g.withdrawn.IsZero() && !slices.Contains(numbers, n) {
			g.withdrawn = now
		}
	}
}

// warm says that the gateway has the keys that are published.
func (s *issuerState) warm(_ string, now time.Time) {
	s.confirmed = now
	for _, g := range s.generations {
		g.noticed = true
	}
}
