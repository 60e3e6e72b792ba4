package signing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// look is one look at the store, shared by all who wait for it.
type look struct {
	read   chan struct{} // closed once the stored keys are at hand, or will not be
	change *change       // what they need, known once they were read; nil is nothing
}

// await looks at the store until there is what a caller needs.
func (s *Keys) await(ctx context.Context, algorithms []Algorithm, there func() bool) error {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	wait := func(done <-chan struct{}) error {
		select {
		case <-done:
			return nil
		case <-patient.Done():
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("waiting for signing keys: %w", err)
		}
		return s.unavailable(errors.New("the storage takes too long"))
	}
	for !there() {
		l, err := s.look(algorithms...)
		if err != nil {
			return s.unavailable(err)
		}
		if err := wait(l.read); err != nil {
			return err
		}
		if there() || l.change == nil {
			continue
		}
		if err := wait(l.change.done); err != nil {
			return err
		}
		if !there() && l.change.err != nil {
			return s.unavailable(l.change.err)
		}
	}
	return nil
}

// look begins a look at the store, or joins the one under way. The error is that
// of the last one, for a moment.
func (s *Keys) look(algorithms ...Algorithm) (*look, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = union(s.wanted, algorithms)
	if s.underway != nil {
		return s.underway, nil
	}
	now := s.config.Now()
	switch {
	case s.closed:
		return nil, errors.New("the gateway is ending")
	case s.failed != nil && isWithin(now.Sub(s.failedAt), retryAfter):
		return nil, s.failed
	case s.changing.failedLately(now) && isWithin(now.Sub(s.current.Load().read), s.schedule.refresh):
		return nil, s.changing.err // what it would read is known
	}
	l := &look{read: make(chan struct{})}
	s.underway = l
	s.work.Go(func() { s.run(l) })
	return l, nil
}

// isWithin tells whether some time ago is less than a while; nothing is if the
// clock was set back.
func isWithin(ago, while time.Duration) bool { return ago >= 0 && ago < while }

// run reads. What is due is left to a change, for which nobody waits who has
// keys: the next look need not wait for a lock, either.
func (s *Keys) run(l *look) {
	defer close(l.read)
	ctx, cancel := context.WithTimeout(s.ctx, workTimeout)
	defer cancel()
	before, began := s.current.Load(), s.config.Now()
	d, err := s.load(ctx)
	if err == nil && s.current.CompareAndSwap(before, &snapshot{d, began}) && d == nil && before != nil && before.document != nil {
		s.config.Logger.Warn("the signing keys are gone from the storage; making new ones", "issuer", s.config.Issuer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.underway, s.failed, s.failedAt = nil, err, now
	switch {
	case err != nil:
		s.config.Looked(Failed)
	case s.schedule.plan(d, now, s.wanted).changed:
		l.change = s.beginChange(now) // what comes of that is told, and not this
		return
	default:
		s.config.Looked(Kept)
	}
	s.tellFault(err, now)
}

// tellFault logs what is in the way. A fault that lasts is logged once a minute.
func (s *Keys) tellFault(err error, now time.Time) {
	before := s.fault
	s.fault = err
	switch {
	case s.ctx.Err() != nil:
	case err != nil && (before == nil || before.Error() != err.Error() || now.Sub(s.toldAt).Abs() >= time.Minute):
		s.toldAt = now
		s.config.Logger.Error("keeping signing keys failed", "issuer", s.config.Issuer, "error", err)
	case err == nil && before != nil:
		s.config.Logger.Info("signing keys can be kept again", "issuer", s.config.Issuer)
	}
}

// load returns the stored document, or nil if there is none.
func (s *Keys) load(ctx context.Context) (*document, error) {
	text, err := s.config.Store.Load(ctx, s.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // there is none, which is no error
	case err != nil:
		return nil, fmt.Errorf("loading signing keys: %w", err)
	}
	d, err := parseDocument(s.config.Issuer, text)
	if err != nil {
		return nil, fmt.Errorf("reading signing keys %s: %w; put back what was there, or delete it to have new keys made", s.name, err)
	}
	return d, nil
}
