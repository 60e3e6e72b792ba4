package policytest

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/net/http/httpguts"
)

// request is what a case asks, but for its credential.
type request struct {
	method, host, path, remoteIP string
	headers                      map[string]string // by canonical name
}

func defaultRequest() request {
	return request{method: http.MethodGet, host: "localhost", path: "/", remoteIP: "203.0.113.9"}
}

// request reads what differs from base.
func (r *reader) request(n *yaml.Node, base request) request {
	members := r.members(n, "request", "method", "host", "path", "remote_ip", "headers")
	if method, ok := members["method"]; ok {
		base.method = r.text(method, "request.method")
		if !httpguts.ValidHeaderFieldName(base.method) { // RFC 9110 has tokens for both
			r.fault(method.Line, "request.method: %s is no method", quoted(base.method))
		}
	}
	if host, ok := members["host"]; ok {
		base.host = r.text(host, "request.host")
		if base.host == "" || !httpguts.ValidHostHeader(base.host) {
			r.fault(host.Line, "request.host: %s is no host", quoted(base.host))
		}
	}
	if path, ok := members["path"]; ok {
		base.path = r.text(path, "request.path")
		if problem := targetProblem(base.path); problem != "" {
			r.fault(path.Line, "request.path: %s", problem)
		}
	}
	if ip, ok := members["remote_ip"]; ok {
		base.remoteIP = r.text(ip, "request.remote_ip")
		if _, err := netip.ParseAddr(base.remoteIP); err != nil {
			r.fault(ip.Line, "request.remote_ip: %s is no address", quoted(base.remoteIP))
		}
	}
	if headers, ok := members["headers"]; ok {
		base.headers = maps.Clone(base.headers)
		if base.headers == nil {
			base.headers = make(map[string]string)
		}
		for _, h := range r.headers(headers, "request.headers") {
			r.setHeader(base.headers, h)
		}
	}
	return base
}

func (r *reader) setHeader(headers map[string]string, h header) {
	switch h.name {
	case "Authorization":
		r.fault(h.line, `request.headers: a case has "authorization" for this field`)
	case "Host":
		r.fault(h.line, `request.headers: "request.host" is for this field`)
	}
	if h.absent {
		delete(headers, h.name)
	} else {
		headers[h.name] = h.value
	}
}

// targetProblem says why a server would not read the path of a request.
func targetProblem(path string) string {
	switch {
	case path == "*":
		return ""
	case !strings.HasPrefix(path, "/"):
		return "it does not begin with a slash"
	case strings.Contains(path, " "):
		return "it holds a space: write %20"
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		return "a server cannot read it: write it as it goes over the wire"
	}
	return ""
}

// header is a field of a request, or one that is wanted upstream.
type header struct {
	name   string // canonical
	value  string
	absent bool // it is null
	line   int
}

// headers reads fields. Their values are taken as they are written.
func (r *reader) headers(n *yaml.Node, where string) []header {
	var list []header
	first := make(map[string]int)
	for _, p := range r.pairs(n, where) {
		h := header{name: textproto.CanonicalMIMEHeaderKey(p.key), absent: isNull(p.value), line: p.value.Line}
		if !httpguts.ValidHeaderFieldName(p.key) {
			r.fault(p.line, "%s: %s is no field name", where, quoted(p.key))
		}
		if line, twice := first[h.name]; twice {
			r.fault(p.line, "%s: %s occurs twice, first in line %d", where, quoted(h.name), line)
		}
		first[h.name] = p.line
		if !h.absent {
			h.value = r.fieldValue(p.value, where+"."+p.key)
		}
		list = append(list, h)
	}
	return list
}

func (r *reader) fieldValue(n *yaml.Node, where string) string {
	value := r.text(n, where)
	if !httpguts.ValidHeaderFieldValue(value) {
		r.fault(n.Line, "%s: a field cannot hold control characters", where)
	}
	return value
}

// http is the request as a server reads it. authorization is nil for none.
func (q request) http(ctx context.Context, authorization *string) (*http.Request, error) {
	target, err := url.ParseRequestURI(q.path)
	if err != nil {
		return nil, err
	}
	fields := make(http.Header, len(q.headers)+1)
	for name, value := range q.headers {
		fields[name] = []string{value}
	}
	if authorization != nil {
		fields["Authorization"] = []string{*authorization}
	}
	r := &http.Request{
		Method: q.method, URL: target, RequestURI: q.path, Host: q.host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: fields, Body: http.NoBody,
		RemoteAddr: net.JoinHostPort(q.remoteIP, "40000"),
	}
	return r.WithContext(ctx), nil
}
