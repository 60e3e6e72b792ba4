package caddymodule

import (
	"net/http"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func anyIssuer(verifier.Status) bool { return true }

// Handlers that a reload ends while they are listed look as before: those that do
// not share keys stay apart.
func TestAdminIssuersOfHandlersThatEnd(t *testing.T) {
	a := newAdministered(t)
	a.load(a.sites(nil, object{"jwks": object{"ttl": "20m"}}))
	handlers := running()
	ready := newReady(t)
	ready.wait = 0
	var reading sync.WaitGroup
	for _, read := range []func(){
		func() { trustedIssuers(handlers, anyIssuer, inventedLast) },
		func() { vitalsNow() },
		func() { ready.answer(t.Context()) },
	} {
		reading.Go(read)
	}
	for _, h := range handlers {
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	reading.Wait()
	if all := trustedIssuers(handlers, anyIssuer, inventedLast); len(all) != 2 {
		t.Errorf("%d entries afterwards, want one of each handler", len(all))
	}
}

// The calls are answered while configurations come and go.
func TestAdminCallsDuringReloads(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	over := make(chan struct{})
	var calling sync.WaitGroup
	for _, each := range []struct{ method, target, body string }{
		{"GET", "/aws_jwt/issuers", ""},
		{"GET", "/aws_jwt/decisions", ""},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"unfetched"}`},
		{"POST", "/aws_jwt/cache/purge", ""},
	} {
		calling.Go(func() {
			for {
				if status, text := a.call(each.method, each.target, each.body, nil); status != http.StatusOK {
					t.Errorf("%s %s: %d %s", each.method, each.target, status, text)
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	calling.Go(func() {
		for range 5 { // it may be asked of a configuration that has just ended
			a.call("POST", "/aws_jwt/explain", `{}`, nil)
		}
	})
	for range 5 {
		if err := caddy.Load(a.loaded, true); err != nil {
			t.Error(err)
		}
	}
	close(over)
	calling.Wait()
}
