package verifier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// remoteKeySet fetches one issuer's keys when they are first asked for, and
// keeps them. Callers share one fetch; each leaves it when its own context
// ends, and the fetch goes on for the others.
type remoteKeySet struct {
	owner  *RemoteKeySets
	source source
	used   atomic.Int64 // when it was last asked for, Unix nanoseconds
	saving sync.Mutex   // held while a document is stored
	gone   atomic.Bool  // whether the owner has let go of it
	fresh  atomic.Pointer[freshKeys]

	mu         sync.Mutex
	keys       map[string]Key
	fetched    time.Time // when the last good fetch began
	failed     time.Time // when the last fetch began, if it failed
	failure    error
	lastForKID time.Time // when the last fetch began that did not find a kid it was to find
	current    *fetch    // under way
	errand     *errand   // that is to see to the keys, begun or not
	restored   bool      // whether the store was asked, and answered

	// An issuer that is listed, or whose keys the store has, is trusted from the
	// beginning. One that only a template vouches for becomes so when a token of
	// it was accepted, which nothing but this set and the store remembers.
	trusted       bool
	provenByToken bool
	awaiting      []byte // the document that is stored once the issuer is trusted, if it is small

	stored    bool // whether the store has these keys
	saved     time.Time
	savedSum  [sha256.Size]byte // of the document that was saved then
	storeDown bool              // whether the store failed when it was asked
}

// freshKeys are keys for those who take no lock: as long as they are not older
// than the TTL, there is nothing to do but to return them.
type freshKeys struct {
	keys    map[string]Key // which does not change
	fetched time.Time
}

// freshKey returns the key with the ID, if it is there and fresh.
func (s *remoteKeySet) freshKey(id string, now time.Time) (key Key, found bool) {
	f := s.fresh.Load()
	if f == nil || now.Sub(f.fetched) > s.owner.config.TTL {
		return Key{}, false
	}
	// Those who let go of sets that nobody uses look at it in hours.
	if at := now.UnixNano(); at-s.used.Load() > int64(time.Second) {
		s.used.Store(at)
	}
	key, found = f.keys[id]
	return key, found
}

// key returns the key with the ID. Fresh keys are returned at once, and so are
// stale ones while one fetch in the background refreshes them. An ID that is
// unknown, and keys that are missing or too old, wait for a fetch, if one may
// begin. The ration counts for an issuer that is not proven; nil is none.
func (s *remoteKeySet) key(ctx context.Context, id string, r *ration) (Key, error) {
	o := occasion{ration: r}
	for {
		s.mu.Lock()
		now := s.owner.config.Now()
		s.forgetTooOld(now)
		age := now.Sub(s.fetched)
		key, known := s.keys[id]
		if known {
			if age > s.owner.config.TTL {
				_, _ = s.join(now, o)
			}
			s.mu.Unlock()
			return key, nil
		}
		waiting, err := s.joinFor(id, now, age, o)
		s.mu.Unlock()
		if err != nil {
			return Key{}, err
		}
		select {
		case <-ctx.Done():
			return Key{}, fmt.Errorf("waiting for a fetch of keys: %w", ctx.Err())
		case <-waiting.done:
		}
		if !waiting.inStore {
			return s.afterFetch(id, waiting)
		}
	}
}

func (s *remoteKeySet) afterFetch(id string, f *fetch) (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, known := s.keys[id]; known {
		return key, nil
	}
	if f.gaveUp != nil {
		return Key{}, f.gaveUp
	}
	return Key{}, s.refusal(s.owner.config.Now())
}

// forgetTooOld drops keys that have not been confirmed for MaxStale.
func (s *remoteKeySet) forgetTooOld(now time.Time) {
	if s.keys != nil && now.Sub(s.fetched) > s.owner.config.MaxStale {
		s.keys = nil
		s.fresh.Store(nil)
	}
}

// refusal says why a key is not to be had: the issuer lacks it, when its keys
// were fetched since, or else nobody knows.
func (s *remoteKeySet) refusal(now time.Time) error {
	if s.keys != nil && s.failure == nil {
		return ErrUnknownKey
	}
	err := s.failure
	if err == nil {
		err = s.owner.ctx.Err()
	}
	return &KeysUnavailableError{RetryAfter: max(s.owner.config.Cooldown-now.Sub(s.failed), time.Second), Err: err}
}

// joinFor joins or begins a fetch for a kid that is not in the set, or says why
// none may begin. Any fetch that does not find such a kid counts, so that a
// flood of them costs one fetch a cooldown from the first moment on.
func (s *remoteKeySet) joinFor(id string, now time.Time, age time.Duration, o occasion) (*fetch, error) {
	config := s.owner.config
	fresh := s.keys != nil && age <= config.TTL
	if s.current == nil && fresh && !s.lastForKID.IsZero() && now.Sub(s.lastForKID) < config.Cooldown {
		return nil, s.refusal(now)
	}
	f, err := s.join(now, o)
	if err == nil && len(f.wanted) <= maxKeys {
		f.wanted[id] = true
	}
	return f, err
}

// join returns the fetch under way, or begins one, or says why not: the last
// one failed less than a cooldown ago, the ration is used up, or the set is
// closed.
func (s *remoteKeySet) join(now time.Time, o occasion) (*fetch, error) {
	if s.current != nil {
		return s.current, nil
	}
	if !s.mayBegin(now) {
		return nil, s.refusal(now)
	}
	return s.start(now, o)
}

// mayBegin reports whether neither a failure of late nor Close keeps a fetch from
// being begun.
func (s *remoteKeySet) mayBegin(now time.Time) bool {
	return s.owner.ctx.Err() == nil && (s.asksStore() || s.failure == nil || now.Sub(s.failed) >= s.owner.config.Cooldown)
}

// asksStore reports whether the next fetch is one from the store.
func (s *remoteKeySet) asksStore() bool { return !s.restored && s.owner.config.Store != nil }
