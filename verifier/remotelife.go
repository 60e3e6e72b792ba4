package verifier

import "time"

// mayGo reports whether nothing is lost with the set.
func (s *remoteKeySet) mayGo(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	unused := now.Sub(time.Unix(0, s.used.Load()))
	if s.current != nil || s.errand != nil || unused <= max(letGoAfter, s.owner.config.TTL) {
		return false
	}
	if s.keys != nil && !s.stored && s.trusted && unused <= s.owner.config.MaxStale {
		return false
	}
	// That the issuer of an organization was seen good is lost with the set,
	// unless the store has it.
	return s.stored || !s.provenByToken
}

func (s *remoteKeySet) atRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current == nil && s.errand == nil
}

// trust says that the issuer is trusted from now on, and stores its keys.
func (s *remoteKeySet) trust() {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, fetched := s.awaiting, s.fetched
	s.trusted, s.awaiting, s.restored = true, nil, s.keys != nil
	if text != nil {
		s.owner.begin(func() { s.keep(fetched, text) })
	}
}

// accept notes that a token of the issuer was accepted, which no configuration
// says.
func (s *remoteKeySet) accept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.provenByToken = true
}
