package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// server is an HTTP server of this process on a free port of loopback.
type server struct {
	address string
	http    *http.Server
}

func startServer(handler http.Handler) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	s := &server{listener.Addr().String(), &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	go func() { _ = s.http.Serve(listener) }() // it ends when it is closed
	return s, nil
}

func (s *server) close() { _ = s.http.Close() }

// startUpstream starts what the gateway stands in front of.
func startUpstream() (*server, error) {
	return startServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n") // the gateway is gone; there is nobody to tell
	}))
}
