package verifier

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// rationSize and rationEvery bound the fetches for issuers that were never
	// seen good.
	rationSize  = 60
	rationEvery = time.Minute
)

// ration lets rationSize fetches begin in any rationEvery.
type ration struct {
	mu    sync.Mutex
	began [rationSize]time.Time // a ring
	next  int
}

// take uses one, or says how long to wait for the next.
func (r *ration) take(now time.Time) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.wait(now); wait > 0 {
		return wait
	}
	r.began[r.next] = now
	r.next = (r.next + 1) % rationSize
	return 0
}

// left says how long to wait until there is one to take.
func (r *ration) left(now time.Time) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wait(now)
}

func (r *ration) wait(now time.Time) time.Duration {
	oldest := r.began[r.next]
	if oldest.IsZero() {
		return 0
	}
	return rationEvery - now.Sub(oldest)
}

func rationed(wait time.Duration) error {
	return &KeysUnavailableError{RetryAfter: max(wait, time.Second), Err: errRationed}
}

var errRationed = fmt.Errorf("issuers that were never seen good are fetched %d times in %v at most, and that is used up", rationSize, rationEvery)

var errCandidates = errors.New("too many issuers that were never seen good are being fetched")
