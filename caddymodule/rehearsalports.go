package caddymodule

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// sitesFor are the servers of those that may serve a host whose sites are for it:
// those that name it, or, when none does, those for whatever host.
func sitesFor(serving []rehearsed, host string) []rehearsed {
	naming := slices.DeleteFunc(slices.Clone(serving), func(s rehearsed) bool { return !s.names(host) })
	if len(naming) > 0 {
		return naming
	}
	return slices.DeleteFunc(slices.Clone(serving), func(s rehearsed) bool { return !s.anyHost })
}

// disagreement is an error when not all servers make the same of a request. Each
// walk is that of the server with the same index.
func disagreement(host string, servers []rehearsed, walks []*walk.Walk) error {
	same := func(w *walk.Walk) bool {
		return w.Outcome == walks[0].Outcome && w.Reason == walks[0].Reason && w.Rule == walks[0].Rule &&
			w.Status == walks[0].Status && w.Ended == walks[0].Ended
	}
	if !slices.ContainsFunc(walks, func(w *walk.Walk) bool { return !same(w) }) {
		return nil
	}
	name, _, err := net.SplitHostPort(host)
	withPort := err == nil
	if !withPort {
		name = strings.Trim(host, "[]")
	}
	var found []string
	for i, server := range servers {
		for _, address := range server.server.Listen {
			if parsed, err := caddy.ParseNetworkAddress(address); err == nil && parsed.StartPort > 0 && !withPort {
				address = net.JoinHostPort(name, strconv.FormatUint(uint64(parsed.StartPort), 10))
			}
			found = append(found, fmt.Sprintf("%s (%s)", terminal.Printable(address), walks[i].Outcome))
		}
	}
	if withPort {
		return fmt.Errorf("servers at the port of %s do not agree: %s", terminal.Quote(host), listed(found))
	}
	return fmt.Errorf("%s is served at several ports, which do not agree; give the port: %s", terminal.Quote(host), listed(found))
}
