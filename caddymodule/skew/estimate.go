package skew

import (
	"fmt"
	"slices"
	"time"
)

// Estimate returns by how much the clock is ahead of the issuers' (below 0 it is
// behind), and whether that is more than anything but a wrong clock explains. The
// hint says then who says so and what to do. It is 0 when nobody was heard, and
// when issuers say that it is off by more than [Threshold] and are too few.
func (w *Watch) Estimate() (offset time.Duration, suspected bool, hint string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.estimate()
}

func (w *Watch) estimate() (offset time.Duration, suspected bool, hint string) {
	now := w.current()
	var votes []vote
	for from, i := range w.issuers {
		v, ok := i.vote(from, now)
		if !ok {
			delete(w.issuers, from)
			continue
		}
		votes = append(votes, v)
	}
	if len(votes) == 0 {
		return 0, false, ""
	}
	offset = median(votes)
	agree, tokens, dated := 0, 0, 0
	for _, v := range votes {
		if !v.agrees(offset) {
			continue
		}
		agree++
		tokens += v.tokens
		if v.dated {
			dated++
		}
	}
	suspected = offset.Abs() > Threshold && agree > len(votes)/2 && (dated > 0 || tokens >= enough)
	switch {
	case suspected:
		hint = hintOf(offset, votes, agree)
	case offset.Abs() > Threshold:
		offset = 0
	}
	return offset, suspected, hint
}

// median is that of the votes; of two in the middle, either will do, since more
// than half have to agree with it.
func median(votes []vote) time.Duration {
	offsets := make([]time.Duration, len(votes))
	for n, v := range votes {
		offsets[n] = v.offset
	}
	slices.Sort(offsets)
	return offsets[len(offsets)/2]
}

// agrees reports whether the vote is for a clock that is off by about so much.
// Answers that caches keep make a clock look ahead, each by its own age, so there
// the votes must be near to one another. Nothing makes one look behind but a
// clock, and the tokens that prove it may be older by any time.
func (v vote) agrees(offset time.Duration) bool {
	if offset < 0 {
		return v.offset < -Threshold
	}
	return v.offset > Threshold && (v.offset-offset).Abs() <= Threshold
}

func hintOf(offset time.Duration, votes []vote, agree int) string {
	off := fmt.Sprintf("the clock of this machine seems to be %v ahead", offset.Round(time.Second))
	effect := "tokens are refused as expired while they are good"
	if offset < 0 {
		off = fmt.Sprintf("the clock of this machine seems to be %v behind", -offset.Round(time.Second))
		effect = "new tokens are refused as not_yet_valid, and old ones pass for too long"
	}
	by := fmt.Sprintf("by %d of %d issuers", agree, len(votes))
	if len(votes) == 1 {
		by = "by " + votes[0].from + " alone, whose own clock may be the wrong one"
	}
	return off + ", " + by + "; beyond leeway " + effect + "; set the clock, and have it kept by NTP (timedatectl, chronyc tracking)"
}
