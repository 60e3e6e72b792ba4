package identity

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// How a request's body comes to its end.
const (
	endByRead = iota
	endByClose
	endByReadThenClose
	endByReadUnderTwoHandlers
	ends
)

// What follows a chunked body is read by net/http's own reader of requests, the
// one of its server. No managed name is left of it, and nothing else is lost.
func FuzzTrailers(f *testing.F) {
	for i, seed := range [][2]string{
		{"X-Sum", "X-Sum: 1\r\n\r\n"}, {"X-Sum, X-Aws-Token-Sub", "X-Sum: 1\r\nX-Aws-Token-Sub: a\r\n\r\n"}, {"x_team", "x_team: a\r\nX.TEAM: b\r\n\r\n"},
		{"X-Sum", "X-Aws-Token-Sub: a\r\nx-aws-token-sub: b\r\nX-TEAM:\r\n\r\n"}, {"X-Also,X-Sum", "X-Sum:a\r\n b\r\nX_Also: c\r\n\r\n"}, {"", "X-Sum: 1\r\n\r\n"},
		{"Authorization", "Authorization: Bearer a\r\nX-Sum: 1\r\n\r\n"}, {"X-Sum\r\nTrailer: X-Team", "X-Team: a\n\n"}, {"X-Sum\r\n\r\n3\r\nabc\r\n0", "X-Team: a"}, {"Content-Length", "\r\n"},
	} {
		f.Add(seed[0], seed[1], byte(i))
	}
	h := fuzzHeaders(f)
	f.Fuzz(func(t *testing.T, announced, trailers string, end byte) {
		raw := fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: %s\r\n\r\n5\r\nhello\r\n0\r\n%s", announced, trailers)
		open, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		stripped, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		h.Strip(stripped, also)
		if end%ends == endByReadUnderTwoHandlers {
			open, stripped = open.WithContext(open.Context()), stripped.WithContext(stripped.Context())
			new(Headers).Strip(stripped)
		}
		wanted, wantedErr := finish(open, end%ends)
		body, bodyErr := finish(stripped, end%ends)
		if body != wanted || fmt.Sprint(bodyErr) != fmt.Sprint(wantedErr) {
			t.Errorf("%q: the body is %q (%v), want %q (%v)", raw, body, bodyErr, wanted, wantedErr)
		}
		maps.DeleteFunc(open.Trailer, func(name string, _ []string) bool { return keptByOracle(name) })
		if len(open.Trailer)+len(stripped.Trailer) > 0 && !reflect.DeepEqual(stripped.Trailer, open.Trailer) {
			t.Errorf("%q: the trailers are %q, want %q", raw, stripped.Trailer, open.Trailer)
		}
	})
}

// finish returns what a handler that ends the body so has read of it.
func finish(r *http.Request, end byte) (body string, err error) {
	switch end {
	case endByClose:
		return "", r.Body.Close()
	case endByReadThenClose:
		text := make([]byte, 2)
		n, _ := io.ReadFull(r.Body, text)
		return string(text[:n]), r.Body.Close()
	}
	text, err := io.ReadAll(r.Body)
	return string(text), err
}

// What a proxy writes for a stripped request names nothing that is managed, in
// its header, its lists and behind its body.
func FuzzForwarded(f *testing.F) {
	for _, seed := range [][2]string{
		{"X-Team: a\r\nTrailer: X-Sum\r\n", "X-Sum: 1\r\nX-Team: b\r\n\r\n"}, {"x_aws_token_sub: a\r\nConnection: X-Aws-Token-Sub, close\r\n", "\r\n"},
		{"Trailer: X-Sum,x_also\r\nTrailer: X-Team\r\n", "x_also: b\r\nX-Sum: 2\r\n\r\n"}, {"X-Aws-Token-Jti: a\r\n b\r\nExpect: 100-continue\r\nTE: trailers\r\n", "\r\n"},
	} {
		f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + seed[0] + "\r\n5\r\nhello\r\n0\r\n" + seed[1]))
	}
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\nx_team: a\r\nX.Aws.Token.Sub: b\r\n\r\n"))
	f.Add([]byte("PUT / HTTP/1.0\r\nContent-Length: 1\r\nTrailer: X-Team\r\nX-TEAM: a\r\n\r\na"))
	h := fuzzHeaders(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil || strings.ContainsAny(r.Host, "\r\n ") {
			return
		}
		h.Strip(r, also)
		r.URL = &url.URL{Scheme: "http", Host: "upstream", Path: "/"}
		var written bytes.Buffer
		if err := r.Write(&written); err != nil {
			return
		}
		out, err := http.ReadRequest(bufio.NewReader(&written))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", raw, written.String(), err)
		}
		_, err = io.ReadAll(out.Body)
		for name, values := range out.Header {
			if oursByOracle(name) || isListByOracle(name) && slices.ContainsFunc(elements(values), keptByOracle) {
				t.Errorf("%q: the upstream sees %q: %q (%v)", raw, name, values, err)
			}
		}
		for name, values := range out.Trailer {
			if keptByOracle(name) {
				t.Errorf("%q: the upstream sees the trailer %q: %q", raw, name, values)
			}
		}
	})
}
