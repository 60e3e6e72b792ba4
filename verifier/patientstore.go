package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// maxStoreWait is how long a store may take; callers wait for it before they
	// wait for a fetch.
	maxStoreWait = 2 * time.Second

	// maxStoreCalls is how many calls a store that hangs may hold.
	maxStoreCalls = 16
)

func (c *RemoteConfig) storeTimeout() time.Duration { return min(c.Timeout, maxStoreWait) }

// patientStore leaves a call when its context ends, which many stores do not: a
// file system that hangs would hold callers, reloads and the end of the process.
type patientStore struct {
	Store
	calls chan struct{} // a slot for each call that goes on
}

var errStoreHangs = errors.New("the storage does not answer")

func (p *patientStore) Load(ctx context.Context, name string) ([]byte, error) {
	return inTime(ctx, p, func() ([]byte, error) { return p.Store.Load(ctx, name) })
}

func (p *patientStore) Save(ctx context.Context, name string, document []byte) error {
	_, err := inTime(ctx, p, func() (struct{}, error) { return struct{}{}, p.Store.Save(ctx, name, document) })
	return err
}

func (p *patientStore) Names(ctx context.Context) ([]string, error) {
	return inTime(ctx, p, func() ([]string, error) { return p.Store.Names(ctx) })
}

// inTime runs a call for as long as its context lasts. A panic of the store's is
// an error.
func inTime[T any](ctx context.Context, p *patientStore, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	select {
	case p.calls <- struct{}{}:
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %d calls hang", errStoreHangs, cap(p.calls))
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if panicked := recover(); panicked != nil {
				o.err = fmt.Errorf("calling the storage: panic: %v", panicked)
			}
			<-p.calls
			done <- o
		}()
		o.value, o.err = call()
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", errStoreHangs, ctx.Err())
	}
}
