package verifier

import (
	"context"
	"fmt"
	"time"
)

// takeSlot waits until a fetch may ask the issuer, and returns what ends that.
// Only then does its time begin: whoever waits behind slow issuers is not slow. The
// wait is bounded, too, since callers wait for it. An errand waits in its queue and
// needs no slot.
func (s *remoteKeySet) takeSlot(ctx context.Context, f *fetch) (leave func(), err error) {
	if f.errand {
		return func() {}, nil
	}
	slots := s.owner.candidateSlots
	if s.isTrusted() {
		slots = s.owner.slots
	}
	leave = func() { <-slots }
	select {
	case slots <- struct{}{}:
		return leave, nil
	default:
	}
	patience := time.NewTimer(s.owner.patience)
	defer patience.Stop()
	select {
	case slots <- struct{}{}:
		f.began = s.owner.config.Now()
		return leave, nil
	case <-patience.C:
		return nil, fmt.Errorf("%d fetches of keys are under way, as many as there may be, and this one waited for %v in vain", cap(slots), s.owner.patience)
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for one of %d fetches to end: %w", cap(slots), ctx.Err())
	}
}

func (s *remoteKeySet) isTrusted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trusted
}
