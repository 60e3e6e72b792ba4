package caddymodule

import (
	"fmt"
	"maps"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// running are the aws_jwt handlers of the configuration that runs, firewalls left
// out, each with its place.
func running() []rehearsedHandler { return handlersOf(runningServers()...) }

func runningServers() (servers []*caddyhttp.Server) {
	value, err := caddy.ActiveContext().AppIfConfigured("http")
	if err != nil {
		return nil
	}
	app, ok := value.(*caddyhttp.App)
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(app.Servers)) {
		servers = append(servers, app.Servers[name])
	}
	return servers
}

// handlersOf are the handlers of some servers. Several of one place are numbered.
func handlersOf(servers ...*caddyhttp.Server) (all []rehearsedHandler) {
	for _, server := range servers {
		all = append(all, handlersOfOne(server)...)
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

// handlersOfOne are the handlers of one server: of its routes and of those within
// them, of those that others invoke, and of its error routes.
func handlersOfOne(server *caddyhttp.Server) (all []rehearsedHandler) {
	visit := func(route caddyhttp.Route, at place) {
		for _, handler := range route.Handlers {
			switch h := handler.(type) {
			case *Handler:
				if !h.FirewallOnly {
					all = append(all, rehearsedHandler{h, at.in(server)})
				}
			case *Authorize:
				all = append(all, rehearsedHandler{h.Handler, at.in(server)})
			case *Publisher:
				if h.Exchange != nil {
					all = append(all, rehearsedHandler{h.Exchange.Handler, at.in(server) + " (token exchange)"})
				}
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

// place is where the handler stands, such as "orders.example.com /admin/*". It is
// "" for a firewall, and for a handler in routes that routesWithin does not find.
func (h *Handler) place() string {
	if h.FirewallOnly || h.home == nil {
		return ""
	}
	if found := h.placed.Load(); found != nil {
		return *found
	}
	servers := runningServers()
	if !slices.Contains(servers, h.home) {
		// A request may come just before its configuration is the one that runs, or
		// behind its end.
		return placeIn(handlersOf(h.home), h)
	}
	where := placeIn(handlersOf(servers...), h)
	h.placed.Store(&where)
	return where
}

func placeIn(all []rehearsedHandler, h *Handler) string {
	for _, each := range all {
		if each.Handler == h {
			return each.where
		}
	}
	return ""
}
