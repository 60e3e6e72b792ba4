package caddymodule

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// hosts are those that the sites of the servers name.
func hosts(servers []rehearsed) []string {
	var all []string
	for _, server := range servers {
		all = append(all, server.hosts...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Host implements [policytest.Gateway]: the host that is asked about when nobody
// says which is the only one that the configuration names.
func (r *rehearsal) Host() (string, error) {
	named := hosts(r.servers)
	switch {
	case len(named) == 0:
		return "localhost", nil
	case len(named) == 1 && !strings.ContainsAny(named[0], "*{"):
		return named[0], nil
	}
	return "", fmt.Errorf("which host is asked for is to be said: the configuration has %s", listed(named))
}

// serving are the servers that a host, with a port or without, may be at. That
// there is none is an error, and so is a host that none of their sites is for:
// nobody means that, and the request would seem to meet nothing.
func (r *rehearsal) serving(host string) ([]rehearsed, error) {
	serving := r.servers
	if _, port, err := net.SplitHostPort(host); err == nil {
		serving = slices.DeleteFunc(slices.Clone(serving), func(s rehearsed) bool { return !s.listensOn(port) })
	}
	if len(serving) == 0 {
		return nil, fmt.Errorf("no server of the configuration listens on the port of %s", terminal.Quote(host))
	}
	if !slices.ContainsFunc(serving, func(s rehearsed) bool { return s.isFor(host) }) {
		return nil, fmt.Errorf("no site of the configuration is %s; there are %s", terminal.Quote(host), listed(hosts(serving)))
	}
	return serving, nil
}

// isFor reports whether one of the server's sites is for the host, by Caddy's own
// matcher.
func (s rehearsed) isFor(host string) bool {
	return s.anyHost || s.names(host)
}

// names reports whether one of the server's sites names the host.
func (s rehearsed) names(host string) bool {
	request := &http.Request{Host: host}
	request = request.WithContext(context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewReplacer()))
	return slices.ContainsFunc(s.hosts, func(each string) bool {
		// One by one: of many hosts Caddy searches those that it has sorted.
		matched, err := caddyhttp.MatchHost{each}.MatchWithError(request)
		return err == nil && matched
	})
}

// sitesShown bounds how many sites an error lists.
const sitesShown = 20

func listed(hosts []string) string {
	if len(hosts) > sitesShown {
		return fmt.Sprintf("%s and %d more", strings.Join(hosts[:sitesShown], ", "), len(hosts)-sitesShown)
	}
	return strings.Join(hosts, ", ")
}
