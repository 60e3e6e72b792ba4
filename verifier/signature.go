package verifier

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
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
	shared  singleflight.Group
}

// NewSignatureChecks lets so many signatures be checked at once, at least one.
func NewSignatureChecks(atOnce int) *SignatureChecks {
	atOnce = max(atOnce, 1)
	return &SignatureChecks{
		slots: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce*(1+maxWaiting)), maxWait: maxCheckWait,
	}
}

// verify checks that the key signed the token whose parts are c. The digest
// stands for the token.
func (s *SignatureChecks) verify(ctx context.Context, token digest, c *compact, key Key) error {
	if key.algorithm == ES384 && len(c.signature) != 96 {
		return refuse(BadSignature, "a signature of ES384 has 96 bytes, this one has %d", len(c.signature))
	}
	// The key belongs to it: two Verifiers may have others of the same ID.
	result := s.shared.DoChan(string(token[:])+string(key.fingerprint[:]), func() (any, error) { return nil, s.check(c, key) })
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting for the signature check: %w", ctx.Err())
	case r := <-result:
		return r.Err
	}
}

func (s *SignatureChecks) check(c *compact, key Key) (err error) {
	select {
	case s.queue <- struct{}{}:
		defer func() { <-s.queue }()
	default:
		return s.overloaded("%d signatures wait to be checked already", cap(s.queue)-cap(s.slots))
	}
	wait := time.NewTimer(s.maxWait)
	defer wait.Stop()
	select {
	case s.slots <- struct{}{}:
	case <-wait.C:
		return s.overloaded("the signature waited %v for its turn", s.maxWait)
	}
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
