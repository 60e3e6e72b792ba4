package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// callTimeout ends a run that a gateway does not answer.
const callTimeout = time.Minute

// caller is a client of one gateway.
type caller struct {
	url         string
	connections int
	http        *http.Client
}

func newCaller(g *gateway, connections int) *caller {
	return &caller{"http://" + g.Address + "/orders", connections, &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: callTimeout,
	}}
}

func (c *caller) close() { c.http.CloseIdleConnections() }

// call sends one request; "" is no token.
func (c *caller) call(ctx context.Context, token string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return 0, fmt.Errorf("calling the gateway: %w", err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, fmt.Errorf("calling the gateway: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, fmt.Errorf("calling the gateway: %w", err)
	}
	return response.StatusCode, nil
}

// record calls and notes what came of it.
func (c *caller) record(ctx context.Context, token string, into *answers) {
	began := time.Now()
	status, err := c.call(ctx, token)
	if ctx.Err() == nil {
		into.add(status, time.Since(began), err)
	}
}

// send sends a request with each token over the caller's connections, at most
// rate in a second; 0 is as fast as they go.
func (c *caller) send(ctx context.Context, tokens []string, rate int, into *answers) {
	var (
		next  atomic.Int64
		began = time.Now()
		group sync.WaitGroup
	)
	for range c.connections {
		group.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(tokens) {
					return
				}
				if rate > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
				}
				c.record(ctx, tokens[n], into)
			}
		})
	}
	group.Wait()
}

// knownRate is how many requests a known caller sends in a second.
const knownRate = 100

// steadily sends a token at knownRate until stop is closed. It does not wait for
// one answer before the next request: else it would send least when the gateway
// is slowest.
func (c *caller) steadily(ctx context.Context, token string, stop <-chan struct{}, into *answers) {
	var group sync.WaitGroup
	tick := time.NewTicker(time.Second / knownRate)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
		case <-stop:
		case <-tick.C:
			group.Go(func() { c.record(ctx, token, into) })
			continue
		}
		group.Wait()
		return
	}
}
