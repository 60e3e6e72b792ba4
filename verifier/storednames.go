package verifier

import (
	"context"
	"sync"
	"time"
)

// storedNames knows which documents the store has, so that an invented issuer
// costs it nothing.
type storedNames struct {
	mu     sync.Mutex
	known  map[string]bool // nil until the store was asked
	asked  time.Time
	asking chan struct{} // closed when the store has answered; nil unless it is asked
}

// has reports whether the store has the document. The first to ask waits for
// the store's list.
func (n *storedNames) has(ctx context.Context, s *RemoteKeySets, name string) bool {
	if s.config.Store == nil {
		return false
	}
	if asking := n.ask(s); asking != nil {
		select {
		case <-asking:
		case <-ctx.Done():
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[name]
}

// ask returns what to wait for, or nil. A store that failed is asked again after
// a cooldown.
func (n *storedNames) ask(s *RemoteKeySets) <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := s.config.Now()
	switch {
	case n.known != nil:
		return nil
	case n.asking != nil:
		return n.asking
	case !n.asked.IsZero() && now.Sub(n.asked) < s.config.Cooldown:
		return nil
	}
	asking := make(chan struct{})
	if s.begin(func() { n.list(s); close(asking) }) {
		n.asked, n.asking = now, asking
	}
	return n.asking
}

func (n *storedNames) list(s *RemoteKeySets) {
	ctx, cancel := context.WithTimeout(s.ctx, s.config.storeTimeout())
	defer cancel()
	names, err := s.config.Store.Names(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asking = nil
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
