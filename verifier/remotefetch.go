package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// fetch is one look for keys, in the store or at the issuer, that callers wait
// for.
type fetch struct {
	began   time.Time
	inStore bool
	wanted  map[string]bool // kids that callers wait for; one more than a set can hold is enough
	errand  bool            // whether it was begun for an errand, and not for a caller
	done    chan struct{}
	gaveUp  error // why it did not ask the issuer, once done; nil if it did
}

// occasion is what a fetch is begun for.
type occasion struct {
	ration *ration // counts for an issuer that is not proven; nil is none
	errand bool
}

// start begins a fetch, unless the ration is used up or the set is closed.
func (s *remoteKeySet) start(now time.Time, o occasion) (*fetch, error) {
	inStore := s.asksStore()
	if o.ration != nil && !s.trusted && !inStore {
		if wait := o.ration.take(now); wait > 0 {
			return nil, rationed(wait)
		}
	}
	f := &fetch{began: now, inStore: inStore, wanted: make(map[string]bool), errand: o.errand, done: make(chan struct{})}
	if !s.owner.begin(func() { s.run(f) }) {
		return nil, s.refusal(now)
	}
	s.current = f
	return f, nil
}

func (s *remoteKeySet) run(f *fetch) {
	if f.inStore {
		s.restore(f)
		return
	}
	leave, err := s.takeSlot(s.owner.ctx, f)
	if err != nil {
		s.giveUp(f, err)
		return
	}
	text, keys, err := s.fetch(s.owner.ctx)
	leave()
	if err != nil {
		s.settleFailure(f, cut(err))
		return
	}
	if s.settle(f, text, keys) {
		s.keep(f.began, text)
	}
}

// settle puts a good fetch's keys in force, and reports whether the store may
// have them: what an issuer that nobody vouched for publishes is not kept.
func (s *remoteKeySet) settle(f *fetch, text []byte, keys map[string]Key) (keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logChange(keys)
	s.owner.config.Fetched(resultOf(s.keys, keys))
	s.keys, s.fetched, s.failure, s.stored = keys, f.began, nil, false
	s.fresh.Store(&freshKeys{keys, f.began})
	for id := range f.wanted {
		if _, found := keys[id]; !found {
			s.lastForKID = f.began
		}
	}
	if s.awaiting = nil; !s.trusted && len(text) <= maxAwaiting {
		s.awaiting = text
	}
	s.end(f)
	return s.trusted
}

// maxAwaiting is how much of a document is remembered, in bytes, until its issuer
// is proven. AWS's have about 1 KiB.
const maxAwaiting = 8 << 10

func (s *remoteKeySet) settleFailure(f *fetch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.failure = f.began, err
	// A store that failed may have what the issuer does not give.
	s.restored = s.restored && !s.storeDown
	s.logFailure(f.began, err)
	if s.owner.ctx.Err() == nil {
		s.owner.config.Fetched(FetchFailed)
	}
	s.end(f)
}

func (s *remoteKeySet) end(f *fetch) {
	s.current = nil
	close(f.done)
}

// giveUp ends a fetch that had no slot. That is not the issuer's fault: it has no
// cooldown, and what was known of its keys stays known.
func (s *remoteKeySet) giveUp(f *fetch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.gaveUp = &KeysUnavailableError{RetryAfter: time.Second, Err: err}
	s.end(f)
}

// fetch turns a panic into an error: a document from outside must not end the
// process.
func (s *remoteKeySet) fetch(ctx context.Context) (text []byte, keys map[string]Key, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.owner.config.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			text, keys, err = nil, nil, fmt.Errorf("reading keys: panic: %v", p)
		}
	}()
	return s.source.fetch(ctx)
}

// maxFailure is how much of a failure's text is kept, in bytes: it may hold what
// a server sent.
const maxFailure = 1024

func cut(err error) error {
	text := err.Error()
	if len(text) <= maxFailure {
		return err
	}
	return errors.New(strings.ToValidUTF8(text[:maxFailure], "") + "…")
}
