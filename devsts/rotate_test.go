package devsts

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// settable is a clock that a test sets forward.
type settable struct{ past atomic.Int64 }

func (c *settable) now() time.Time       { return testClock().Add(time.Duration(c.past.Load())) }
func (c *settable) pass(d time.Duration) { c.past.Add(int64(d)) }
func startAt(t *testing.T, c *settable) emulator {
	t.Helper()
	config := DefaultConfig()
	config.Now = c.now
	return start(t, config)
}

// signer384 is the kid in a fresh token, which must verify.
func signer384(t *testing.T, e emulator) string {
	t.Helper()
	header, _, ok := verified(t, e.call(t, orders, goodCall()).Token)
	if !ok {
		t.Fatalf("a fresh token of %v does not verify", header["kid"])
	}
	return header["kid"].(string)
}

func TestRotateWithOverlap(t *testing.T) {
	clock := &settable{}
	e := startAt(t, clock)
	e.SetClockOffset(-time.Minute) // the clock of tokens has no say in this
	if err := e.RotateWithOverlap(ordersAcc, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	e.SetClockOffset(0)
	look := func(signs, published string) {
		t.Helper()
		if got := signer384(t, e); got != signs {
			t.Errorf("%s signs, want %s", got, signs)
		}
		key, err := e.SigningKey(ordersAcc, ES384)
		if err != nil || key.KeyID != signs {
			t.Errorf("SigningKey is %s %v, want %s", key.KeyID, err, signs)
		}
		if got := publishedIDs(t, e, ordersIssuer); got != published {
			t.Errorf("published %s, want %s", got, published)
		}
	}
	const both = "RSA_1 EC384_1 RSA_0 EC384_0"
	look("EC384_0", both)
	if err := e.Withdraw(ordersAcc); err != nil {
		t.Fatal(err)
	}
	look("EC384_0", both) // neither what signs nor what is to sign goes
	e.SetClockOffset(time.Minute)
	look("EC384_0", both) // nor does the clock of tokens end the overlap
	e.SetClockOffset(0)
	clock.pass(5*time.Second - 1)
	look("EC384_0", both)
	clock.pass(1)
	look("EC384_1", both)
	if err := e.Withdraw(ordersIssuer); err != nil {
		t.Fatal(err)
	}
	look("EC384_1", "RSA_1 EC384_1")
	clock.pass(-time.Minute) // a clock that was set back: what is there signs
	look("EC384_1", "RSA_1 EC384_1")
	if err := e.RotateWithOverlap(ordersAcc, 0); err != nil {
		t.Fatal(err)
	}
	clock.pass(-time.Minute)
	look("EC384_1", "RSA_2 EC384_2 RSA_1 EC384_1") // the oldest, when no one's time has come
	if got := publishedIDs(t, e, strangerIssuer); got != "RSA_0 EC384_0" {
		t.Errorf("the other issuer publishes %s", got)
	}
}

// TestRotateDuringOverlap: a rotation without an overlap goes first at once.
func TestRotateDuringOverlap(t *testing.T) {
	clock := &settable{}
	e := startAt(t, clock)
	if err := errors.Join(e.RotateWithOverlap(ordersAcc, time.Hour), e.Rotate(ordersAcc, false)); err != nil {
		t.Fatal(err)
	}
	if got := signer384(t, e); got != "EC384_2" {
		t.Errorf("%s signs", got)
	}
	clock.pass(2 * time.Hour)
	if got := signer384(t, e); got != "EC384_2" {
		t.Errorf("%s signs once the overlap has passed", got)
	}
	if err := e.RotateWithOverlap(ordersAcc, 0); err != nil {
		t.Fatal(err)
	}
	if got := signer384(t, e); got != "EC384_3" {
		t.Errorf("%s signs after an overlap of zero", got)
	}
}

func TestRotationMistakes(t *testing.T) {
	e := start(t, DefaultConfig())
	if err := e.RotateWithOverlap(ordersAcc, -1); err == nil {
		t.Error("a negative overlap must be an error")
	}
	for what, err := range map[string]error{
		"rotate":   e.RotateWithOverlap("nobody", time.Second),
		"withdraw": e.Withdraw("nobody"),
	} {
		if !errors.Is(err, errNoAccount) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if got := publishedIDs(t, e, ordersIssuer); got != "RSA_0 EC384_0" {
		t.Errorf("published %s", got)
	}
}
