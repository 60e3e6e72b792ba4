package verifier

import (
	"context"
	"time"
)

// maxCandidates bounds the issuers that are remembered without ever having been
// seen good.
const maxCandidates = 1024

// candidateKeys is the key set of an issuer that only a template vouches for.
type candidateKeys struct {
	remoteHandle
	ration *ration
}

func (k *candidateKeys) Key(ctx context.Context, id string) (Key, error) {
	if k.sets.config.Now == nil {
		return Key{}, errZeroKeySets()
	}
	if key, found := k.freshKey(id); found {
		return key, nil
	}
	set, err := k.sets.candidate(ctx, k.location, k.ration)
	if err != nil {
		return Key{}, err
	}
	k.last.Store(set)
	return set.key(ctx, id, k.ration)
}

// prove says that a token of the issuer's was accepted. From then on it is as
// good as a listed one.
func (k *candidateKeys) prove() {
	s := k.sets
	s.mu.RLock()
	proven := s.sets[k.location] != nil
	s.mu.RUnlock()
	if proven {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets[k.location] == nil {
		s.promote(k.location).accept()
	}
}

// candidate returns the key set of an issuer that may be invented. While the
// ration is used up no new one is made, so that inventing issuers costs us
// nothing that grows.
func (s *RemoteKeySets) candidate(ctx context.Context, l location, r *ration) (*remoteKeySet, error) {
	now := s.config.Now()
	s.mu.RLock()
	proven, set := s.sets[l] != nil, s.candidates[l]
	if set != nil {
		set.used.Store(now.UnixNano())
	}
	s.mu.RUnlock()
	switch {
	case proven, s.names.has(ctx, s, l.name()):
		// Keys are stored for issuers that were seen good, and no others.
		return s.at(l), nil
	case set != nil:
		return set, nil
	}
	if wait := r.left(now); wait > 0 {
		return nil, rationed(wait)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sets := range []map[location]*remoteKeySet{s.sets, s.candidates} {
		if set := sets[l]; set != nil {
			return set, nil
		}
	}
	if len(s.candidates) >= maxCandidates && !s.dropCandidate() {
		return nil, &KeysUnavailableError{RetryAfter: time.Second, Err: errCandidates}
	}
	set = s.newSet(l)
	set.source.dating = dating{} // nobody vouches for its clock
	set.restored = true          // as far as is known, the store has nothing of it
	set.used.Store(now.UnixNano())
	s.candidates[l] = set
	return set, nil
}

// dropCandidate forgets the one that was used longest ago, if it is at rest.
func (s *RemoteKeySets) dropCandidate() bool {
	var oldest *remoteKeySet
	for _, set := range s.candidates {
		if (oldest == nil || set.used.Load() < oldest.used.Load()) && set.atRest() {
			oldest = set
		}
	}
	if oldest == nil {
		return false
	}
	oldest.gone.Store(true)
	delete(s.candidates, oldest.source.location)
	return true
}
