package verifier

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"
)

// checking is a good token of EC384_0, ready to be checked.
func checking(t *testing.T) (digest, *compact, Key) {
	t.Helper()
	token := goodToken()
	c, refusal := parseCompact(token)
	if refusal != nil {
		t.Fatal(refusal)
	}
	key, err := aws().keySet(t).Key(t.Context(), "EC384_0")
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256([]byte(token)), c, key
}

func wantIdle(t *testing.T, checks *SignatureChecks) {
	t.Helper()
	if slots, queue, underWay := len(checks.slots), len(checks.queue), len(checks.underWay); slots+queue+underWay != 0 {
		t.Errorf("%d slots, %d places and %d checks are left", slots, queue, underWay)
	}
}

// A check that has a slot gives back all that it took, and is made where it is:
// another goroutine costs more than it does.
func TestCheckWithAFreeSlot(t *testing.T) {
	checks := NewSignatureChecks(1)
	d, c, key := checking(t)
	for range 3 {
		if err := checks.verify(t.Context(), d, c, key); err != nil {
			t.Fatal(err)
		}
		wantIdle(t, checks)
	}
	synctest.Test(t, func(t *testing.T) {
		checks := NewSignatureChecks(1)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		// The answer is there, since nobody else had to be waited for.
		for range 30 {
			if err := checks.verify(gone, d, c, key); err != nil {
				t.Fatalf("of a caller who is gone: %v", err)
			}
		}
		wantIdle(t, checks)
	})
}

// Whoever waits for a slot can leave, and the check goes on for those who joined.
func TestLeaderHangsUp(t *testing.T) {
	d, c, key := checking(t)
	synctest.Test(t, func(t *testing.T) {
		checks := NewSignatureChecks(1)
		checks.slots <- struct{}{} // somebody else's check
		ctx, hangUp := context.WithCancel(t.Context())
		led, joined := make(chan error, 1), make(chan error, 1)
		go func() { led <- checks.verify(ctx, d, c, key) }()
		synctest.Wait()
		go func() { joined <- checks.verify(t.Context(), d, c, key) }()
		synctest.Wait()
		hangUp()
		synctest.Wait()
		select {
		case err := <-led:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left: %v", err)
			}
		default:
			t.Error("the one who hung up still waits")
		}
		<-checks.slots
		synctest.Wait()
		select {
		case err := <-joined:
			if err != nil {
				t.Errorf("the one who joined: %v", err)
			}
		default:
			t.Error("the one who joined has no answer")
		}
		wantIdle(t, checks)
	})
}

// A panic of the cryptography is an error of ours, and holds up nobody.
func TestPanicInACheck(t *testing.T) {
	d, c, key := checking(t)
	for name, busy := range map[string]bool{"with a free slot": false, "with a busy one": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				checks := NewSignatureChecks(1)
				if busy {
					checks.slots <- struct{}{}
				}
				rsa := key
				rsa.algorithm = RS256 // so that the form of a nil signature is not looked at before
				answer := make(chan error, 1)
				go func() { answer <- checks.verify(t.Context(), d, nil, rsa) }()
				synctest.Wait()
				if busy {
					<-checks.slots
					synctest.Wait()
				}
				var refusal *Error
				if err := <-answer; err == nil || errors.As(err, &refusal) {
					t.Errorf("got %v, want a fault of ours", err)
				}
				wantIdle(t, checks)
				if err := checks.verify(t.Context(), d, c, key); err != nil {
					t.Errorf("the next check: %v", err)
				}
			})
		})
	}
}
