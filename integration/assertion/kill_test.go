package assertion

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
)

// kills is how often a gateway is killed.
const kills = 12

// A gateway that is killed over and over, many times while it holds the lock on
// the keys, leaves the other one in peace, and serves again when it is back. The
// keys rotate on.
func TestKilledGateways(t *testing.T) {
	t.Parallel()
	p := newPair(t, 8*time.Second).start()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	dies := p.gateways[1]
	var away atomic.Bool
	var all sync.WaitGroup
	p.callers(ctx, &all, 0, 2, never)
	p.callers(ctx, &all, 1, 2, away.Load)
	locked := 0
	for i := range kills {
		// Every other time it lives until somebody changes the keys.
		if awaitKill(p, i%2 == 1) {
			locked++
		}
		away.Store(true)
		dies.kill()
		dies.start(p.site)
		away.Store(false)
		before := p.answered[1].Load()
		eventually(t, "the killed gateway serves again", func() bool { return p.answered[1].Load() > before+5 })
	}
	// The lock of a dead one may have held the last rotation up.
	_, signed, _ := p.keys.counts()
	eventually(t, "the keys rotate on", func() bool {
		_, now, _ := p.keys.counts()
		return now > signed && now >= 3
	})
	cancel()
	all.Wait()
	p.judge()
	_, signed, _ = p.keys.counts()
	t.Logf("%d of %d kills while the keys were locked; %d keys have signed; %d and %d answers",
		locked, kills, signed, p.answered[0].Load(), p.answered[1].Load())
}

// awaitKill waits for the moment of a kill: some time, or until the keys are
// locked, whatever comes first.
func awaitKill(p *pair, forLock bool) (locked bool) {
	locks := filepath.Join(p.gateways[0].storage, "locks")
	some := time.Duration(rand.Int64N(int64(2 * time.Second)))
	if forLock {
		some = 3 * time.Second
	}
	for end := time.Now().Add(some); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		if !forLock {
			continue
		}
		if entries, err := os.ReadDir(locks); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}

// staleLock is a file as certmagic leaves it when whoever has the lock is killed.
func staleLock(t *testing.T, w *world, updated time.Time) {
	t.Helper()
	text, err := json.Marshal(map[string]time.Time{"created": updated, "updated": updated})
	must(t, err)
	name := certmagic.StorageKeys.Safe("aws_jwt/signing/"+filepath.Base(w.keyFile())) + ".lock"
	must(t, os.MkdirAll(filepath.Join(w.storage, "locks"), 0o700))
	must(t, os.WriteFile(filepath.Join(w.storage, "locks", name), text, 0o600))
}

// The lock of a gateway that died refuses nobody who has keys, though a rotation
// is due long before that lock ends, and the keys rotate once it does. It does not
// by itself where another gateway has had it just before: certmagic keeps the file
// fresh that it finds some seconds after it gave its own lock back.
func TestLockOfTheDead(t *testing.T) {
	t.Parallel()
	for name, hadItBefore := range map[string]bool{"ends": false, "is kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := oneSite("rotation 5s", "ttl 5s", "rotation 5s")
			w := newWorld(t).start(site)
			_, before := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil)))
			if !hadItBefore {
				w.kill()
				w.start(site)
			}
			locked := time.Now()
			staleLock(t, w, locked)
			_, after := claimsOfKey(t, w.assertedAfter(before))
			if !w.logged("made a signing key", after) {
				t.Error("the new key was not made here")
			}
			if broken := w.logged("locking signing keys", "is broken now"); broken != hadItBefore {
				t.Errorf("the lock was broken: %t, want %t", broken, hadItBefore)
			}
			// Else the lock was none.
			if took := time.Since(locked); took < 8*time.Second {
				t.Errorf("the keys rotated after %v", took)
			}
		})
	}
}

// assertedAfter calls until an assertion is of another key, and returns that.
// Every call passes.
func (w *world) assertedAfter(kid string) string {
	w.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		text := w.asserted("127.0.0.1", mint(w.t, nil))
		if _, now := claimsOfKey(w.t, text); now != kid {
			return text
		}
	}
	w.t.Fatal("the keys do not rotate")
	return ""
}
