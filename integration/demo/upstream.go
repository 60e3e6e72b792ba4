package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// upstream stands for the API behind the gateway. It answers with the request
// that it received, so that curl shows what an API would read.
type upstream struct {
	address string
	server  *http.Server

	mu   sync.Mutex
	seen []*http.Request
}

// maxSeen is how many requests are kept until somebody asks for them.
const maxSeen = 16

func startUpstream() (*upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the upstream: %w", err)
	}
	u := &upstream{address: listener.Addr().String()}
	u.server = &http.Server{Handler: u, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = u.server.Serve(listener) }() // it ends with close
	return u, nil
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	if len(u.seen) < maxSeen {
		u.seen = append(u.seen, r.Clone(context.Background()))
	}
	u.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// Whoever has gone already is no fault.
	_, _ = io.WriteString(w, "The upstream received:\n\n"+strings.Join(requestLines(r), "\n")+"\n")
}

// take returns the requests that arrived since the last call.
func (u *upstream) take() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

func (u *upstream) close() error { return u.server.Close() }

// requestLines are a request's line and headers, sorted by name.
func requestLines(r *http.Request) []string {
	lines := []string{"Host: " + r.Host}
	for name, values := range r.Header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return slices.Insert(lines, 0, r.Method+" "+r.RequestURI+" "+r.Proto)
}
