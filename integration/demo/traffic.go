package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// trafficPath is what the requests that go on by themselves ask for.
const trafficPath = "/traffic/"

const (
	trafficBurst = 24              // requests at once, so that the console is not empty
	trafficEvery = 2 * time.Second // between two from then on
)

// caller is one kind of request of the traffic.
type caller struct {
	role     string // whose token is sent; "" for none
	audience string // whom it is made out to
	forged   bool   // whether its tag is changed behind STS's back
	path     string
}

// callers are what most gateways see: mostly good requests, now and then a mistake.
var callers = []caller{
	{role: "orders-lambda", audience: audience, path: "orders/17"},
	{role: "orders-lambda", audience: audience, path: "orders/18"},
	{role: "reports-batch", audience: audience, path: "orders"},
	{role: "orders-lambda", audience: audience, path: "orders/19"},
	{path: "orders"},
	{role: "orders-lambda", audience: audience, path: "orders/20"},
	{role: "orders-lambda", audience: "billing.internal", path: "orders/21"},
	{role: "orders-lambda", audience: audience, path: "orders/22"},
	{role: "stranger", audience: audience, path: "orders"},
	{role: "orders-lambda", audience: audience, path: "orders/23"},
	{role: "reports-batch", audience: audience, forged: true, path: "orders"},
	{role: "orders-lambda", audience: audience, path: "orders/24"},
}

// traffic sends requests, one after the other, until ctx ends. What comes of them,
// the console shows.
func (s *stage) traffic(ctx context.Context) {
	tokens := make(map[caller]string) // sent again, as programs do, until it is time for another
	for n := 0; ctx.Err() == nil; n++ {
		c := callers[n%len(callers)]
		if n%(4*len(callers)) < len(callers) {
			delete(tokens, c)
		}
		_ = s.ask(ctx, c, tokens) // whatever came of it
		if n < trafficBurst {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(trafficEvery):
		}
	}
}

func (s *stage) ask(ctx context.Context, c caller, tokens map[caller]string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.gateway.Address+trafficPath+c.path, nil)
	if err != nil {
		return err
	}
	if c.role != "" {
		if tokens[c] == "" {
			if tokens[c], err = s.tokenOf(ctx, c); err != nil {
				return err
			}
		}
		r.Header.Set("Authorization", "Bearer "+tokens[c])
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close()
}

func (s *stage) tokenOf(ctx context.Context, c caller) (string, error) {
	if c.forged {
		return s.tokenFor(ctx, check{role: c.role, team: "orders"})
	}
	from, err := roleOf(c.role)
	if err != nil {
		return "", err
	}
	return from.token(ctx, s.sts.BaseURL, c.audience)
}

// lookAtConsole makes sure that the page is there.
func (s *stage) lookAtConsole(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.console+"/", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("looking at the console: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("looking at the console: it answers %s", response.Status)
	}
	return nil
}
