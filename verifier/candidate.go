package verifier

import (
	"context"
	"sync"
	"time"
)

// maxCandidates bounds the issuers that are remembered without ever having been
// seen good.
const maxCandidates = 1024

// candidateKeys is the key set of an issuer that only a template vouches for.
type candidateKeys struct {
	remoteKeys
	ration *ration
}

func (k *candidateKeys) Key(ctx context.Context, id string) (Key, error) {
	set, err := k.sets.candidate(k.location, k.ration)
	if err != nil {
		return Key{}, err
	}
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
		s.promote(k.location)
	}
}

// candidate returns the key set of an issuer that may be invented. While the
// ration is used up no new one is made, so that inventing issuers costs us
// nothing that grows.
func (s *RemoteKeySets) candidate(l location, r *ration) (*remoteKeySet, error) {
	now := s.config.Now()
	s.mu.RLock()
	proven, set := s.sets[l] != nil, s.candidates[l]
	if set != nil {
		set.used.Store(now.UnixNano())
	}
	s.mu.RUnlock()
	switch {
	case proven:
		return s.at(l), nil
	case set != nil:
		return set, nil
	case s.names.has(s, l.name()):
		// Keys are stored for issuers that were seen good, and no others.
		return s.at(l), nil
	}
	if wait := r.left(now); wait > 0 {
		return nil, rationed(wait)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if set := s.candidates[l]; set != nil {
		return set, nil
	}
	if len(s.candidates) >= maxCandidates && !s.dropCandidate() {
		return nil, &KeysUnavailableError{RetryAfter: time.Second, Err: errCandidates}
	}
	set = s.newSet(l)
	set.restored = true // the store has nothing of it
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
	delete(s.candidates, oldest.source.location)
	return true
}

func (s *remoteKeySet) atRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current == nil
}

// prove marks the set of an issuer that is trusted, and keeps its keys.
func (s *remoteKeySet) prove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, fetched := s.unkept, s.fetched
	s.proven, s.unkept = true, nil
	if text != nil {
		s.owner.begin(func() { s.keep(fetched, text) })
	}
}

// storedNames knows which documents the store has, so that an invented issuer
// costs it nothing.
type storedNames struct {
	mu    sync.Mutex
	known map[string]bool // nil until the store was asked
	asked time.Time
}

func (n *storedNames) has(s *RemoteKeySets, name string) bool {
	if s.config.Store == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := s.config.Now()
	if n.known == nil && (n.asked.IsZero() || now.Sub(n.asked) >= s.config.Cooldown) {
		n.asked = now
		n.ask(s)
	}
	return n.known[name]
}

func (n *storedNames) ask(s *RemoteKeySets) {
	ctx, cancel := context.WithTimeout(s.ctx, s.config.Timeout)
	defer cancel()
	names, err := s.config.Store.Names(ctx)
	if err != nil {
		s.config.Logger.Warn("listing stored keys failed; issuers of the organization have to be fetched anew", "error", err)
		return
	}
	n.known = make(map[string]bool, len(names))
	for _, name := range names {
		n.known[name] = true
	}
}

// add remembers a document that was stored.
func (n *storedNames) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known != nil {
		n.known[name] = true
	}
}
