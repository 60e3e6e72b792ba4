package stacktest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Load are callers that go on until they are told to end, and each of whose requests
// is to be answered 200.
type Load struct {
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup
	passed  atomic.Int64
	failed  sync.Map // what else became of a request
}

// NewLoad has no callers yet.
func NewLoad(t *testing.T) *Load {
	ctx, stop := context.WithCancel(t.Context())
	return &Load{ctx: ctx, stop: stop}
}

// Add adds a caller that asks again and again, with a pause after each answer.
func (l *Load) Add(pause time.Duration, ask func() (status int, err error)) {
	l.workers.Go(func() {
		for ; l.ctx.Err() == nil; time.Sleep(pause) {
			switch status, err := ask(); {
			case err != nil:
				l.failed.Store(err.Error(), true)
			case status != http.StatusOK:
				l.failed.Store(fmt.Sprint("status ", status), true)
			default:
				l.passed.Add(1)
			}
		}
	})
}

// GoesOn waits until some more requests have passed.
func (l *Load) GoesOn(t *testing.T) {
	t.Helper()
	until := l.passed.Load() + 20
	Eventually(t, "good requests pass", func() bool { return l.passed.Load() >= until })
}

// End ends it, and fails the test for each way in which a request failed. It returns
// how many passed.
func (l *Load) End(t *testing.T) int64 {
	t.Helper()
	l.stop()
	l.workers.Wait()
	l.failed.Range(func(what, _ any) bool {
		t.Errorf("a good request failed: %v", what)
		return true
	})
	return l.passed.Load()
}
