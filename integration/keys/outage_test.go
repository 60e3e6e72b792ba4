package keys

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// Keys serve on while their issuer is down, up to max_stale, and come back with
// it. The twin is an issuer of the same site that is up all the time.
func TestKeysServeThroughAnOutage(t *testing.T) {
	t.Parallel()
	const maxStale = 6 * time.Second
	w := newWorld(t, newIssuers(t))
	w.start(site("a", "issuer ORDERS "+orders, "issuer BILLING "+billing,
		"jwks {", "ttl 1s", "max_stale 6s", "cooldown 1s", "persist off", "}"))
	before := time.Now() // the first fetch, so that keys are never older than since then
	down, up := w.issuers.token(orders), w.issuers.token(billing)
	w.passes("a", down)
	w.passes("a", up)

	w.issuers.fault(orders, devsts.FaultError)
	eventually(t, "a refresh failed", func() bool {
		w.passes("a", down)
		return w.logged("last good ones serve on", w.issuers.url(orders))
	})
	w.passes("a", down)

	eventually(t, "max_stale ended the outage's grace", func() bool {
		a := w.send("a", down)
		w.upstream.Seen()
		if a.status == http.StatusOK {
			return false
		}
		if age := time.Since(before); age <= maxStale {
			t.Errorf("the keys served for less than %v, with max_stale %v", age, maxStale)
		}
		return true
	})
	w.unavailable("a", down)
	w.passes("a", up)

	must(t, w.issuers.ClearFaults(orders))
	eventually(t, "the issuer's tokens pass again", func() bool { return w.send("a", down).status == http.StatusOK })
	w.upstream.Seen()
	w.passes("a", down)
	if w.logged("last good ones serve on", w.issuers.url(billing)) {
		t.Error("the issuer that was up failed, too")
	}
}

// An issuer that never answers holds up neither the start of the gateway nor
// those who come with another issuer's tokens; only its own callers wait.
func TestHangingIssuerHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.issuers.fault(orders, devsts.FaultHang)
	w.start(site("a", "issuer ORDERS "+orders, "issuer BILLING "+billing, "jwks {", "timeout 1h", "}"))
	if n := w.issuers.Fetches().Total; n != (devsts.FetchCount{}) {
		t.Errorf("the start fetched %+v", n)
	}

	waits := w.issuers.token(orders)
	done := make(chan answer)
	go func() {
		a, err := ask(t.Context(), w.client, "a", waits)
		if err != nil {
			t.Error(err)
		}
		done <- a
	}()
	eventually(t, "the hanging issuer was asked", func() bool { return w.issuers.fetched(orders).Discovery == 1 })
	for range 3 {
		w.passes("a", w.issuers.token(billing))
	}
	select {
	case a := <-done:
		t.Fatalf("the hanging issuer's caller got %d", a.status)
	default:
	}

	// The twin: the same caller passes as soon as the issuer answers.
	must(t, w.issuers.ClearFaults(orders))
	if a := <-done; a.status != http.StatusOK {
		t.Errorf("status %d", a.status)
	}
	if seen := w.seen(); len(seen) != 1 || seen[0] != waits.id {
		t.Errorf("the upstream saw the tokens %q", seen)
	}
}
