package ledger

import (
	"slices"
	"testing"
	"time"
)

// total sums the minutes that are shown.
func (l *Ledger) total() (sum Minute) {
	for _, m := range l.Minutes() {
		sum.Allowed += m.Allowed
		sum.Anonymous += m.Anonymous
		sum.Audited += m.Audited
		sum.Refused += m.Refused
	}
	return sum
}

func TestCountsOfAnHour(t *testing.T) {
	l, c := newLedger(10)
	l.Pass(c.at, false)
	l.Pass(c.at, true)
	l.Add(Entry{Result: Audited, Reason: "policy_denied"})
	l.Add(refused("expired"))
	l.Add(refused("expired"))
	l.Add(refused("a reason that nobody knows"))
	want := []Count{
		{Allowed, "", 1}, {Anonymous, "", 1}, {Audited, "policy_denied", 1}, {Refused, "expired", 2}, {Refused, "internal_error", 1},
	}
	if got := l.LastHour(); !slices.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
	minutes := l.Minutes()
	if len(minutes) != 60 {
		t.Fatalf("%d minutes", len(minutes))
	}
	if at := minutes[59].At; !at.Equal(noon.Truncate(time.Minute)) || !minutes[0].At.Equal(at.Add(-59*time.Minute)) {
		t.Errorf("from %v to %v", minutes[0].At, at)
	}
	if m := minutes[59]; m.Allowed != 1 || m.Anonymous != 1 || m.Audited != 1 || m.Refused != 3 {
		t.Errorf("the minute that goes on has %+v", m)
	}
	c.at = c.at.Add(59 * time.Minute)
	if m := l.Minutes()[0]; m.Allowed != 1 || m.Refused != 3 {
		t.Errorf("59 minutes later the first has %+v", m)
	}
	if got := l.LastHour(); !slices.Equal(got, want) {
		t.Errorf("59 minutes later: %v", got)
	}
	c.at = c.at.Add(time.Minute)
	if got := l.LastHour(); len(got) != 0 || l.total() != (Minute{}) {
		t.Errorf("an hour later: %v", got)
	}
}

// A place that is used again for a later minute begins at nought.
func TestCountsAcrossHours(t *testing.T) {
	l, c := newLedger(10)
	for range 500 {
		l.Pass(c.at, false)
		c.at = c.at.Add(time.Minute)
	}
	c.at = c.at.Add(-time.Minute)
	if got := l.total().Allowed; got != 60 {
		t.Errorf("%d in the last hour, want one a minute", got)
	}
	// The machine slept.
	c.at = c.at.Add(64 * time.Minute)
	l.Pass(c.at, false)
	if got := l.total().Allowed; got != 1 {
		t.Errorf("%d in the last hour, want the one since", got)
	}
}

// When the clock is set back, what lies ahead is not shown, and counting goes on.
func TestClockThatIsSetBack(t *testing.T) {
	l, c := newLedger(10)
	l.Pass(c.at, false)
	for _, back := range []time.Duration{30 * time.Minute, 64 * time.Minute, 100 * time.Hour} {
		c.at = noon.Add(-back)
		if got := l.total().Allowed; got != 0 {
			t.Errorf("set back %v: %d are shown that lie ahead", back, got)
		}
		l.Pass(c.at, false)
		if m := l.Minutes()[59]; m.Allowed != 1 {
			t.Errorf("set back %v: the minute that goes on has %+v", back, m)
		}
		l.Add(refused("expired"))
	}
	entries, _ := l.Entries(0, 10, nil)
	if !slices.Equal(ids(entries), []uint64{3, 2, 1}) {
		t.Errorf("the order is that of arrival, not %v", ids(entries))
	}
	c.at = time.Unix(-5000, 0) // a machine without a battery
	l.Pass(c.at, false)
	l.Minutes()
}
