package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// newOurs makes the witness of which the rule speaks. change makes it another
// than it should be, which tests do.
func newOurs(w *world, change ...func(*verifier.Config)) (witness, error) {
	c := verifier.Config{Audiences: []string{audience}, Now: func() time.Time { return w.now }}
	for _, account := range trusted() {
		set, err := keySet(w.keys[account])
		if err != nil {
			return witness{}, err
		}
		c.Issuers = append(c.Issuers, verifier.Issuer{URL: w.issuers[account], Accounts: []string{account}, Keys: set})
	}
	for _, how := range change {
		how(&c)
	}
	v, err := verifier.New(c)
	if err != nil {
		return witness{}, fmt.Errorf("making our verifier: %w", err)
	}
	return witness{"ours", func(ctx context.Context, token string) (reading, error) {
		result, err := v.Verify(ctx, token)
		if err != nil {
			return reading{}, err
		}
		t := result.Token
		return reading{t.Issuer, t.Subject, t.AccountID, t.Audience, t.IssuedAt, t.Expiry}, nil
	}}, nil
}

// keySet has the public keys under the IDs that devsts gives them.
func keySet(k keys) (verifier.KeySet, error) {
	var all []verifier.Key
	for id, public := range map[string]crypto.PublicKey{rsaKeyID: k.rsa.Public(), ecKeyID: k.ec.Public()} {
		key, err := verifier.NewKey(id, public)
		if err != nil {
			return nil, fmt.Errorf("making our key set: %w", err)
		}
		all = append(all, key)
	}
	set, err := verifier.NewStaticKeySet(all...)
	if err != nil {
		return nil, fmt.Errorf("making our key set: %w", err)
	}
	return set, nil
}

// reasonOf is our reason for a refusal; an error that is none of ours has its
// text as its reason, so that no list has it.
func reasonOf(err error) verifier.Reason {
	var refusal *verifier.Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return verifier.Reason(err.Error())
}
