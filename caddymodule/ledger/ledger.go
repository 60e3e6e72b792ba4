package ledger

import (
	"sync"
	"time"
)

const (
	// DefaultSize is how many entries are remembered.
	DefaultSize = 1000

	// maxTokens is of how many entries, the latest, the token is kept: one with
	// all the tags that AWS lets it have takes the memory of a hundred entries.
	maxTokens = 200
)

// Ledger is the memory of what was decided. Make one with [New]; it is safe for
// any number of callers at once.
type Ledger struct {
	now    func() time.Time
	counts *counts

	mu   sync.Mutex
	ring []Entry
	last uint64 // the ID that was given out last; ring[(last-1)%len] has it
	none uint64 // the last ID that none of this ledger has
}

// New makes a ledger that remembers the last size entries; under 1 is
// DefaultSize. A nil clock is time.Now.
func New(now func() time.Time, size int) *Ledger {
	if now == nil {
		now = time.Now
	}
	if size < 1 {
		size = DefaultSize
	}
	return &Ledger{now: now, counts: newCounts(), ring: make([]Entry, size)}
}

// NewAfter is New for a ledger that follows one of an earlier process: its IDs are
// those of the clock in microseconds and more, so that who has seen the earlier
// one's does not take one for another.
func NewAfter(now func() time.Time, size int) *Ledger {
	l := New(now, size)
	l.none = uint64(max(l.now().UnixMicro(), 0))
	l.last = l.none
	return l
}

// Pass counts a request that passed for a reason of which no entry is kept: any
// that was not audited. It takes no lock and no memory.
func (l *Ledger) Pass(at time.Time, anonymous bool) {
	kind := 0
	if anonymous {
		kind = 1
	}
	l.counts.add(at, kind)
}

// Add remembers a refusal or an audited pass, and counts it. Its ID is given
// here; a zero Time is the clock's. Texts are cut, and copied.
func (l *Ledger) Add(e Entry) {
	if e.Time.IsZero() {
		e.Time = l.now()
	}
	if e.Result != Audited {
		e.Result = Refused
	}
	n, known := kindOf[kind{e.Result, e.Reason}]
	if !known {
		n = kindOf[kind{e.Result, otherReason}]
	}
	l.counts.add(e.Time, n)
	e.bound()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.ID = l.last
	*l.at(e.ID) = e
	if size := uint64(len(l.ring)); size > maxTokens && e.ID > maxTokens {
		l.at(e.ID - maxTokens).Token = nil
	}
}

func (l *Ledger) at(id uint64) *Entry { return &l.ring[(id-1)%uint64(len(l.ring))] }

// oldest is the smallest ID that is remembered; there may be none yet.
func (l *Ledger) oldest() uint64 {
	if size := uint64(len(l.ring)); l.last > l.none+size {
		return l.last - size + 1
	}
	return l.none + 1
}

// Entries returns at most limit entries that want wants, the newest first, of
// those whose ID is under before; 0 is all of them. A nil want wants all; it must
// not keep or change what it is shown. More says whether it wants older ones, too.
func (l *Ledger) Entries(before uint64, limit int, want func(*Entry) bool) (entries []Entry, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before == 0 || before > l.last {
		before = l.last + 1
	}
	for id := before - 1; id >= l.oldest() && id > 0; id-- {
		e := l.at(id)
		if want != nil && !want(e) {
			continue
		}
		if len(entries) >= limit {
			return entries, true
		}
		entries = append(entries, *e)
	}
	return entries, false
}

// Entry returns the entry with the ID, if it is still remembered.
func (l *Ledger) Entry(id uint64) (Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == 0 || id > l.last || id < l.oldest() {
		return Entry{}, false
	}
	return *l.at(id), true
}

// Minutes returns the last 60 minutes, the oldest first; the last one goes on.
func (l *Ledger) Minutes() []Minute {
	last := minuteOf(l.now())
	minutes := make([]Minute, 0, Minutes)
	for minute := last - Minutes + 1; minute <= last; minute++ {
		m := Minute{At: time.Unix(minute*60, 0).UTC()}
		counted := l.counts.of(minute)
		for n := range counted {
			m.add(kinds[n].result, counted[n].Load())
		}
		minutes = append(minutes, m)
	}
	return minutes
}

// LastHour returns what there was in the last 60 minutes, by result and reason,
// in a fixed order. What there was none of is left out.
func (l *Ledger) LastHour() []Count {
	last := minuteOf(l.now())
	sums := make([]uint64, len(kinds))
	for minute := last - Minutes + 1; minute <= last; minute++ {
		counted := l.counts.of(minute)
		for n := range counted {
			sums[n] += counted[n].Load()
		}
	}
	all := []Count{}
	for n, sum := range sums {
		if sum > 0 {
			all = append(all, Count{kinds[n].result, kinds[n].reason, sum})
		}
	}
	return all
}
