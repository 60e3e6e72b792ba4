package caddymodule

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Walk says what becomes of a request at the handlers that stand in its way. The
// request is used up. A zero time is that of the clock.
//
// Of several servers the one whose handlers are met counts: a configuration
// that listens on two ports for one host has the same rules behind both, or the
// host is to be given with its port.
func (r *rehearsal) Walk(ctx context.Context, request *http.Request, now time.Time) (*walk.Walk, error) {
	var unprotected *walk.Walk
	for _, server := range r.serving(request.Host) {
		w := &walking{offline: r.offline, now: now}
		status := server.answer(request.Clone(w.in(ctx)))
		hideCredential(w.result.Upstream)
		if len(w.result.Handlers) > 0 {
			return &w.result, nil
		}
		if status >= http.StatusBadRequest {
			return nil, fmt.Errorf("walking the request: Caddy itself answers %d to %s %s", status, request.Method, request.Host)
		}
		if unprotected == nil || w.result.Upstream != nil {
			unprotected = &w.result
		}
	}
	if unprotected == nil {
		return nil, fmt.Errorf("walking the request: no server listens on the port of %s", request.Host)
	}
	unprotected.Outcome, unprotected.Handlers = walk.Unprotected, []*walk.Handler{}
	if unprotected.Upstream == nil {
		unprotected.Upstream = request.Header
		hideCredential(unprotected.Upstream)
	}
	return unprotected, nil
}

// hideCredential keeps a token that the upstream would see out of what is
// written.
func hideCredential(header http.Header) {
	for i, value := range header["Authorization"] {
		scheme, _, found := strings.Cut(value, " ")
		if !found {
			scheme = ""
		}
		header["Authorization"][i] = strings.TrimSpace(scheme + " …")
	}
}

// serving are the servers that a host, with a port or without, may be at.
func (r *rehearsal) serving(host string) []rehearsed {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return r.servers
	}
	var serving []rehearsed
	for _, server := range r.servers {
		if server.listensOn(port) {
			serving = append(serving, server)
		}
	}
	return serving
}

func (s rehearsed) listensOn(port string) bool {
	return slices.ContainsFunc(s.server.Listen, func(address string) bool {
		parsed, err := caddy.ParseNetworkAddress(address)
		if err != nil {
			return false
		}
		for n := parsed.StartPort; n <= parsed.EndPort; n++ {
			if strconv.FormatUint(uint64(n), 10) == port {
				return true
			}
		}
		return false
	})
}

// answer has the server answer, and returns the status.
func (s rehearsed) answer(request *http.Request) (status int) {
	if !s.listensOn("80") {
		// As far as matchers can see.
		request.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: request.Host}
	}
	answer := &answerStatus{header: make(http.Header)}
	s.server.ServeHTTP(answer, request)
	return answer.status
}

// answerStatus is an http.ResponseWriter that keeps the status alone.
type answerStatus struct {
	header http.Header
	status int
}

func (a *answerStatus) Header() http.Header { return a.header }

func (a *answerStatus) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answerStatus) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(text), nil
}

// site returns the host that is asked about, when nobody says which: the only
// one that the configuration has.
func (r *rehearsal) site() (string, error) {
	var hosts []string
	for _, server := range r.servers {
		hosts = append(hosts, server.hosts...)
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	switch {
	case len(hosts) == 0:
		return "localhost", nil
	case len(hosts) == 1 && !strings.Contains(hosts[0], "*"):
		return hosts[0], nil
	}
	return "", fmt.Errorf("the configuration has several sites: say which by --site, one of %s", strings.Join(hosts, ", "))
}

// newRequest makes the request that is asked about.
func newRequest(ctx context.Context, method, host, target, remoteIP, token string) (*http.Request, error) {
	if !strings.HasPrefix(target, "/") {
		return nil, fmt.Errorf("the path %q does not begin with a slash", target)
	}
	if net.ParseIP(remoteIP) == nil {
		return nil, fmt.Errorf("%q is no IP address", remoteIP)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+host+target, nil)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.RequestURI = target
	request.RemoteAddr = net.JoinHostPort(remoteIP, "0")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, nil
}
