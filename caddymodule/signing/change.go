package signing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// change is one change of what is stored, shared by all who wait for it.
type change struct {
	done  chan struct{}
	err   error     // once it is done
	ended time.Time // zero while it is under way
}

// failedLately reports whether it is not to be tried again yet.
func (c *change) failedLately(now time.Time) bool {
	return c != nil && c.err != nil && isWithin(now.Sub(c.ended), retryAfter)
}

// beginChange begins a change, or joins the one under way. One that has failed is
// not tried again for a moment.
func (s *Keys) beginChange(now time.Time) *change {
	if c := s.changing; c != nil && (c.ended.IsZero() || c.failedLately(now)) {
		return c
	}
	c := &change{done: make(chan struct{})}
	s.changing = c
	s.work.Go(func() {
		defer close(c.done)
		ctx, cancel := context.WithTimeout(s.ctx, workTimeout)
		defer cancel()
		result, err := s.change(ctx)
		s.config.Looked(result)
		s.mu.Lock()
		defer s.mu.Unlock()
		c.err, c.ended = err, s.config.Now()
		s.tellFault(err, c.ended)
	})
	return c
}

// change makes what is due in the stored keys. It looks at them under the lock:
// another gateway may have done it.
func (s *Keys) change(ctx context.Context) (Result, error) {
	if err := s.config.Store.Lock(ctx, s.name); err != nil {
		return Failed, fmt.Errorf("locking signing keys: %w", s.breakLock(ctx, err))
	}
	locked := s.config.Now()
	defer func() {
		if err := s.config.Store.Unlock(context.WithoutCancel(ctx), s.name); err != nil {
			s.config.Logger.Warn("unlocking signing keys failed; the lock ends by itself", "issuer", s.config.Issuer, "error", err)
		}
	}()
	d, err := s.load(ctx)
	if err != nil {
		return Failed, err
	}
	due := s.plan(d)
	if !due.changed {
		s.put(d, locked)
		return Kept, nil
	}
	changed, err := due.carryOut(s.config.Issuer, d, locked)
	if err != nil {
		return Failed, err
	}
	if err := s.save(ctx, changed, locked); err != nil {
		return Failed, err
	}
	s.tell(d, changed)
	s.put(changed, locked)
	return Changed, nil
}

// breakLock removes a lock that could not be had in all the time that there was.
// Nobody relies on one for that long, and not every lock of a gateway that died
// ends by itself: whoever had certmagic's lock on files in the five seconds before
// keeps the file fresh that it finds there later, which is the dead one's.
func (s *Keys) breakLock(ctx context.Context, err error) error {
	if s.ctx.Err() != nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	if broken := s.config.Store.Unlock(context.WithoutCancel(ctx), s.name); broken != nil {
		return errors.Join(err, broken)
	}
	return fmt.Errorf("it was held for %s, and is broken now: %w", workTimeout, err)
}

// save writes the document unless the lock may be another's by now.
func (s *Keys) save(ctx context.Context, d *document, locked time.Time) error {
	text, err := d.marshal()
	if err != nil {
		return err
	}
	if held := s.config.Now().Sub(locked); held < 0 || held > maxHold {
		return fmt.Errorf("storing signing keys: it took %s to come to it, and another gateway may have the lock by now", held.Round(time.Millisecond))
	}
	if err := s.config.Store.Save(ctx, s.name, text); err != nil {
		return fmt.Errorf("storing signing keys: %w", err)
	}
	return nil
}

func (s *Keys) plan(d *document) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schedule.plan(d, s.config.Now(), s.wanted)
}

// tell logs what became of the keys.
func (s *Keys) tell(before, after *document) {
	if before == nil {
		before = new(document)
	}
	for _, k := range after.keys {
		if before.key(k.id) == nil {
			s.config.Logger.Info("made a signing key", "issuer", s.config.Issuer, "kid", k.id, "algorithm", k.algorithm, "active_from", k.activeFrom)
		}
	}
	for _, k := range before.keys {
		if after.key(k.id) == nil {
			s.config.Logger.Info("withdrew a signing key", "issuer", s.config.Issuer, "kid", k.id, "algorithm", k.algorithm)
		}
	}
}
