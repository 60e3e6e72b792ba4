package signing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// look is one look at the store, shared by all who wait for it. What is due is
// done after it.
type look struct {
	read chan struct{} // closed once the stored keys are at hand, or will not be
	done chan struct{} // closed when all is done
}

// await looks at the store until there is what a caller needs.
func (s *Keys) await(ctx context.Context, algorithms []Algorithm, there func() bool) error {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !there() {
		l, err := s.look(algorithms...)
		if err != nil {
			return s.unavailable(err)
		}
		for _, stage := range []chan struct{}{l.read, l.done} {
			select {
			case <-stage:
			case <-patient.Done():
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("waiting for signing keys: %w", err)
				}
				return s.unavailable(errors.New("the storage takes too long"))
			}
			if there() {
				return nil
			}
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
	since := s.config.Now().Sub(s.failedAt)
	switch {
	case s.closed:
		return nil, errors.New("the gateway is ending")
	case s.failed != nil && since >= 0 && since < retryAfter:
		return nil, s.failed
	}
	l := &look{make(chan struct{}), make(chan struct{})}
	s.underway = l
	s.work.Go(func() { s.run(l) })
	return l, nil
}

func (s *Keys) run(l *look) {
	ctx, cancel := context.WithTimeout(s.ctx, workTimeout)
	defer cancel()
	began := s.config.Now()
	d, err := s.load(ctx)
	if err == nil {
		if before := s.current.Load(); d == nil && before != nil && before.document != nil {
			s.config.Logger.Warn("the signing keys are gone from the storage; making new ones", "issuer", s.config.Issuer)
		}
		s.put(d, began)
	}
	close(l.read)
	result := Failed
	if err == nil {
		result, err = s.change(ctx, d)
	}
	s.end(result, err)
	close(l.done)
}

// end notes what came of a look. A fault that lasts is logged once a minute.
func (s *Keys) end(result Result, err error) {
	s.config.Looked(result)
	s.mu.Lock()
	defer s.mu.Unlock()
	now, before := s.config.Now(), s.failed
	s.underway, s.failed, s.failedAt = nil, err, now
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

// change makes what is due in the stored keys, if anything is. Under the lock it
// looks at them again: another gateway may have done it.
func (s *Keys) change(ctx context.Context, d *document) (Result, error) {
	if !s.plan(d).changed {
		return Kept, nil
	}
	if err := s.config.Store.Lock(ctx, s.name); err != nil {
		return Failed, fmt.Errorf("locking signing keys: %w", err)
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
