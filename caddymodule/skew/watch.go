package skew

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// Threshold is the error from which on a clock is suspected: a third of the
	// leeway that tokens are given by default, so that it is told before tokens are
	// refused for it.
	Threshold = 10 * time.Second

	// Window is how long what was heard counts.
	Window = time.Hour

	// maxIssuers is how many issuers are heard at a time; the one that was heard
	// longest ago makes room.
	maxIssuers = 256

	// jump is by how much the clock may part from one that only counts, before it
	// was set.
	jump = 2 * time.Second
)

// Watch hears what issuers say of the time. Make one with [New]. It is safe for
// use from many goroutines.
type Watch struct {
	now     func() time.Time
	elapsed func() time.Duration
	seed    maphash.Seed

	mu      sync.Mutex
	issuers map[string]*issuer
	base    time.Time // what the clock showed when elapsed was 0
	told    telling
}

// New makes a Watch over the clock now. The other one, elapsed, counts from
// anywhere and is never set; [Elapsed] is one.
func New(now func() time.Time, elapsed func() time.Duration) *Watch {
	w := &Watch{now: now, elapsed: elapsed, seed: maphash.MakeSeed(), issuers: make(map[string]*issuer)}
	w.base = w.read().Add(-elapsed())
	return w
}

// Elapsed returns a clock that counts from now on and is not set.
func Elapsed() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// Token notes a token whose signature is good. The id tells it from others of its
// issuer; one that was noted a moment ago counts once.
func (w *Watch) Token(from, id string, issued time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.current()
	w.heard(from, now).see(sighting{maphash.String(w.seed, id), now.Sub(issued.Round(0)), now})
}

// Date notes an answer that an issuer's server says it made at date, and that was
// asked for and had at these times of our clock.
func (w *Watch) Date(from string, date, sent, received time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.current()
	if received.Before(sent) {
		return // the clock was set meanwhile
	}
	// A Date is cut to the second.
	date = date.Round(0)
	i := w.heard(from, now)
	i.dated, i.least, i.most = now, sent.Round(0).Sub(date)-time.Second, received.Round(0).Sub(date)
}

// read is the clock without what Go keeps beside it to survive its being set.
func (w *Watch) read() time.Time { return w.now().Round(0) }

// current is the time. When the clock was set since the last look, it forgets what
// was heard of the clock as it was.
func (w *Watch) current() time.Time {
	now := w.read()
	base := now.Add(-w.elapsed())
	if base.Sub(w.base).Abs() > jump {
		w.base = base
		clear(w.issuers)
	}
	return now
}

// heard returns what an issuer has said, and notes that it says more.
func (w *Watch) heard(from string, now time.Time) *issuer {
	i := w.issuers[from]
	if i == nil {
		w.makeRoom()
		i = new(issuer)
		w.issuers[from] = i
	}
	i.last = now
	return i
}

func (w *Watch) makeRoom() {
	if len(w.issuers) < maxIssuers {
		return
	}
	var oldest string
	for name, i := range w.issuers {
		if oldest == "" || i.last.Before(w.issuers[oldest].last) {
			oldest = name
		}
	}
	delete(w.issuers, oldest)
}
