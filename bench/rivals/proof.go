package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// attempt is a token that a proxy is asked with before it is measured.
type attempt struct {
	name   string
	token  func(*keys, string) (string, error)
	passes bool
}

// attempts differ from the first, which passes, in one thing each.
var attempts = []attempt{
	{"a good token", changed(func(*claims) {}), true},
	{"a forged token", func(k *keys, alg string) (string, error) {
		token, err := k.sign(alg, goodClaims(0))
		return forge(token), err
	}, false},
	{"an expired token", changed(func(c *claims) { c.expires = time.Now().Add(-5 * time.Minute) }), false},
	{"a token for another audience", changed(func(c *claims) { c.audience = "https://billing.example.com" }), false},
	{"a token of another issuer", changed(func(c *claims) { c.issuer = strings.Replace(issuerURL, "0a1b", "1a1b", 1) }), false},
	{"no token", func(*keys, string) (string, error) { return "", nil }, false},
}

func changed(change func(*claims)) func(*keys, string) (string, error) {
	return func(k *keys, alg string) (string, error) {
		c := goodClaims(0)
		change(&c)
		return k.sign(alg, c)
	}
}

// prove asks a running proxy with each attempt, and says which came out wrong.
// A proxy that checks nothing lets everything pass.
func prove(ctx context.Context, p *proxy, k *keys, address string) (wrong []error) {
	for _, alg := range []string{es384, rs256} {
		for _, a := range attempts {
			token, err := a.token(k, alg)
			if err == nil {
				err = ask(ctx, p, address, token, a.passes)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %s of %s: %w", p.name, a.name, alg, err))
			}
		}
	}
	return wrong
}

// ask sends a request with the token and a forged identity header. Who passes
// must reach the upstream with the token's subject instead.
func ask(ctx context.Context, p *proxy, address, token string, passes bool) error {
	const forged = "arn:aws:iam::123456789012:role/forged"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/orders", http.NoBody)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	request.Header.Set(identityHeader, forged)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	defer response.Body.Close()
	seen, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	want := goodClaims(0).subject()
	if p.open {
		passes, want = true, forged
	}
	switch {
	case passes && response.StatusCode != http.StatusOK:
		return fmt.Errorf("it was refused with %d", response.StatusCode)
	case passes && string(seen) != want:
		return fmt.Errorf("the upstream saw %q", seen)
	case !passes && response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden:
		return fmt.Errorf("it was answered with %d", response.StatusCode)
	}
	return nil
}

// proveAll starts each proxy once for the proof. Those that cannot start, or
// let something pass, are not measured.
func (s *stage) proveAll(ctx context.Context, all []*proxy, say func(string, ...any)) (proven []*proxy, left map[string]string, err error) {
	left = make(map[string]string)
	for _, p := range all {
		r, address, err := s.startProxy(ctx, p)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			say("%s: %v", p.name, err)
			left[p.key] = "did not start"
			continue
		}
		wrong := prove(ctx, p, s.keys, address)
		if err := r.stop(); err != nil {
			return nil, nil, err
		}
		if len(wrong) > 0 {
			say("%v\n%s", errors.Join(wrong...), tail(r.log))
			left[p.key] = fmt.Sprintf("failed its proof: %v", wrong[0])
			continue
		}
		say("%s: a good token passes, and bad ones do not", p.name)
		proven = append(proven, p)
	}
	return proven, left, nil
}
