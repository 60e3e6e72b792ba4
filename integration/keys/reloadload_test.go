package keys

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// The two configurations that reloads alternate between. The strict one has
// ceased to trust an issuer, and denies a role of the other.
var (
	lax    = site("a", "issuer ORDERS "+orders, "issuer BILLING "+billing, keepNothing)
	strict = site("a", "issuer ORDERS "+orders, keepNothing, "deny no-lambda `aws_token.principal.name == \"orders-lambda\"`")
)

// shutOut makes two new tokens that only the lax configuration lets pass.
func (s *issuers) shutOut() []token {
	return []token{s.mint("billing-ec2", billing, signedRS256), s.mint("orders-lambda", orders, signedRS256)}
}

// keptAlive is a client that holds on to its connections, over HTTP/1.1 or over
// HTTP/2 from the first byte on.
func (w *world) keptAlive(h2 bool) *http.Client {
	transport := &http.Transport{DialContext: w.dial, Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!h2)
	transport.Protocols.SetUnencryptedHTTP2(h2)
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// work sends a good token again and again, some on connections that stay and
// some on new ones, a few hundred a second in all.
func (w *world) work(with token) *stacktest.Load {
	l := stacktest.NewLoad(w.t)
	add := func(pause time.Duration, client *http.Client) {
		l.Add(pause, func() (int, error) {
			a, err := askAnew(w.t.Context(), client, "a", with)
			return a.status, err
		})
	}
	for range 6 {
		add(5*time.Millisecond, w.keptAlive(false))
	}
	for range 2 {
		add(20*time.Millisecond, w.client)
	}
	return l
}

// Under load, reloads fail no good request; and from the moment on at which a
// stricter configuration is loaded, what it shuts out does not pass, whether
// it comes on a new connection or on one that was there before.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(lax)
	good := w.issuers.mint("reports-batch", orders, signedRS256)
	callers := []*http.Client{w.keptAlive(false), w.keptAlive(false), w.keptAlive(true), w.client}
	var allowed, forbidden []string
	// everybody has each caller send two tokens, all at once.
	everybody := func(wanted ...int) (ids []string) {
		var senders sync.WaitGroup
		for _, caller := range callers {
			for n, each := range w.issuers.shutOut() {
				ids = append(ids, each.id)
				senders.Go(func() {
					if a, err := askAnew(t.Context(), caller, "a", each); err != nil || a.status != wanted[n] {
						t.Errorf("%v: status %d, want %d: %v", each.id, a.status, wanted[n], err)
					}
				})
			}
		}
		senders.Wait()
		return ids
	}
	began, l := time.Now(), w.work(good)
	for range 10 {
		allowed = append(allowed, everybody(http.StatusOK, http.StatusOK)...)
		w.reload(strict)
		forbidden = append(forbidden, everybody(http.StatusUnauthorized, http.StatusForbidden)...)
		l.GoesOn(t)
		w.reload(lax)
		l.GoesOn(t)
	}
	passed := l.End(t)
	t.Logf("%d good requests in %v", passed, time.Since(began))
	seen := w.seen()
	for _, id := range allowed {
		if !slices.Contains(seen, id) {
			t.Errorf("the upstream never saw %s, which passed", id)
		}
	}
	for _, id := range forbidden {
		if slices.Contains(seen, id) {
			t.Errorf("the upstream saw %s, which came after the stricter configuration", id)
		}
	}
}
