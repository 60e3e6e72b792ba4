package main

import (
	"testing"
	"time"
)

// scales is an oracle whose clock a test moves.
type scales struct {
	*oracle
	t   *testing.T
	of  population
	now time.Time
}

func newScales(t *testing.T) *scales {
	s := &scales{t: t, of: makeIssuers(), now: time.Now()}
	s.oracle = newOracle(s.of.issuers, func() time.Time { return s.now })
	for _, i := range s.of.issuers {
		s.published(i.name, []int{0})
	}
	s.warm()
	return s
}

func (s *scales) pass(d time.Duration) { s.now = s.now.Add(d) }

// weigh asserts the verdict on a GET of the team red.
func (s *scales) weigh(issuer, site string, generation int, want verdict) {
	s.t.Helper()
	r := &request{from: s.of.issuer(issuer), team: "red", generation: generation, site: site, method: "GET"}
	if got, why := s.judge(r); got != want {
		s.t.Errorf("%s at %s with key %d: %s (%s), want %s", issuer, site, generation, got, why, want)
	}
}

func TestVerdictsByTrust(t *testing.T) {
	s := newScales(t)
	for _, i := range s.of.trusted() {
		s.weigh(i.name, openSite, 0, good)
	}
	s.weigh("listed-1", closedSite, 0, good)
	s.weigh("organization-1", closedSite, 0, bad)
	s.weigh("stranger", openSite, 0, bad)
	if got, _ := s.judge(&request{from: s.of.issuer("listed-1"), spoilt: forged}); got != bad {
		t.Errorf("a forged token is %s", got)
	}
}

func TestVerdictsDuringALoad(t *testing.T) {
	s := newScales(t)
	lacking := config{policy: allowAll, without: "listed-3"}
	s.may(lacking)
	s.weigh("listed-3", openSite, 0, unsure)
	s.weigh("listed-1", openSite, 0, good)
	s.is(lacking)
	s.weigh("listed-3", openSite, 0, bad)
	denying := config{policy: denyRed, without: "listed-3"}
	s.may(denying)
	s.weigh("listed-3", openSite, 0, bad)
	s.weigh("listed-1", openSite, 0, unsure)
	s.stays() // it has failed
	s.weigh("listed-1", openSite, 0, good)
	s.may(denying)
	s.is(denying)
	s.weigh("listed-1", openSite, 0, bad)
	s.may(basic)
	s.weigh("listed-3", openSite, 0, unsure)
	s.is(basic)
	s.weigh("listed-3", openSite, 0, good)
}

func TestVerdictsByIssuersFile(t *testing.T) {
	s := newScales(t)
	s.fileMay("file-1")
	s.weigh("file-1", openSite, 0, unsure)
	s.fileIs()
	s.pass(fileTime)
	s.weigh("file-1", openSite, 0, unsure)
	s.pass(time.Second)
	s.weigh("file-1", openSite, 0, bad)
	s.weigh("file-2", openSite, 0, good)
	s.fileMay("")
	s.fileIs()
	s.fileIsBad() // too soon to know whether the good version was seen
	s.pass(time.Minute / 2)
	s.weigh("file-1", openSite, 0, unsure)
	s.may(basic)
	s.is(basic) // a load reads it anew
	s.weigh("file-1", openSite, 0, good)
}

func TestVerdictsByKey(t *testing.T) {
	s := newScales(t)
	s.weigh("file-1", openSite, 1, unsure)
	s.published("file-1", []int{1, 0})
	s.pass(noticeTime - time.Millisecond)
	s.weigh("file-1", openSite, 1, unsure)
	s.weigh("file-1", openSite, 0, good)
	s.pass(time.Millisecond)
	s.weigh("file-1", openSite, 1, good)
	s.keysMayGo("file-1")
	s.weigh("file-1", openSite, 0, unsure)
	s.published("file-1", []int{1})
	s.weigh("file-1", openSite, 1, good)
	s.pass(noticeTime - time.Millisecond)
	s.weigh("file-1", openSite, 0, unsure)
	s.pass(time.Millisecond)
	s.weigh("file-1", openSite, 0, bad)
}

// What interrupts the fetches begins the time to notice anew.
func TestVerdictsByInterruption(t *testing.T) {
	for _, interrupt := range []struct{ begin, end func(*scales) }{
		{func(s *scales) { s.interrupt("listed-1", "x") }, func(s *scales) { s.resume("listed-1", "x") }},
		{func(s *scales) { s.interrupt(everyIssuer, "x") }, func(s *scales) { s.resume(everyIssuer, "x") }},
		{func(s *scales) { s.may(config{without: "listed-1"}) }, func(s *scales) { s.stays() }},
	} {
		s := newScales(t)
		s.pass(time.Minute)
		s.published("listed-1", []int{1, 0})
		s.pass(noticeTime / 2)
		interrupt.begin(s)
		s.pass(noticeTime)
		interrupt.end(s)
		s.pass(noticeTime - time.Millisecond)
		s.weigh("listed-1", openSite, 1, unsure)
		s.weigh("listed-1", openSite, 0, good)
		s.pass(time.Millisecond)
		s.weigh("listed-1", openSite, 1, good)
	}
}

func TestVerdictsByMaxStale(t *testing.T) {
	s := newScales(t)
	s.pass(time.Minute)
	s.interrupt("organization-1", "x")
	s.cutOff("organization-1", "x")
	s.pass(maxStale - noticeTime - staleMargin)
	s.weigh("organization-1", openSite, 0, good)
	s.pass(time.Millisecond)
	s.weigh("organization-1", openSite, 0, unsure)
	s.pass(noticeTime + 2*staleMargin)
	s.weigh("organization-1", openSite, 0, bad)
	s.weigh("organization-2", openSite, 0, good)
	s.resume("organization-1", "x")
	s.weigh("organization-1", openSite, 0, unsure)
	s.pass(noticeTime)
	s.weigh("organization-1", openSite, 0, good)
}
