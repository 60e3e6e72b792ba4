package caddymodule

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// running are the aws_jwt handlers of the configuration that runs, firewalls left
// out, each with its place. Several of one place are numbered.
func running() []rehearsedHandler {
	value, err := caddy.ActiveContext().AppIfConfigured("http")
	if err != nil {
		return nil
	}
	app, ok := value.(*caddyhttp.App)
	if !ok {
		return nil
	}
	var all []rehearsedHandler
	for _, name := range slices.Sorted(maps.Keys(app.Servers)) {
		all = append(all, handlersOf(app.Servers[name])...)
	}
	same := make(map[string]int)
	for i := range all {
		h := &all[i]
		if same[h.where]++; same[h.where] > 1 {
			h.where = fmt.Sprintf("%s (its aws_jwt no. %d)", h.where, same[h.where])
		}
	}
	return all
}

// handlersOf are the handlers of one server: of its routes, of those that others
// invoke, and of its error routes.
func handlersOf(server *caddyhttp.Server) (all []rehearsedHandler) {
	visit := func(route caddyhttp.Route, at place) {
		for _, handler := range route.Handlers {
			if h, ok := handler.(*Handler); ok && !h.FirewallOnly {
				all = append(all, rehearsedHandler{h, at.in(server)})
			}
		}
	}
	visitRoutes(server.Routes, place{}, visit)
	for _, name := range slices.Sorted(maps.Keys(server.NamedRoutes)) {
		visitRoutes(caddyhttp.RouteList{*server.NamedRoutes[name]}, place{hosts: "&(" + name + ")"}, visit)
	}
	if server.Errors != nil {
		visitRoutes(server.Errors.Routes, place{}, visit)
	}
	return all
}

// lookForPlaceEvery is how often a handler that was not found looks for its place
// again: a request may come before its configuration is the one that runs.
const lookForPlaceEvery = time.Second

// place is where the handler stands in the configuration that runs, such as
// "orders.example.com /admin/*". It is "" for a firewall, and as long as it is not
// found: a module that is not ours may hold routes, too.
func (h *Handler) place() string {
	if h.FirewallOnly {
		return ""
	}
	if found := h.placed.Load(); found != nil {
		return *found
	}
	tried, now := h.placeTried.Load(), h.now().UnixNano()
	if tried != 0 && now-tried < int64(lookForPlaceEvery) || !h.placeTried.CompareAndSwap(tried, now) {
		return ""
	}
	for _, each := range running() {
		each.placed.Store(&each.where)
	}
	if found := h.placed.Load(); found != nil {
		return *found
	}
	return ""
}
