package caddymodule

import (
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// rehearsedHandler is a handler of a rehearsal, and where it stands.
type rehearsedHandler struct {
	*Handler

	// where tells it from the others: its site and the paths of its matcher. It
	// is "" for the only handler of a configuration.
	where string
}

// told puts the place before a text about the handler, when there are several.
func (h rehearsedHandler) told(text string) string {
	if h.where == "" {
		return text
	}
	return h.where + ": " + text
}

// place is what the matchers around a handler say, from the outermost to the
// innermost.
type place struct{ hosts, paths string }

func (p place) within(route caddyhttp.Route) place {
	for _, set := range route.MatcherSets {
		for _, matcher := range set {
			switch m := matcher.(type) {
			case *caddyhttp.MatchHost:
				p.hosts = strings.Join(*m, ", ")
			case *caddyhttp.MatchPath:
				p.paths = strings.Join(*m, ", ")
			}
		}
	}
	return p
}

// in names the server where no host is named.
func (p place) in(server *caddyhttp.Server) string {
	if p.hosts == "" {
		p.hosts = strings.Join(server.Listen, ", ")
	}
	return strings.TrimSpace(p.hosts + " " + p.paths)
}

// nameHandlers takes away the place of an only handler, and makes those differ
// that are the same.
func (r *rehearsal) nameHandlers() {
	if len(r.handlers) == 1 {
		r.handlers[0].where = ""
		return
	}
	same := make(map[string]int)
	for i := range r.handlers {
		h := &r.handlers[i]
		if same[h.where]++; same[h.where] > 1 {
			h.where = fmt.Sprintf("%s (its aws_jwt no. %d)", h.where, same[h.where])
		}
	}
}
