package ledger

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
)

// Result is what became of a request at one handler.
type Result string

// The results. The set is closed.
const (
	Allowed   Result = "allowed"
	Anonymous Result = "anonymous" // it had no token, and none is required
	Audited   Result = "audited"   // it passed although the policy would refuse it
	Refused   Result = "refused"
)

// Minutes is how many minutes are counted, the one that goes on included.
const Minutes = 60

// slots is more than Minutes, so that whoever reads meets no slot that is just
// being emptied for another minute.
const slots = 64

// otherReason is what a reason is counted as that the table lacks. The handler
// answers such a one as a fault of ours.
const otherReason = "internal_error"

// kind is what is counted by itself: a result, and the reason of one that has
// any.
type kind struct {
	result Result
	reason string
}

// kinds are all that there are. The first two are those of passes.
var kinds, kindOf = func() ([]kind, map[kind]int) {
	all := []kind{{Allowed, ""}, {Anonymous, ""}}
	for _, result := range []Result{Audited, Refused} {
		for _, each := range remedy.All() {
			all = append(all, kind{result, each.Reason})
		}
	}
	index := make(map[kind]int, len(all))
	for n, each := range all {
		index[each] = n
	}
	return all, index
}()

// counts are those of the last minutes. Minutes are those of the clock on the
// wall: when it is set, what lies ahead or too far back is not shown.
type counts struct {
	emptying sync.Mutex // held by the first request of a minute
	slots    [slots]slot
}

type slot struct {
	minute atomic.Int64 // since 1970
	counts []atomic.Uint64
}

func newCounts() *counts {
	c := new(counts)
	for n := range c.slots {
		c.slots[n].counts = make([]atomic.Uint64, len(kinds))
		c.slots[n].minute.Store(-1)
	}
	return c
}

func minuteOf(at time.Time) int64 { return max(at.Unix()/60, 0) }

// add counts one. It takes no lock but at the beginning of a minute.
func (c *counts) add(at time.Time, kind int) {
	minute := minuteOf(at)
	s := &c.slots[minute%slots]
	if s.minute.Load() != minute {
		c.empty(s, minute)
	}
	s.counts[kind].Add(1)
}

func (c *counts) empty(s *slot, minute int64) {
	c.emptying.Lock()
	defer c.emptying.Unlock()
	if s.minute.Load() == minute {
		return
	}
	s.minute.Store(-1)
	for n := range s.counts {
		s.counts[n].Store(0)
	}
	s.minute.Store(minute)
}

// of returns the counts of a minute, or nil.
func (c *counts) of(minute int64) []atomic.Uint64 {
	if minute < 0 {
		return nil
	}
	s := &c.slots[minute%slots]
	if s.minute.Load() != minute {
		return nil
	}
	return s.counts
}

// Minute is how many requests were decided on in one minute.
type Minute struct {
	At        time.Time `json:"at"` // its beginning, in UTC
	Allowed   uint64    `json:"allowed"`
	Anonymous uint64    `json:"anonymous"`
	Audited   uint64    `json:"audited"`
	Refused   uint64    `json:"refused"`
}

// Count is how many requests had a result, and a reason where there is one, in
// the last hour.
type Count struct {
	Result Result `json:"result"`
	Reason string `json:"reason,omitempty"`
	Count  uint64 `json:"count"`
}

func (m *Minute) add(result Result, n uint64) {
	switch result {
	case Allowed:
		m.Allowed += n
	case Anonymous:
		m.Anonymous += n
	case Audited:
		m.Audited += n
	case Refused:
		m.Refused += n
	}
}
