package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotTrusted says that an issuer is none of those that a Verifier trusts, or,
// of an organization's, one of which nothing was seen.
var ErrNotTrusted = errors.New("the issuer is not a trusted one")

// refreshEvery is how often one issuer's keys can be refreshed on demand.
const refreshEvery = time.Second

// RefreshKeys fetches a trusted issuer's keys at once, or reads its key file
// again, and waits for the end of it. It is for the operator who cannot wait: no
// cooldown holds it back, but it shares a fetch that is under way, and the
// ration of those whom only a template vouches for counts. Within a second of
// the last fetch it does nothing.
//
// The error says why there are no new keys; those that were there stay. When ctx
// ends, the fetch goes on.
func (v *Verifier) RefreshKeys(ctx context.Context, issuer string) error {
	return v.withKeys(issuer, func(k keyKeeper) error { return k.refresh(ctx) })
}

// AwaitKeys waits until a trusted issuer has keys that serve, and begins to fetch
// them when there are none, at most once a cooldown. Keys that are stale serve,
// and are refreshed beside. The error says why there are none.
//
// It is for those who look ahead, and gives way to callers: however many issuers
// are waited for, their keys are fetched 16 at a time, in the order in which they
// were first asked for, and take none of the places of the fetches that tokens wait
// for. A token does not wait for its issuer's turn. When ctx ends, the issuer keeps
// its turn, unless a minute passes without anybody asking for it again.
func (v *Verifier) AwaitKeys(ctx context.Context, issuer string) error {
	return v.withKeys(issuer, func(k keyKeeper) error { return k.await(ctx) })
}

func (v *Verifier) withKeys(issuer string, do func(keyKeeper) error) error {
	if v == nil {
		return ErrNotTrusted
	}
	i := v.trust.find(issuer)
	if i == nil {
		return ErrNotTrusted
	}
	if keys, ok := i.Keys.(keyKeeper); ok {
		return do(keys)
	}
	return nil // a program's own key set sees to that itself
}

// keyKeeper is a KeySet that can be asked for all keys and none in particular.
type keyKeeper interface {
	refresh(ctx context.Context) error
	await(ctx context.Context) error
}

func (k *remoteHandle) refresh(ctx context.Context) error {
	if k.sets.config.Now == nil {
		return errZeroKeySets()
	}
	return k.sets.at(k.location).refresh(ctx, nil)
}

func (k *remoteHandle) await(ctx context.Context) error {
	if k.sets.config.Now == nil {
		return errZeroKeySets()
	}
	set := k.last.Load()
	if set == nil || set.gone.Load() {
		set = k.sets.at(k.location)
		k.last.Store(set)
	}
	return set.await(ctx, nil)
}

// refresh makes no set for an issuer that may be invented.
func (k *candidateKeys) refresh(ctx context.Context) error {
	set, trusted := k.sets.peek(k.location)
	switch {
	case set == nil:
		return ErrNotTrusted
	case trusted:
		return set.refresh(ctx, nil)
	}
	return set.refresh(ctx, k.ration)
}

func (k *candidateKeys) await(ctx context.Context) error {
	if k.sets.config.Now == nil {
		return errZeroKeySets()
	}
	set, err := k.sets.candidate(ctx, k.location, k.ration)
	if err != nil {
		return err
	}
	return set.await(ctx, k.ration)
}

func (s *remoteKeySet) refresh(ctx context.Context, r *ration) error {
	for {
		f, err := s.joinNow(r)
		if f == nil {
			return err
		}
		if err := f.wait(ctx); err != nil {
			return err
		}
		if f.gaveUp != nil {
			return f.gaveUp
		}
		if !f.inStore {
			return s.lastFailure()
		}
	}
}

// joinNow joins the fetch under way or begins one. It returns none, and how the
// last one ended, when that was but a moment ago.
func (s *remoteKeySet) joinNow(r *ration) (*fetch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		return s.current, nil
	}
	now := s.owner.config.Now()
	if since := now.Sub(later(s.fetched, s.failed)); since >= 0 && since < refreshEvery {
		return nil, s.failure
	}
	return s.start(now, occasion{ration: r})
}

func (s *remoteKeySet) lastFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

func (f *fetch) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting for a fetch of keys: %w", ctx.Err())
	case <-f.done:
		return nil
	}
}

// refresh reads the file, whether it looks like another or not.
func (s *FileKeySet) refresh(context.Context) error {
	if s.now == nil {
		return errZeroFile
	}
	s.looking.Lock()
	defer s.looking.Unlock()
	s.file.looked.Store(s.now().UnixNano())
	s.file.forget()
	s.look()
	if version := s.version.Load(); version != nil && version.err != nil {
		return version.err
	}
	if fault := s.trouble.Load(); fault != nil {
		return *fault
	}
	return nil
}

func (s *FileKeySet) await(ctx context.Context) error {
	var unavailable *KeysUnavailableError
	if _, err := s.Key(ctx, ""); errors.As(err, &unavailable) {
		return err
	}
	return nil
}
