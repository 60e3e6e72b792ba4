package keys

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// A thousand first callers of an issuer that is slow to answer share one fetch.
// The first of them hangs up meanwhile, which takes nothing from the others.
func TestCrowdOfFirstCallers(t *testing.T) {
	t.Parallel()
	const crowd = 1000
	w := newWorld(t, newIssuers(t))
	w.issuers.fault(orders, devsts.FaultHang)
	w.start(site("a", "issuer ORDERS "+orders, "jwks {\ntimeout 1h\npersist off\n}"))
	with := w.issuers.mint("orders-lambda", orders, signedRS256)

	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := ask(ctx, w.client, "a", with)
		first <- err
	}()
	eventually(t, "the issuer was asked", func() bool { return w.issuers.fetched(orders).Discovery == 1 })

	answers := make([]int, crowd)
	var callers sync.WaitGroup
	for n := range answers {
		callers.Go(func() {
			a, err := ask(t.Context(), w.client, "a", with)
			if err != nil {
				t.Error(err)
			}
			answers[n] = a.status
		})
	}
	eventually(t, "the crowd was there", func() bool {
		n, _ := w.goroutines() // each connection has one
		return n > crowd
	})
	hangUp()
	if err := <-first; err == nil {
		t.Error("the first caller got an answer")
	}
	must(t, w.issuers.ClearFaults(""))
	callers.Wait()
	for n, status := range answers {
		if status != http.StatusOK {
			t.Fatalf("caller %d: status %d", n, status)
		}
	}
	if seen := w.seen(); len(seen) != crowd {
		t.Errorf("the upstream saw %d requests, want %d", len(seen), crowd)
	}
	if n := w.issuers.fetched(orders); n != (devsts.FetchCount{Discovery: 1, Keys: 1}) {
		t.Errorf("fetched %+v, want one of each", n)
	}
}
