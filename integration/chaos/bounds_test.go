package main

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// ledger is a fetchLedger with samples a second apart: after each second there
// were that many fetches of the keys of listed-1 and for invented issuers.
func ledger(keys, invented func(second int) int, seconds int) *fetchLedger {
	s := &stage{places: places{population: makeIssuers()}}
	l := newFetchLedger(s, newOracle(s.issuers, time.Now))
	l.began = time.Unix(1000, 0)
	for n := range seconds + 1 {
		l.samples = append(l.samples, sample{at: l.began.Add(time.Duration(n) * time.Second), counts: stack.FetchCounts{
			Issuers: map[string]stack.FetchCount{s.issuer("listed-1").uuid: {Keys: keys(n)}},
			Unknown: stack.FetchCount{Discovery: invented(n)},
		}})
		l.lookForSeldom()
	}
	return l
}

func none(int) int       { return 0 }
func everyTTL(n int) int { return n / 2 }

// breached asserts whether the ledger finds something of an issuer's.
func breached(t *testing.T, l *fetchLedger, what string, want bool) {
	t.Helper()
	breaches, _ := l.judge()
	got := false
	for _, each := range breaches {
		got = got || strings.Contains(each, what)
	}
	if got != want {
		t.Errorf("%q: %t, want %t: %v", what, got, want, breaches)
	}
}

func TestFetchBounds(t *testing.T) {
	spare := 2 + fetchMargin // the first fetch and one start
	l := ledger(func(n int) int { return n/2 + n*spare/60 }, none, 60)
	breached(t, l, "too often: listed-1", false)
	one := func(n int) int { return n/2 + n*(spare+1)/60 }
	breached(t, ledger(one, none, 60), "too often: listed-1", true)

	l = ledger(one, none, 60)
	l.start()
	breached(t, l, "too often: listed-1", false)
	l = ledger(one, none, 60)
	l.note(&request{from: l.issuer("listed-1"), spoilt: unknownKid}, good, l.began, l.began)
	breached(t, l, "too often: listed-1", false)
	l = ledger(one, none, 60)
	l.note(&request{from: l.issuer("listed-2")}, unsure, l.began, l.began)
	breached(t, l, "too often: listed-1", true)
	l = ledger(one, none, 60)
	l.fail("listed-1", l.began, l.began, 1)
	breached(t, l, "too often: listed-1", false)
}

func TestRationBounds(t *testing.T) {
	flood := func(n int) int { return min(n*10, 62) }
	breached(t, ledger(everyTTL, flood, 60), "invented", false)
	more := func(n int) int { return min(n*10, 63) }
	l := ledger(everyTTL, more, 60)
	breached(t, l, "invented", true)
	for n := range l.samples[:4] { // as if a load had come between
		l.samples[n].handlers = -2
	}
	breached(t, l, "invented", false)
	slow := func(n int) int { return n }
	breached(t, ledger(everyTTL, slow, 180), "invented", false)
}

func TestSeldomFetches(t *testing.T) {
	breached(t, ledger(everyTTL, none, 20), "seldom: listed-1", false)
	breached(t, ledger(func(n int) int { return min(n, 10) }, none, 20), "seldom: listed-1", true)
}
