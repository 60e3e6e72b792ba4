package devsts

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// faultTable holds the faults in force. Its zero value is ready.
type faultTable struct {
	mu     sync.RWMutex
	faults map[faultPlace]*armedFault
}

// faultPlace is what has one fault at a time.
type faultPlace struct {
	issuer   string // a UUID or AnyIssuer
	document Document
}

// armedFault is a fault that was set.
type armedFault struct {
	Fault
	kind  faultKind
	until time.Time       // zero when For is
	ended <-chan struct{} // closed when it was cleared or replaced, or its time is up
	end   context.CancelFunc
}

// over says whether the fault has ended by itself; what was cleared or replaced
// is in no table.
func (f *armedFault) over() bool {
	select {
	case <-f.ended:
		return true
	default:
		return false
	}
}

// put ends the fault that stands in the place of f.
func (t *faultTable) put(f Fault, kind faultKind) {
	armed := &armedFault{Fault: f, kind: kind}
	// A context ends by time and by hand, and needs no goroutine for it.
	ctx := context.Background()
	if f.For > 0 {
		armed.until = time.Now().Add(f.For)
		ctx, armed.end = context.WithDeadline(ctx, armed.until)
	} else {
		ctx, armed.end = context.WithCancel(ctx)
	}
	armed.ended = ctx.Done()

	t.mu.Lock()
	defer t.mu.Unlock()
	if t.faults == nil {
		t.faults = map[faultPlace]*armedFault{}
	}
	place := faultPlace{f.Issuer, f.Document}
	old := t.faults[place]
	t.faults[place] = armed
	if old != nil {
		old.end() // once the new one is there, since who waits for it looks again
	}
}

// clear ends the faults of an issuer, or all when it is empty.
func (t *faultTable) clear(issuer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for place, f := range t.faults {
		if issuer == "" || issuer == place.issuer {
			delete(t.faults, place)
			f.end()
		}
	}
}

// find returns the fault of an issuer's document, its own before that of every
// issuer, or nil.
func (t *faultTable) find(issuer string, d Document) *armedFault {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, name := range []string{issuer, AnyIssuer} {
		if f := t.faults[faultPlace{name, d}]; f != nil && !f.over() {
			return f
		}
	}
	return nil
}

// list returns the faults in force in a fixed order.
func (t *faultTable) list() []Fault {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]Fault, 0, len(t.faults))
	for _, f := range t.faults {
		if f.over() {
			continue
		}
		out := f.Fault
		if !f.until.IsZero() {
			out.For = max(time.Until(f.until), 1) // zero would say that it lasts
		}
		list = append(list, out)
	}
	slices.SortFunc(list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Document, b.Document))
	})
	return list
}
