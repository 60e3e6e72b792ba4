package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// logWithin is how long the gateway's log line may take after the answer.
const logWithin = 5 * time.Second

// client keeps no connection and adds no header, so that each request stands
// for itself.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	Timeout:   10 * time.Second,
}

// checkAll runs the checks and returns the titles of those that failed. It
// ends early with ctx.
func (s *stage) checkAll(ctx context.Context, p *printer) (failed []string) {
	for i, c := range checks {
		p.heading(fmt.Sprintf("%d. %s", i+1, c.title))
		faults, err := s.check(ctx, p, c)
		if ctx.Err() != nil {
			return failed
		}
		if err != nil {
			faults = append(faults, err.Error())
		}
		p.verdict(c, faults)
		if len(faults) > 0 {
			failed = append(failed, c.title)
		}
	}
	return failed
}

// check sends a request, shows what came of it and returns what is wrong.
func (s *stage) check(ctx context.Context, p *printer, c check) ([]string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.gateway.Address+"/orders", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "demo")
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	if c.role != "" {
		token, err := s.tokenFor(ctx, c)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if err := p.request(c, r); err != nil {
		return nil, err
	}
	got, err := s.send(ctx, r)
	if err != nil {
		return nil, err
	}
	p.outcome(got)
	return c.want.judge(got), nil
}

func (s *stage) tokenFor(ctx context.Context, c check) (string, error) {
	caller, err := roleOf(c.role)
	if err != nil {
		return "", err
	}
	token, err := caller.token(ctx, s.sts.BaseURL, audience)
	if err != nil || c.team == "" {
		return token, err
	}
	return forge(token, "team", c.team)
}

// send sends a request and gathers what is known of it afterwards.
func (s *stage) send(ctx context.Context, r *http.Request) (outcome, error) {
	_, logged := s.gateway.DecisionsFrom(0)
	s.upstream.take()
	began := time.Now()
	response, err := client.Do(r)
	if err != nil {
		return outcome{}, fmt.Errorf("sending the request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return outcome{}, fmt.Errorf("reading the answer: %w", err)
	}
	return outcome{
		status: response.Status, code: response.StatusCode, took: time.Since(began),
		challenge: response.Header.Values("WWW-Authenticate"),
		decisions: awaitDecisions(ctx, s.gateway, logged),
		arrived:   s.upstream.take(),
	}, nil
}

// awaitDecisions waits for a decision in the log from a line on: the answer
// may be here before the log line is.
func awaitDecisions(ctx context.Context, gateway *stack.Gateway, line int) []stack.Decision {
	deadline := time.Now().Add(logWithin)
	for {
		decisions, _ := gateway.DecisionsFrom(line)
		if len(decisions) > 0 || ctx.Err() != nil || time.Now().After(deadline) {
			return decisions
		}
		time.Sleep(5 * time.Millisecond)
	}
}
