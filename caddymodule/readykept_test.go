package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An answer serves all who ask within a second, whoever they are, and no
// configuration but its own.
func TestReadyKeepsItsAnswer(t *testing.T) {
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t)
	now := new(atomic.Int64)
	r.now, r.wait = func() time.Time { return time.Unix(0, now.Load()) }, time.Millisecond
	r.want(t, 503, 1, "unfetched")
	a.release()
	if err := running()[0].verifier.AwaitKeys(t.Context(), a.issuer); err != nil {
		t.Fatal(err)
	}
	first := r.kept.Load()
	var many sync.WaitGroup
	for range 100 {
		many.Go(func() { r.want(t, 503, 1, "unfetched") })
	}
	many.Wait()
	now.Store(int64(readyKept) - 1)
	r.want(t, 503, 1, "unfetched")
	if r.kept.Load() != first {
		t.Error("somebody looked again within the second")
	}
	now.Store(int64(readyKept))
	r.want(t, 200, 1)
	now.Store(0) // a clock that is set back keeps nothing
	second := r.kept.Load()
	r.want(t, 200, 1)
	if r.kept.Load() == second {
		t.Error("an answer of the future is kept")
	}

	// Neither what was good nor what was not is the answer of another configuration.
	a.load(object{"a": a.guarded("site", nil, object{"issuers": []object{{"url": "http://127.0.0.1:1"}}})})
	r.wait = 30 * time.Second
	r.want(t, 503, 1, "unavailable")
	a.load(object{"a": a.guarded("site", nil, nil)})
	r.want(t, 200, 1)
}

func TestReadyIsCheap(t *testing.T) {
	a := newReloading(t, false)
	a.release()
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t)
	r.want(t, 200, 1)
	for len(a.asked) > 0 {
		<-a.asked
	}
	found := r.targets.Load()
	for range 100 {
		if r.answer(t.Context()).status != 200 {
			t.Fatal("it is not ready")
		}
	}
	if r.targets.Load() != found || len(a.asked) > 0 {
		t.Error("what is required was looked for again, or keys were fetched")
	}
}

// slowIssuers are issuers that answer when the test has ended. They count how many
// are asked at once.
func slowIssuers(t *testing.T, n int) (issuers []object, asked *atomic.Int32) {
	t.Helper()
	asked, gate := new(atomic.Int32), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		asked.Add(1)
		defer asked.Add(-1)
		select {
		case <-gate:
		case <-request.Context().Done():
		}
	}))
	t.Cleanup(func() { close(gate); slow.Close() })
	for i := range n {
		issuers = append(issuers, object{"url": slow.URL + "/" + strconv.Itoa(i)})
	}
	return issuers, asked
}

// Readiness that hundreds of slow issuers are required for takes nothing from
// tokens: a few are asked at a time, and a token of an issuer that is late in the
// list passes.
func TestReadyLeavesTokensTheirFetches(t *testing.T) {
	a := newReloading(t, false)
	a.release()
	const few = 16
	issuers, asked := slowIssuers(t, 600)
	issuers = append(issuers, object{"url": a.issuer, "accounts": []string{ordersAccount}})
	a.load(object{"a": a.guarded("site", object{"timeout": "1h"}, object{"issuers": issuers})})
	r := newReady(t)
	r.wait = time.Millisecond
	for asked.Load() < few {
		r.ask(t)
	}
	for range 20 {
		if status, answer := r.ask(t); status != 503 || answer.Required != len(issuers) || answer.LeftOff != len(issuers)-maxUnready {
			t.Errorf("%d %+v", status, answer)
		}
	}
	if answer := <-a.send(); answer != "200 site" {
		t.Errorf("a token is answered %q", answer)
	}
	if _, answer := r.ask(t); answer.LeftOff != len(issuers)-1-maxUnready {
		t.Errorf("with the token's issuer: %+v", answer)
	}
	if n := asked.Load(); n != few {
		t.Errorf("%d issuers are asked at once, want %d", n, few)
	}

	// The twin: as many that tokens ask for take the places that there are.
	h := running()[0].Handler
	for _, each := range issuers[len(issuers)-400 : len(issuers)-1] {
		go func() { _ = h.verifier.RefreshKeys(t.Context(), each["url"].(string)) }()
	}
	const places = 256
	for asked.Load() < few+places {
		time.Sleep(time.Millisecond)
	}
}
