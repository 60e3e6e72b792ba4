package keys

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A token that is signed with a key which is new at the issuer passes at once,
// for one more fetch. The old one passes on, since it is still published.
func TestNewKeyPassesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(site("a", "issuer ORDERS "+orders))
	before := w.issuers.token(orders)
	w.passes("a", before)
	w.issuers.rotate(orders, false)
	w.passes("a", before)
	if n := w.issuers.fetched(orders).Keys; n != 1 {
		t.Errorf("fetched %d times before the new key was seen, want once", n)
	}
	w.passes("a", w.issuers.token(orders))
	w.passes("a", before)
	if n := w.issuers.fetched(orders).Keys; n != 2 {
		t.Errorf("fetched %d times, want twice", n)
	}
}

// A key that was withdrawn stops working with the first refresh after ttl, also
// for a token that had passed before. The twin's ttl has not come.
func TestWithdrawnKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(site("short", "issuer ORDERS "+orders, "jwks {", "ttl 1s", "cooldown 1s", "persist off", "}"),
		site("long", "issuer ORDERS "+orders, "jwks {", "ttl 1h", "persist off", "}"))
	before := w.issuers.token(orders)
	w.passes("short", before)
	w.passes("long", before)
	w.issuers.rotate(orders, true)
	eventually(t, "the withdrawn key stopped working", func() bool {
		a := w.send("short", before)
		w.upstream.Seen()
		return a.status != http.StatusOK
	})
	w.refuses("short", before, http.StatusUnauthorized, "unknown_key")
	w.passes("short", w.issuers.token(orders))
	w.passes("long", before)
}

// flood sends many tokens of an issuer at once, each with the ID of another key
// that does not exist, and asserts that all are refused.
func flood(w *world, host, account string, n int) {
	w.t.Helper()
	tokens := make(chan token, n)
	for i := range n {
		tokens <- w.issuers.mint(roleOf(account), account, withKID(fmt.Sprintf("invented-%d-%d", w.issuers.fetched(account).Keys, i)))
	}
	close(tokens)
	var wrong atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for each := range tokens {
				if a, err := ask(w.t.Context(), w.client, host, each); err != nil || a.status != http.StatusUnauthorized {
					wrong.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if wrong.Load() > 0 {
		w.t.Errorf("%d of %d tokens with invented kids got another answer than 401", wrong.Load(), n)
	}
	if seen := w.seen(); len(seen) > 0 {
		w.t.Errorf("%d tokens with invented kids reached the upstream", len(seen))
	}
}

// However many key IDs are invented, they cost the issuer one fetch in each
// cooldown; the good callers pass on, and a key that is really new is found
// once the cooldown is over.
func TestInventedKeyIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	const cooldown = 2 * time.Second
	w.start(site("long", "issuer ORDERS "+orders, "jwks {", "cooldown 1h", "persist off", "}"),
		site("short", "issuer BILLING "+billing, "jwks {", "cooldown 2s", "persist off", "}"),
		site("first", "issuer STRANGER "+stranger, "jwks {", "cooldown 1h", "persist off", "}"))

	flood(w, "first", stranger, 100)
	w.passes("first", w.issuers.token(stranger))
	if n := w.issuers.fetched(stranger).Keys; n != 1 {
		t.Errorf("100 invented kids before any good one: fetched %d times in all, want once", n)
	}
	good := w.issuers.token(orders)
	w.passes("long", good)
	flood(w, "long", orders, 300)
	if n := w.issuers.fetched(orders).Keys; n != 2 {
		t.Errorf("300 invented kids: fetched %d times in all, want twice", n)
	}
	w.passes("long", good)
	w.refuses("long", w.issuers.mint(roleOf(orders), orders, withKID("invented")), http.StatusUnauthorized, "unknown_key")

	began := time.Now()
	for time.Since(began) < 2*cooldown {
		flood(w, "short", billing, 20)
		time.Sleep(200 * time.Millisecond)
	}
	w.issuers.rotate(billing, false)
	eventually(t, "the new key was found", func() bool {
		return w.send("short", w.issuers.token(billing)).status == http.StatusOK
	})
	w.upstream.Seen()
	fetches, most := w.issuers.fetched(billing).Keys, int(time.Since(began)/cooldown)+1
	if fetches < 2 || fetches > most {
		t.Errorf("fetched %d times in %v, want 2 to %d times with a cooldown of %v", fetches, time.Since(began), most, cooldown)
	}
}
