package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const goJOSE = "go-jose"

// newGoJOSE makes a witness of go-jose's own JWTs, with the issuers' key sets.
func newGoJOSE(ctx context.Context, w *world) (witness, error) {
	var each []witness
	for _, account := range trusted() {
		set, err := fetchKeys(ctx, w.client, w.issuers[account]+"/.well-known/jwks.json")
		if err != nil {
			return witness{}, err
		}
		expected := jwt.Expected{Issuer: w.issuers[account], AnyAudience: jwt.Audience{audience}, Time: w.now}
		each = append(each, witness{goJOSE, func(_ context.Context, token string) (reading, error) {
			return askGoJOSE(set, expected, token)
		}})
	}
	return anyOf(goJOSE, each), nil
}

func fetchKeys(ctx context.Context, client *http.Client, url string) (*jose.JSONWebKeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching keys: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetching keys: %w", err)
	}
	defer answer.Body.Close()
	set := new(jose.JSONWebKeySet)
	if err := json.NewDecoder(answer.Body).Decode(set); err != nil {
		return nil, fmt.Errorf("fetching keys: %w", err)
	}
	return set, nil
}

func askGoJOSE(set *jose.JSONWebKeySet, expected jwt.Expected, token string) (reading, error) {
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES384})
	if err != nil {
		return reading{}, err
	}
	var claims jwt.Claims
	var aws awsClaims
	if err := t.Claims(set, &claims, &aws); err != nil {
		return reading{}, err
	}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		return reading{}, err
	}
	return reading{
		claims.Issuer, claims.Subject, aws.AWS.Account, claims.Audience, claims.IssuedAt.Time(), claims.Expiry.Time(),
	}, nil
}
