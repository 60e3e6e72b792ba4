package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// upstream stands behind the gateway. It answers with what it saw of a request,
// and remembers which requests it saw.
type upstream struct {
	address string
	server  *http.Server

	mu   sync.Mutex
	seen map[string]bool // by path
}

// The fields in which the upstream says what it saw.
const (
	sawAccount = "X-Saw-Account"
	sawSubject = "X-Saw-Subject"
	sawToken   = "X-Saw-Token"
	sawLength  = "X-Saw-Length"
)

func startUpstream() (*upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the upstream: %w", err)
	}
	u := &upstream{address: listener.Addr().String(), seen: make(map[string]bool)}
	u.server = &http.Server{Handler: u, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = u.server.Serve(listener) }() // it ends with close
	return u, nil
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.seen[r.URL.Path] = true
	u.mu.Unlock()
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		n = -1
	}
	w.Header().Set(sawAccount, r.Header.Get("X-Aws-Token-Account-Id"))
	w.Header().Set(sawSubject, r.Header.Get("X-Aws-Token-Sub"))
	w.Header().Set(sawToken, strconv.FormatBool(r.Header.Get("Authorization") != ""))
	w.Header().Set(sawLength, strconv.FormatInt(n, 10))
}

// saw says whether the request with the path has arrived, and forgets it.
func (u *upstream) saw(path string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen[path]
	delete(u.seen, path)
	return seen
}

func (u *upstream) close() error { return u.server.Close() }
