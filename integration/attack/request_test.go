package attack

import (
	"net/http"
	"slices"
)

// field is one line of a header or trailer, as it is sent.
type field struct{ name, value string }

// request is what a client sends. Its zero value is GET /orders.
type request struct {
	method  string
	target  string
	host    string  // default: the gateway's address
	fields  []field // in this order, Host aside
	body    string
	chunked bool // of unknown length; implied by trailers
	trailer []field

	// raw is what is sent over HTTP/1.1 instead of all this; HOST in it stands
	// for the gateway's address.
	raw string
}

func (r request) with(fields ...field) request {
	r.fields = append(slices.Clip(r.fields), fields...)
	return r
}

// to is the request with another target.
func (r request) to(target string) request {
	r.target = target
	return r
}

// call is a request that bears a token.
func call(token string, fields ...field) request {
	return request{fields: []field{{"Authorization", "Bearer " + token}}}.with(fields...)
}

func (r request) methodOr() string {
	if r.method == "" {
		return http.MethodGet
	}
	return r.method
}

func (r request) targetOr() string {
	if r.target == "" {
		return "/orders"
	}
	return r.target
}

// protocol is how a request travels.
type protocol string

const (
	h1    protocol = "h1"     // HTTP/1.1 in the clear
	h1TLS protocol = "h1-tls" // HTTP/1.1 over TLS
	h2c   protocol = "h2c"    // HTTP/2 in the clear, with prior knowledge (RFC 9113, section 3.3)
	h2    protocol = "h2"     // HTTP/2 over TLS, by ALPN
)

var (
	every   = []protocol{h1, h1TLS, h2c, h2}
	onlyH1  = []protocol{h1, h1TLS}
	onlyH2  = []protocol{h2c, h2}
	inClear = []protocol{h1}
)

func (p protocol) tls() bool { return p == h1TLS || p == h2 }

// answer is what came back.
type answer struct {
	status int // 0: the connection or stream ended without an answer
	header http.Header
	body   string
}
