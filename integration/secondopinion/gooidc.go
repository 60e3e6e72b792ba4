package main

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const goOIDC = "go-oidc"

// newGoOIDC makes go-oidc's verifiers, one for each issuer, found by discovery.
func newGoOIDC(ctx context.Context, w *world) (witness, error) {
	var each []witness
	for _, account := range trusted() {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, w.client), w.issuers[account])
		if err != nil {
			return witness{}, fmt.Errorf("making go-oidc's verifier: %w", err)
		}
		v := provider.Verifier(&oidc.Config{
			ClientID: audience, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES384},
			Now: func() time.Time { return w.now },
		})
		each = append(each, witness{goOIDC, func(ctx context.Context, token string) (reading, error) {
			return askGoOIDC(ctx, v, token)
		}})
	}
	return anyOf(goOIDC, each), nil
}

func askGoOIDC(ctx context.Context, v *oidc.IDTokenVerifier, token string) (reading, error) {
	t, err := v.Verify(ctx, token)
	if err != nil {
		return reading{}, err
	}
	var claims awsClaims
	if err := t.Claims(&claims); err != nil {
		return reading{}, err
	}
	return reading{t.Issuer, t.Subject, claims.AWS.Account, t.Audience, t.IssuedAt, t.Expiry}, nil
}

// awsClaims is how a program reads the account out of a token.
type awsClaims struct {
	AWS struct {
		Account string `json:"aws_account"`
	} `json:"https://sts.amazonaws.com/"`
}
