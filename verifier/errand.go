package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxErrands is how many fetches go on at once that no token waits for, beside
	// those that some do.
	maxErrands = 16

	// errandKept is how long an errand waits for its turn without anybody asking
	// for it again. Its issuer may be no longer trusted then.
	errandKept = time.Minute
)

// errand is that somebody who looks ahead, such as a readiness probe, wants an
// issuer's keys to be there. It waits for its turn, while a token of the issuer
// has them fetched at once.
type errand struct {
	set     *remoteKeySet
	ration  *ration      // as an occasion's
	asked   atomic.Int64 // when it was last asked for, Unix nanoseconds
	waiting atomic.Int32 // how many wait for its end
	done    chan struct{}
	err     error // why nothing was begun, once done; nil if something was
}

// errands are those of some key sets. While there are any, a few goroutines see
// to them, in turn.
type errands struct {
	mu      sync.Mutex
	queue   []*errand
	workers int
}

// add begins to see to an errand, or reports that the key sets are closed.
func (s *RemoteKeySets) add(e *errand) bool {
	q := &s.errands
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.workers < maxErrands {
		if !s.begin(s.runErrands) {
			return false
		}
		q.workers++
	}
	q.queue = append(q.queue, e)
	return true
}

func (s *RemoteKeySets) runErrands() {
	for e := s.errands.next(); e != nil; e = s.errands.next() {
		e.run()
	}
}

// next returns nil to a worker that is to end.
func (q *errands) next() *errand {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		q.queue = nil
		q.workers--
		return nil
	}
	e := q.queue[0]
	q.queue[0] = nil
	q.queue = q.queue[1:]
	return e
}

// run has the keys fetched, from the store if they are there.
func (e *errand) run() {
	defer e.end()
	for {
		f, err := e.join()
		if f == nil {
			e.err = err
			return
		}
		<-f.done
		if !f.inStore && f.gaveUp == nil {
			return
		}
	}
}

// join returns the fetch to wait for: none when the keys are fresh, or cannot be
// fetched now, or nobody wants them any more.
func (e *errand) join() (*fetch, error) {
	s := e.set
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.owner.config.Now()
	if e.waiting.Load() == 0 && now.Sub(time.Unix(0, e.asked.Load())) > errandKept {
		return nil, errForgotten
	}
	if s.servesFresh(now) {
		return nil, nil
	}
	return s.join(now, occasion{ration: e.ration, errand: true})
}

var errForgotten = &KeysUnavailableError{RetryAfter: time.Second, Err: errors.New("nobody asked for them any more")}

func (e *errand) end() {
	e.set.mu.Lock()
	defer e.set.mu.Unlock()
	e.set.errand = nil
	close(e.done)
}

// await waits until there are keys that serve. Those that are stale it has
// refreshed beside.
func (s *remoteKeySet) await(ctx context.Context, r *ration) error {
	if f := s.fresh.Load(); f != nil && s.owner.config.Now().Sub(f.fetched) <= s.owner.config.TTL {
		return nil
	}
	e, err := s.errandFor(r)
	if e == nil {
		return err
	}
	e.waiting.Add(1)
	defer e.waiting.Add(-1)
	select {
	case <-ctx.Done():
		if s.serves() { // since a token had them fetched
			return nil
		}
		return fmt.Errorf("waiting for a fetch of keys: %w", ctx.Err())
	case <-e.done:
		return s.whyNone(e)
	}
}

// errandFor returns what is to be waited for: nothing when there are keys that
// serve, or none can be had now.
func (s *remoteKeySet) errandFor(r *ration) (*errand, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.owner.config.Now()
	s.forgetTooOld(now)
	if s.servesFresh(now) {
		return nil, nil
	}
	serves := s.keys != nil
	if s.errand == nil {
		if s.current == nil && !s.mayBegin(now) {
			return nil, s.refusalUnless(serves, now)
		}
		e := &errand{set: s, ration: r, done: make(chan struct{})}
		e.asked.Store(now.UnixNano())
		if !s.owner.add(e) {
			return nil, s.refusalUnless(serves, now)
		}
		s.errand = e
	}
	s.errand.asked.Store(now.UnixNano())
	if serves {
		return nil, nil
	}
	return s.errand, nil
}

func (s *remoteKeySet) servesFresh(now time.Time) bool {
	return s.keys != nil && now.Sub(s.fetched) <= s.owner.config.TTL
}

func (s *remoteKeySet) refusalUnless(serves bool, now time.Time) error {
	if serves {
		return nil
	}
	return s.refusal(now)
}

func (s *remoteKeySet) serves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys != nil
}

// whyNone says why there are no keys that serve behind an errand, or nil.
func (s *remoteKeySet) whyNone(e *errand) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.keys != nil:
		return nil
	case e.err != nil:
		return e.err
	}
	return s.refusal(s.owner.config.Now())
}
