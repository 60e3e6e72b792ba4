package main

import (
	"io"
	"net"
	"net/http"
	"testing"
)

// The upstream answers net/http's client, on a connection that stays, with the
// header that it saw.
func TestUpstream(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go serveUpstream(listener)
	t.Cleanup(func() { listener.Close() })
	for _, want := range []string{"somebody", "", "somebody else"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			request.Header.Set(identityHeader, want)
		}
		request.Header.Set("X-Other", "nobody")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("got %d %q, %v, want %q", response.StatusCode, body, err, want)
		}
	}
}
