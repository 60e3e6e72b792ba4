package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	checks         *signatureChecks
}

// Result is a token that was verified.
type Result struct {
	Token *awstoken.Token
	KeyID string // the key, at the token's issuer, that the signature fits
}

// Verify verifies a token in compact form. The error is an [*Error], unless ctx
// ended first, when it is the context's.
func (v *Verifier) Verify(ctx context.Context, token string) (*Result, error) {
	c, refusal := parseCompact(token)
	if refusal != nil {
		return nil, refusal
	}
	claimed, refusal := peek(c)
	if refusal != nil {
		return nil, refusal
	}
	result, err := v.verify(ctx, token, c, claimed)
	if errors.As(err, &refusal) {
		// A copy, since requests that share a signature check share its error.
		described := *refusal
		described.Claimed = claimed.Claimed
		return nil, &described
	}
	return result, err
}

func (v *Verifier) verify(ctx context.Context, token string, c *compact, claimed *unverified) (*Result, error) {
	from := v.trust.find(claimed.Issuer)
	if from == nil {
		return nil, refuse(UnknownIssuer, "issuer %s is not trusted here; issuers are compared byte for byte", quote(claimed.Issuer))
	}
	if !slices.Contains(from.Algorithms, c.algorithm) {
		return nil, refuse(AlgorithmNotAllowed, "algorithm %s is not one of %v", c.algorithm, from.Algorithms)
	}
	// What is hopeless by its own word is not worth a key or a signature check.
	if refusal := v.hopeless(from, claimed); refusal != nil {
		return nil, refusal
	}
	key, err := from.Keys.Key(ctx, c.keyID)
	if err != nil {
		return nil, keyError(ctx, err, from, c)
	}
	if key.algorithm != c.algorithm {
		return nil, refuse(UnknownKey, "the issuer's key %s is for %s, the token says %s", quote(c.keyID), key.algorithm, c.algorithm)
	}
	if err := v.checks.verify(ctx, token, c, key); err != nil {
		return nil, err
	}
	decoded, err := decode(c.payload)
	if err != nil {
		return nil, err
	}
	if err := v.checkClaims(from, decoded); err != nil {
		return nil, err
	}
	from.prove()
	return &Result{Token: decoded, KeyID: c.keyID}, nil
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

func decode(payload []byte) (*awstoken.Token, error) {
	decoded, err := awstoken.Decode(payload)
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
