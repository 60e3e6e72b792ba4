package walk

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Question is a request that is asked about.
type Question struct {
	Method   string // in upper case, such as GET
	Host     string // with a port or without
	Path     string // as it is on the wire; a query may follow
	RemoteIP string // the client's address

	Header http.Header // besides Host and what follows from the token
}

// MethodProblem says what is wrong with a method, and what to write; "" is
// nothing.
func MethodProblem(method string) string {
	switch {
	case method == "":
		return "it is empty: write a method, such as GET"
	case !httpguts.ValidHeaderFieldName(method): // RFC 9110 has tokens for both
		return terminal.Quote(method) + " is no method"
	case method != strings.ToUpper(method):
		// RFC 9110, section 9.1: get is another method than GET, and nobody's.
		return fmt.Sprintf("%s is not in upper case: write %s", terminal.Quote(method), strings.ToUpper(method))
	}
	return ""
}

// HostProblem says what is wrong with a host, and what to write; "" is nothing.
func HostProblem(host string) string {
	bare := host
	if _, after, found := strings.Cut(host, "://"); found {
		bare = after
	}
	bare, _, path := strings.Cut(bare, "/")
	switch {
	case host == "":
		return "it is empty: write a host, such as orders.example.com"
	case bare == "" || !httpguts.ValidHostHeader(bare):
		return terminal.Quote(host) + " is no host"
	case bare != host && path:
		return fmt.Sprintf("%s is more than a host: write %s, and the path by itself", terminal.Quote(host), terminal.Printable(bare))
	case bare != host:
		return fmt.Sprintf("%s is more than a host: write %s", terminal.Quote(host), terminal.Printable(bare))
	}
	return ""
}

// PathProblem says why a server would not read the path of a request; "" is
// nothing.
func PathProblem(path string) string {
	switch {
	case path == "*": // of OPTIONS
		return ""
	case path == "":
		return "it is empty: write a path, such as /"
	case !strings.HasPrefix(path, "/"):
		return terminal.Quote(path) + " does not begin with a slash"
	case strings.Contains(path, " "):
		return terminal.Quote(path) + " holds a space: write %20"
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		return "a server cannot read " + terminal.Quote(path) + ": write it as it goes over the wire"
	}
	return ""
}

// RemoteIPProblem says what is wrong with a client's address; "" is nothing.
func RemoteIPProblem(ip string) string {
	if _, err := netip.ParseAddr(ip); err != nil {
		return terminal.Quote(ip) + " is no IP address"
	}
	return ""
}

// tokenKey leads to the token of [Question.WithToken].
type tokenKey struct{}

// WithToken is as HTTP with a token in Bearer, which is not what is asked about:
// who reads [TokenOf] may send it in the form that the gateway takes.
func (q Question) WithToken(ctx context.Context, token string) (*http.Request, error) {
	field := "Bearer " + token
	return q.HTTP(context.WithValue(ctx, tokenKey{}, token), &field)
}

// TokenOf returns the token of a request that WithToken made, or "".
func TokenOf(r *http.Request) string {
	token, _ := r.Context().Value(tokenKey{}).(string)
	return token
}

// HTTP is the request as a server reads it. Authorization is the field's value,
// or nil for none. The error is that of a path that cannot be read: the Problem
// functions say more, and are to be asked before.
func (q Question) HTTP(ctx context.Context, authorization *string) (*http.Request, error) {
	target, err := url.ParseRequestURI(q.Path)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	fields := maps.Clone(q.Header)
	if fields == nil {
		fields = make(http.Header)
	}
	if authorization != nil {
		fields["Authorization"] = []string{*authorization}
	}
	r := &http.Request{
		Method: q.Method, URL: target, RequestURI: q.Path, Host: q.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: fields, Body: http.NoBody,
		RemoteAddr: net.JoinHostPort(q.RemoteIP, "40000"),
	}
	return r.WithContext(ctx), nil
}
