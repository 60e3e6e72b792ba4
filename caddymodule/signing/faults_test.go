package signing

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var errDown = errors.New("no route to storage")

func down(call string) func(string) error {
	return func(c string) error {
		if call == "" || c == call {
			return errDown
		}
		return nil
	}
}

// Without keys a storage that fails is an error, whatever call it is; the control
// is the same storage afterwards.
func TestStorageFailsBeforeTheFirstKey(t *testing.T) {
	for _, call := range []string{"load", "lock", "save"} {
		m, c := newMemory(), newClock()
		keys := gateway(t, m, c, 0)
		m.breakWith(down(call))
		_, err := keys.Sign(t.Context(), ES256, []byte("{}"))
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !errors.Is(err, errDown) || unavailable.RetryAfter < time.Second {
			t.Errorf("%s: %v", call, err)
		}
		if _, err := keys.Publish(t.Context(), ES256); !errors.Is(err, errDown) {
			t.Errorf("%s: publishing: %v", call, err)
		}
		loads := m.count("load")
		if _, err := keys.Sign(t.Context(), ES256, []byte("{}")); err == nil || m.count("load") != loads {
			t.Errorf("%s: it was asked again at once: %v", call, err)
		}
		m.breakWith(nil)
		c.advance(retryAfter)
		sign(t, keys, ES256)
	}
}

// Keys at hand serve on while the storage is away, up to the lead: later a
// successor may be active that nobody here knows.
func TestStorageFailsLater(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	sign(t, keys, ES256)
	m.breakWith(down(""))
	for range 59 {
		c.advance(time.Minute)
		sign(t, keys, ES256)
		keys.settled()
		publish(t, keys, ES256)
	}
	c.advance(time.Minute)
	if _, err := keys.Sign(t.Context(), ES256, []byte("{}")); !errors.Is(err, errDown) {
		t.Errorf("signing with keys of an hour ago: %v", err)
	}
	c.advance(retryAfter)
	if _, err := keys.Publish(t.Context(), ES256); !errors.Is(err, errDown) {
		t.Errorf("publishing keys of an hour ago: %v", err)
	}
	m.breakWith(nil)
	c.advance(retryAfter)
	sign(t, keys, ES256)
}

// While another gateway holds the lock, or has died with it, everybody goes on
// with the keys that are there.
func TestLockIsHeld(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	kid := kidOf(t, sign(t, keys, ES256))
	if err := m.Lock(t.Context(), keys.name); err != nil {
		t.Fatal(err)
	}
	c.advance(23*time.Hour + time.Minute) // a successor is due
	if got := kidOf(t, sign(t, keys, ES256)); got != kid {
		t.Errorf("%s signs, not %s", got, kid)
	}
	if n := strings.Count(string(publish(t, keys, ES256).JWKS), `"kid"`); n != 1 {
		t.Errorf("%d keys are published", n)
	}
	if err := m.Unlock(t.Context(), keys.name); err != nil {
		t.Fatal(err)
	}
	keys.settled()
	if n := strings.Count(string(publish(t, keys, ES256).JWKS), `"kid"`); n != 2 {
		t.Errorf("%d keys are published", n)
	}
}

// A gateway that ends at any call of a rotation, by a fault or for good, leaves
// what others go on with.
func TestDiesInTheMiddle(t *testing.T) {
	for _, call := range []string{"load", "lock", "save"} {
		m, c := newMemory(), newClock()
		dies, lives := gateway(t, m, c, 0), gateway(t, m, c, 0)
		kid := kidOf(t, sign(t, dies, ES256))
		sign(t, lives, ES256)
		c.advance(23*time.Hour + time.Minute)
		reached, end := make(chan struct{}), make(chan struct{})
		m.breakWith(func(c string) error {
			if c == call {
				close(reached)
				<-end // it does nothing any more
				return context.Canceled
			}
			return nil
		})
		if call != "load" {
			sign(t, dies, ES256)
		} else {
			_, _ = dies.look(ES256)
		}
		<-reached
		m.breakWith(nil)
		if call == "save" {
			<-m.lock(dies.name) // the lock of the dead ends by itself
		}
		if got := kidOf(t, sign(t, lives, ES256)); got != kid {
			t.Errorf("%s: %s signs, not %s", call, got, kid)
		}
		lives.settled()
		c.advance(2 * time.Hour)
		if got := kidOf(t, sign(t, lives, ES256)); got == kid {
			t.Errorf("%s: no successor came", call)
		}
		close(end)
	}
}

