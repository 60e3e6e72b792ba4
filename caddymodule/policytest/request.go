package policytest

import (
	"fmt"
	"maps"
	"net/http"
	"net/textproto"

	"go.yaml.in/yaml/v3"
	"golang.org/x/net/http/httpguts"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// request is what a case asks, but for its credential.
type request struct {
	method, path, remoteIP string
	host                   string            // "" is that of the gateway
	headers                map[string]string // by canonical name
}

func defaultRequest() request {
	return request{method: http.MethodGet, path: "/", remoteIP: "203.0.113.9"}
}

// request reads what differs from base.
func (r *reader) request(n *yaml.Node, base request) request {
	members := r.members(n, "request", "method", "host", "path", "remote_ip", "headers")
	for _, field := range []struct {
		key     string
		into    *string
		problem func(string) string
	}{
		{"method", &base.method, walk.MethodProblem}, {"host", &base.host, walk.HostProblem},
		{"path", &base.path, walk.PathProblem}, {"remote_ip", &base.remoteIP, walk.RemoteIPProblem},
	} {
		member, ok := members[field.key]
		if !ok {
			continue
		}
		where := "request." + field.key
		*field.into = r.text(member, where)
		if problem := field.problem(*field.into); problem != "" {
			r.fault(member.Line, "%s: %s", where, problem)
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
			r.fault(p.line, "%s: %s is no field name", where, terminal.Quote(p.key))
		}
		if line, twice := first[h.name]; twice {
			r.fault(p.line, "%s: %s occurs twice, first in line %d", where, terminal.Quote(h.name), line)
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

// question is the request, at the gateway's own host where no other is named.
func (q request) question(gateway Gateway) (walk.Question, error) {
	host := q.host
	if host == "" {
		var err error
		if host, err = gateway.Host(); err != nil {
			return walk.Question{}, fmt.Errorf("request.host: %w", err)
		}
	}
	fields := make(http.Header, len(q.headers)+1)
	for name, value := range q.headers {
		fields[name] = []string{value}
	}
	return walk.Question{Method: q.method, Host: host, Path: q.path, RemoteIP: q.remoteIP, Header: fields}, nil
}
