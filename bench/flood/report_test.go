package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// answered is a part of one second with n requests of the known callers that
// passed, each taking that long.
func answered(n int, took time.Duration) part {
	p := part{took: time.Second}
	for range n {
		p.known.add(200, took)
	}
	return p
}

// Each row changes one of the figures of a flood that starves nobody. The second
// of the two rounds is of a machine that is twice as slow.
func TestReached(t *testing.T) {
	for name, tt := range map[string]struct {
		share int // of 100
		p99   time.Duration
		want  string
	}{
		"all of the share":           {100, time.Millisecond, "yes"},
		"little enough":              {70, 3 * time.Millisecond, "yes"},
		"too little":                 {69, 3 * time.Millisecond, "NO"},
		"too slow":                   {70, 3001 * time.Microsecond, "NO"},
		"more, since others are few": {130, time.Millisecond, "yes"},
	} {
		a := &arm{name: bounded}
		add := func(n, requests int, took time.Duration) {
			a.parts[n] = append(a.parts[n], answered(requests, took), answered(requests/2, took+took))
		}
		add(alone, 400, time.Millisecond)
		add(fairToEach, 200, 2*time.Millisecond)
		add(forgedEach, 2*tt.share, tt.p99)
		if line := a.line(forgedEach); line[9] != tt.want {
			t.Errorf("%s: %q, want %s", name, line, tt.want)
		}
	}
}

func TestRefusedAny(t *testing.T) {
	a := &arm{name: bounded}
	good := answered(3, time.Millisecond)
	a.parts[alone] = []part{good}
	b := &bench{arms: []*arm{a}}
	if err := b.refusedAny(); err != nil {
		t.Error(err)
	}
	refused := answered(3, time.Millisecond)
	refused.known.add(503, time.Millisecond)
	silent := answered(3, time.Millisecond)
	silent.known.fail(errors.New("cut"))
	for what, p := range map[string]part{"alone: the known callers had 3 × 200, 1 × 503": refused, "1 without an answer\ncut": silent} {
		a.parts[alone] = []part{good, p}
		if err := b.refusedAny(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %s", err, what)
		}
	}
}

func TestTallies(t *testing.T) {
	var each [2]tally
	for n := range 200 {
		each[n%2].add(200, time.Duration(200-n)*time.Millisecond)
	}
	sum := merge(each[:])
	for p, want := range map[int]string{50: "100ms", 99: "198ms", 100: "200ms"} {
		if got := sum.percentile(p).String(); got != want {
			t.Errorf("p%d is %s, want %s", p, got, want)
		}
	}
	if got := sum.perSecond(2 * time.Second); got != 100 {
		t.Errorf("%v in a second, want 100", got)
	}
	if new(tally).percentile(99) != 0 {
		t.Error("nothing took some time")
	}
}

// Every forged request is another one, and differs from a good one in its
// signature alone.
func TestForgedRequests(t *testing.T) {
	s, err := newIssuer()
	if err != nil {
		t.Fatal(err)
	}
	forged, err := s.forged()
	if err != nil {
		t.Fatal(err)
	}
	one := []byte(requestWith("host", forged))
	next, seen := eachAnother(one), make(map[string]bool)
	before := string(one[:strings.LastIndexByte(string(one), '.')+1])
	for range 100 {
		text := string(next())
		seen[text] = true
		if len(text) != len(one) || !strings.HasPrefix(text, before) || !strings.HasSuffix(text, "\r\n\r\n") {
			t.Fatalf("the request is %q", text)
		}
	}
	if len(seen) != 100 || seen[string(one)] {
		t.Errorf("%d different requests, want 100 and not the first", len(seen))
	}
}
