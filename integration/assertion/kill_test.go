package assertion

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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
	name := "aws_jwt_signing_" + filepath.Base(w.keyFile()) + ".lock"
	must(t, os.MkdirAll(filepath.Join(w.storage, "locks"), 0o700))
	must(t, os.WriteFile(filepath.Join(w.storage, "locks", name), text, 0o600))
}

// The lock of a gateway that died refuses nobody who has keys, though a rotation
// is due long before that lock ends. It ends, and the keys rotate.
func TestLockOfTheDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(oneSite("rotation 4s", "ttl 4s", "rotation 4s"))
	_, before := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil)))
	staleLock(t, w, time.Now())
	token, after := mint(t, nil), before
	for began := time.Now(); after == before; time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatal("the keys do not rotate")
		}
		token = mint(t, nil)
		a := w.call("127.0.0.1", token)
		seen := w.upstream.Seen()
		if a.status != http.StatusOK || len(seen) != 1 {
			t.Fatalf("status %d %s after %v", a.status, a.body, time.Since(began))
		}
		_, after = claimsOfKey(t, seen[0].Get("X-Aws-Token-Assertion")[0])
	}
	if !w.logged("made a signing key", after) {
		t.Error("the new key was not made here")
	}
}
