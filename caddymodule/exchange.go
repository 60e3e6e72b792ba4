package caddymodule

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
)

// Exchange trades a token of AWS for a JWT of the issuer, for callers that need one
// for somebody else than the upstreams of this gateway (RFC 8693).
type Exchange struct {
	// Whom to trust and who may have a JWT: the settings of an aws_jwt. Those that
	// are about an upstream have no place here. Required.
	Handler *Handler `json:"aws_jwt,omitempty"`

	// The audiences that a caller may ask for, one at a time. Required.
	Audiences []string `json:"audiences,omitempty"`

	// The template of sub, as in assertion. Default: the caller's ARN.
	Subject string `json:"subject,omitempty"`

	// The attributes that stand in it under aws_token. Default: none.
	Claims []string `json:"claims,omitempty"`

	// How long it lives, 5s to 1h and never longer than the token. Default: 60s.
	TTL *caddy.Duration `json:"ttl,omitempty"`

	// How it is signed: ES256 or RS256. Default: the first of the issuer's.
	Algorithm signing.Algorithm `json:"algorithm,omitempty"`

	issuer    *Publisher
	assertion *identity.Assertion
}

// provision returns how long what is traded lives, or 0.
func (e *Exchange) provision(ctx caddy.Context, p *Publisher, found *faults) time.Duration {
	if e == nil {
		return 0
	}
	e.issuer = p
	if e.Algorithm == "" && len(p.Algorithms) > 0 {
		e.Algorithm = p.Algorithms[0]
	}
	if err := e.Algorithm.Check(); err != nil {
		found.add(fmt.Errorf("exchange.algorithm: %w", err))
	}
	if e.Handler == nil {
		found.add(errors.New("exchange.aws_jwt: it is missing; write an aws_jwt block that says whom to trust"))
	} else {
		e.provisionHandler(ctx, found)
	}
	var err error
	e.assertion, err = identity.NewAssertion(identity.AssertionConfig{
		Issuer: p.URL, Audiences: e.Audiences, Subject: e.Subject, Claims: e.Claims, TTL: found.positive("exchange.ttl", e.TTL),
	})
	if err != nil {
		found.addIn("exchange", err)
		return 0
	}
	return e.assertion.TTL()
}

func (e *Exchange) provisionHandler(ctx caddy.Context, found *faults) {
	h := e.Handler
	found.misplaced("exchange.aws_jwt", "it is about requests that go on to an upstream, and here is none",
		setting{"optional", h.Optional}, setting{"headers", h.Headers != nil}, setting{"default_headers", h.DefaultHeaders != nil},
		setting{"assertion", h.Assertion != nil}, setting{"forward_token", h.ForwardToken}, setting{"allow_upgrade", h.AllowUpgrade != nil},
		setting{"max_stream", h.MaxStream != nil}, setting{"firewall_only", h.FirewallOnly})
	found.misplaced("exchange.aws_jwt", "it is about the Authorization field, and here the token stands in a form", setting{"token_sources", h.TokenSources != nil})
	found.misplaced("exchange.aws_jwt", "it stands in challenges, and a token endpoint sends none", setting{"realm", h.Realm != ""})
	found.add(h.Provision(ctx))
}

func (e *Exchange) cleanup() error {
	if e == nil || e.Handler == nil {
		return nil
	}
	return e.Handler.Cleanup()
}