// Who comes to storing only when its lock may be another's does not store.
func TestLockIsNotReliedOnForLong(t *testing.T) {
	for took, stores := range map[time.Duration]bool{time.Second: true, maxHold + time.Second: false} {
		m, c := newMemory(), newClock()
		keys := gateway(t, m, c, 0)
		locked := false
		m.breakWith(func(call string) error {
			if locked = locked || call == "lock"; locked && call == "load" {
				c.advance(took)
			}
			return nil
		})
		_, err := keys.Sign(t.Context(), ES256, []byte("{}"))
		if (err == nil) != stores || (m.count("save") == 1) != stores {
			t.Errorf("after %s: %v, %d documents", took, err, m.count("save"))
		}
	}
}

// Whoever deletes the stored keys has new ones made.
func TestStoredKeysAreDeleted(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	kid := kidOf(t, sign(t, keys, ES256))
	c.advance(time.Minute)
	delete(m.saved, keys.name)
	sign(t, keys, ES256)
	keys.settled()
	token := sign(t, keys, ES256)
	if kidOf(t, token) == kid || !fits(t, token, publish(t, keys, ES256).JWKS) {
		t.Error("the old key serves on")
	}
}

func TestCallerThatLeaves(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	if err := m.Lock(t.Context(), keys.name); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := keys.Sign(ctx, ES256, []byte("{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := keys.Close(); err != nil {
		t.Error(err)
	}
	if _, err := keys.Sign(t.Context(), ES256, []byte("{}")); err == nil {
		t.Error("closed keys sign")
	}
}

// A fault that lasts is logged once a minute, and its end once.
func TestFaultsAreLoggedNowAndThen(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	var log strings.Builder
	keys.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	looked := make(map[Result]int)
	keys.config.Looked = func(r Result) { looked[r]++ }
	m.breakWith(down("load"))
	for range 150 {
		if _, err := keys.Sign(t.Context(), ES256, []byte("{}")); err == nil {
			t.Fatal("it signs")
		}
		keys.settled()
		c.advance(time.Second)
	}
	m.breakWith(nil)
	sign(t, keys, ES256)
	keys.settled()
	if n := strings.Count(log.String(), "keeping signing keys failed"); n != 3 {
		t.Errorf("it is logged %d times in 150 s", n)
	}
	if n := strings.Count(log.String(), "can be kept again"); n != 1 {
		t.Errorf("its end is logged %d times", n)
	}
	c.advance(time.Minute)
	sign(t, keys, ES256)
	keys.settled()
	if looked[Failed] != 150 || looked[Changed] != 1 || looked[Kept] != 1 {
		t.Errorf("told was %v", looked)
	}
}

// While one waits for a lock, those who have keys go on for as long as it takes:
// what is stored is read all the time.
func TestNobodyWhoHasKeysWaitsForALock(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 8*time.Minute)
	kid := kidOf(t, sign(t, keys, ES256))
	if err := m.Lock(t.Context(), keys.name); err != nil {
		t.Fatal(err)
	}
	c.advance(7 * time.Minute) // a successor is due
	for range 20 {             // each is half of the lead
		if got := kidOf(t, sign(t, keys, ES256)); got != kid {
			t.Errorf("%s signs, not %s", got, kid)
		}
		publish(t, keys, ES256)
		c.advance(time.Minute)
	}
	if err := m.Unlock(t.Context(), keys.name); err != nil {
		t.Fatal(err)
	}
	keys.settled()
	if n := strings.Count(string(publish(t, keys, ES256).JWKS), `"kid"`); n != 2 {
		t.Errorf("%d keys are published", n)
	}
}

// A lock that lasts longer than anybody relies on one is broken. One that its
// waiter has only stopped waiting for is not.
func TestLockThatNeverEnds(t *testing.T) {
	for _, ends := range []bool{true, false} {
		m, c := newMemory(), newClock()
		keys := gateway(t, m, c, 0)
		if err := m.Lock(t.Context(), keys.name); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if !ends {
			cancel()
		}
		if _, err := keys.change(ctx); err == nil {
			t.Error("it did not wait for the lock")
		}
		cancel()
		if broken := len(m.lock(keys.name)) == 0; broken != ends {
			t.Errorf("the lock is broken: %t, want %t", broken, ends)
		}
	}
}

// What was read some time ago may not be kept beyond the lead, when a key that it
// lacks may sign.
func TestMaxAgeOfOldKeys(t *testing.T) {
	m, c := newMemory(), newClock()
	keys := gateway(t, m, c, 0)
	sign(t, keys, ES256)
	for after, want := range map[time.Duration]time.Duration{0: 15 * time.Minute, 44 * time.Minute: 15 * time.Minute, 50 * time.Minute: 10 * time.Minute} {
		if got := keys.schedule.maxAgeOf(after); got != want {
			t.Errorf("after %s: %s, want %s", after, got, want)
		}
	}
	m.breakWith(down(""))
	c.advance(59*time.Minute + 30*time.Second + time.Millisecond)
	if p := publish(t, keys, ES256); p.MaxAge != 29*time.Second {
		t.Errorf("%s", p.MaxAge)
	}
}
