package verifier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"
)

// maxCheckWait is how long a signature waits for its turn to be checked, and
// maxWaiting how many may wait for each that is checked at once. One check
// takes about a millisecond, so those in a longer queue would wait in vain; a
// shorter one would turn away callers who all came for the same new keys.
const (
	maxCheckWait = 2 * time.Second
	maxWaiting   = 1024
)

// SignatureChecks bounds how many signatures are checked at once, so that a
// flood of bad tokens leaves processors to others, and lets requests that wait
// with the same token share one check. Several Verifiers may share it.
type SignatureChecks struct {
	slots   chan struct{}
	queue   chan struct{} // places for those that wait and those that are checked
	maxWait time.Duration

	mu       sync.Mutex
	underWay map[checkOf]*sharedCheck
}

// checkOf says which check it is. The key belongs to it: two Verifiers may have
// others of the same ID.
type checkOf struct {
	token       digest
	fingerprint [sha256.Size]byte
}

// sharedCheck is one check and those who wait for it.
type sharedCheck struct {
	done chan struct{}
	err  error // once done is closed
}

// NewSignatureChecks lets so many signatures be checked at once, at least one.
func NewSignatureChecks(atOnce int) *SignatureChecks {
	atOnce = max(atOnce, 1)
	return &SignatureChecks{
		slots: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce*(1+maxWaiting)), maxWait: maxCheckWait,
		underWay: make(map[checkOf]*sharedCheck),
	}
}

// verify checks that the key signed the token whose parts are c. The digest
// stands for the token.
func (s *SignatureChecks) verify(ctx context.Context, token digest, c *compact, key Key) error {
	if key.algorithm == ES384 && len(c.signature) != 96 {
		return refuse(BadSignature, "a signature of ES384 has 96 bytes, this one has %d", len(c.signature))
	}
	of := checkOf{token, key.fingerprint}
	shared, first := s.share(of)
	if first {
		select {
		case s.queue <- struct{}{}:
			s.lead(of, shared, c, key)
		default:
			s.end(of, shared, s.overloaded("%d signatures wait to be checked already", cap(s.queue)-cap(s.slots)))
		}
	}
	select {
	case <-shared.done: // whoever leads has the answer, even if the caller is gone
		return shared.err
	default:
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting for the signature check: %w", ctx.Err())
	case <-shared.done:
		return shared.err
	}
}

// share returns the check that is under way, or one that the caller leads.
func (s *SignatureChecks) share(of checkOf) (shared *sharedCheck, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if shared := s.underWay[of]; shared != nil {
		return shared, false
	}
	shared = &sharedCheck{done: make(chan struct{})}
	s.underWay[of] = shared
	return shared, true
}

// lead makes the check at once where a slot is free, since another goroutine
// would cost more than a signature of RSA. One that has to wait has its own, so
// that its caller can leave it to the others that wait for it.
func (s *SignatureChecks) lead(of checkOf, shared *sharedCheck, c *compact, key Key) {
	select {
	case s.slots <- struct{}{}:
		s.end(of, shared, s.check(c, key))
		<-s.queue
	default:
		go func() {
			defer func() { <-s.queue }()
			wait := time.NewTimer(s.maxWait)
			defer wait.Stop()
			select {
			case s.slots <- struct{}{}:
				s.end(of, shared, s.check(c, key))
			case <-wait.C:
				s.end(of, shared, s.overloaded("the signature waited %v for its turn", s.maxWait))
			}
		}()
	}
}

// end tells those who wait what the check came to.
func (s *SignatureChecks) end(of checkOf, shared *sharedCheck, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underWay, of)
	shared.err = err
	close(shared.done)
}

// check makes the check in the slot that was taken for it, and gives that back.
func (s *SignatureChecks) check(c *compact, key Key) (err error) {
	defer func() {
		<-s.slots
		if p := recover(); p != nil {
			err = fmt.Errorf("verifying signature: panic: %v", p)
		}
	}()
	if err := verifySignature(c.signingInput, c.signature, key); err != nil {
		return badSignature(key, err)
	}
	return nil
}

func badSignature(key Key, cause error) *Error {
	return &Error{
		Reason: BadSignature, Err: cause,
		Hint: fmt.Sprintf("the signature does not fit the issuer's key %s (%s)", quote(key.id), key.algorithm),
	}
}

func (s *SignatureChecks) overloaded(hint string, args ...any) *Error {
	refusal := refuse(Overloaded, hint+"; %d are checked at once", append(args, cap(s.slots))...)
	refusal.RetryAfter = time.Second
	return refusal
}
