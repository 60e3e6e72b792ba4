package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Verifier verifies tokens. Make one with [New].
type Verifier struct {
	trust          *trust
	singleAudience bool
	leeway         time.Duration
	maxLifetime    time.Duration
	now            func() time.Time
	checks         *SignatureChecks
	cache          *cache
	lookups        *Lookups
	observe        func(time.Duration)
	signed         func(*awstoken.Token)
}

// Result is a token that was verified.
type Result struct {
	Token *awstoken.Token
	KeyID string // the key, at the token's issuer, that the signature fits

	// Cached says that the signature was checked when the token was sent before.
	// All else was checked anew.
	Cached bool
}

// Verify verifies a token in compact form. Of one that was verified before, and
// is remembered, everything but the signature and what it covers is checked
// again: that the issuer is trusted and has the key, times, audience, accounts.
// The result is shared and must not be changed. The error is an [*Error], unless ctx
// ended first, when it is the context's.
func (v *Verifier) Verify(ctx context.Context, token string) (*Result, error) {
	var sum digest
	if v.cache != nil && len(token) <= MaxTokenSize {
		sum = v.cache.sum(token)
		if known := v.lookUp(ctx, sum); known != nil {
			return known, nil
		}
	}
	if v.observe == nil {
		return v.verify(ctx, &attempt{v: v, token: token, digest: sum})
	}
	defer v.observed(v.now())
	return v.verify(ctx, &attempt{v: v, token: token, digest: sum})
}

// verify makes all checks of a token that is not known.
func (v *Verifier) verify(ctx context.Context, a *attempt) (*Result, error) {
	for _, s := range steps {
		if err := s.check(ctx, a); err != nil {
			a.tellSigned(err)
			return nil, a.describe(err)
		}
	}
	a.from.prove()
	a.tellSigned(nil)
	v.remember(a.digest, a)
	return &Result{Token: a.decoded, KeyID: a.compact.keyID}, nil
}

// keyError tells what is the token's fault from what is ours.
func keyError(ctx context.Context, err error, from *issuer, c *compact) error {
	var unavailable *KeysUnavailableError
	switch {
	case errors.Is(err, ErrUnknownKey):
		refusal := refuse(UnknownKey, "the issuer has no key %s; %s", quote(c.keyID), from.whereKeysComeFrom())
		refusal.Err = err
		return refusal
	case ctx.Err() != nil:
		return fmt.Errorf("waiting for keys: %w", ctx.Err())
	}
	refusal := refuse(KeysUnavailable, "the keys of %s cannot be had: %v", from.URL, err)
	refusal.Err, refusal.RetryAfter = err, time.Second
	if errors.As(err, &unavailable) {
		refusal.RetryAfter = max(unavailable.RetryAfter, time.Second)
	}
	return refusal
}

func decode(payload map[string]any) (*awstoken.Token, error) {
	decoded, err := awstoken.DecodeObject(payload)
	if err == nil {
		return decoded, nil
	}
	reason := InvalidClaims
	if syntax := (*awstoken.SyntaxError)(nil); errors.As(err, &syntax) {
		reason = MalformedToken
	}
	refusal := refuse(reason, "%v", err)
	refusal.Err = err
	return nil, refusal
}
