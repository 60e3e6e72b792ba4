package main

import (
	"context"
	"errors"
	"io"
	"testing"
)

// TestAsk holds outcomes against what they are counted as.
func TestAsk(t *testing.T) {
	broken := errors.New("connection reset by peer")
	own := answer{200, "100000000000", "arn:aws:iam::100000000000:role/chaos/red", "false", "0"}
	another := own
	another.subject = "arn:aws:iam::100000000001:role/chaos/red"
	leaked := own
	leaked.token = "true"
	status := func(n int) answer { return answer{status: n} }
	for name, c := range map[string]struct {
		generation int // 0 is good, 9 unsure
		spoilt     spoil
		during     occasion
		answers    []answer // one for each attempt; without a status the connection breaks
		saw        bool
		want       counts
	}{
		"good passes":                 {answers: []answer{own}, saw: true, want: counts{good: 1}},
		"good refused":                {answers: []answer{status(401)}, want: counts{goodRefused: 1}},
		"good unavailable":            {answers: []answer{status(503)}, want: counts{goodRefused: 1}},
		"good refused at a start":     {during: restarting, answers: []answer{status(503)}, want: counts{goodRefused: 1}},
		"good refused at a load":      {during: loading, answers: []answer{status(503)}, want: counts{goodRefused: 1}},
		"good, another's identity":    {answers: []answer{another}, saw: true, want: counts{odd: 1}},
		"good, the token goes on":     {answers: []answer{leaked}, saw: true, want: counts{odd: 1}},
		"good, answered by no one":    {answers: []answer{own}, want: counts{odd: 1}},
		"good, bad gateway":           {answers: []answer{status(502)}, want: counts{odd: 1}},
		"good, broken":                {answers: []answer{{}}, want: counts{goodRefused: 1}},
		"good, broken at a start":     {during: restarting, answers: []answer{{}}, saw: true, want: counts{waits: 1}},
		"good, reset by a load":       {during: loading, answers: []answer{{}, own}, saw: true, want: counts{resets: 1, good: 1}},
		"good, reset twice by a load": {during: loading, answers: []answer{{}, {}}, want: counts{resets: 1, goodRefused: 1}},
		"good, broken by a load":      {during: loading, answers: []answer{{}}, saw: true, want: counts{goodRefused: 1}},
		"bad refused":                 {spoilt: forged, answers: []answer{status(401)}, want: counts{bad: 1}},
		"bad unavailable":             {spoilt: forged, answers: []answer{status(503)}, want: counts{bad: 1}},
		"bad passes":                  {spoilt: forged, answers: []answer{own}, saw: true, want: counts{badPassed: 1}},
		"bad passes unanswered":       {spoilt: forged, during: restarting, answers: []answer{{}}, saw: true, want: counts{waits: 1, badPassed: 1}},
		"bad, an internal error":      {spoilt: forged, answers: []answer{status(500)}, want: counts{odd: 1}},
		"unsure passes":               {generation: 9, answers: []answer{own}, saw: true, want: counts{unsure: 1}},
		"unsure refused":              {generation: 9, answers: []answer{status(401)}, want: counts{unsure: 1}},
		"unsure, bad gateway":         {generation: 9, answers: []answer{status(502)}, want: counts{odd: 1}},
	} {
		s := &stage{places: places{population: makeIssuers()}, back: &upstream{seen: map[string]bool{}}, up: make(chan struct{})}
		close(s.up)
		trial := newTrial(s, nil, newJournal(io.Discard))
		for _, i := range s.issuers {
			trial.oracle.published(i.name, []int{0})
		}
		trial.oracle.warm()
		if c.during != ordinary {
			trial.windows.open(c.during)()
		}
		r := &request{path: "/r/1", from: s.issuers[0], team: "red", generation: c.generation, spoilt: c.spoilt, site: openSite, method: "GET"}
		attempts := 0
		trial.ask(t.Context(), func(context.Context, *request) (answer, error) {
			got := c.answers[attempts]
			attempts++
			if c.saw && attempts == len(c.answers) {
				s.back.seen[r.path] = true
			}
			if got.status == 0 {
				return got, broken
			}
			return got, nil
		}, r)
		if got := trial.tally.now(); got != c.want || attempts != len(c.answers) {
			t.Errorf("%s: %+v after %d attempts, want %+v after %d", name, got, attempts, c.want, len(c.answers))
		}
	}
}
