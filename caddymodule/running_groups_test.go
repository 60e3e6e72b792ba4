package caddymodule

import (
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Handlers in the error routes of a group are found, too.
func TestVisitRoutesEntersErrorRoutes(t *testing.T) {
	route := func(handler caddyhttp.MiddlewareHandler) caddyhttp.RouteList {
		return caddyhttp.RouteList{{Handlers: []caddyhttp.MiddlewareHandler{handler}}}
	}
	plain, inErrors := new(Handler), new(Handler)
	group := &caddyhttp.Subroute{Routes: route(plain), Errors: &caddyhttp.HTTPErrorConfig{Routes: route(inErrors)}}
	found := make(map[caddyhttp.MiddlewareHandler]bool)
	visitRoutes(route(group), place{}, func(r caddyhttp.Route, _ place) {
		for _, handler := range r.Handlers {
			found[handler] = true
		}
	})
	if !found[plain] || !found[inErrors] {
		t.Errorf("found %v", found)
	}
}

// Of an issuer that several handlers trust, readiness tells what keeps it from
// being ready, and not what another handler has.
func TestReadyTellsOfTheOneWithoutKeys(t *testing.T) {
	fresh := newHandler(t, nil)
	url := issuerOf(t, ordersAccount)
	serve(t, get(goodToken(t)), fresh)
	if s, _ := fresh.verifier.Status(url); s.State != verifier.StateFresh {
		t.Fatalf("its state is %s", s.State)
	}
	other := newHandler(t, func(h *Handler) { h.Issuers = []Issuer{{URL: url, JWKSURL: "http://127.0.0.1:1/jwks"}} })
	for _, by := range [][]*Handler{{fresh, other}, {other, fresh}} {
		if got := (requiredIssuer{url: url, by: by}).state(); got != string(verifier.StateUnfetched) {
			t.Errorf("it is %s", got)
		}
	}
}
