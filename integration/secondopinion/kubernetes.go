package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

const kubernetes = "kubernetes"

const (
	userPrefix   = "aws:"
	accountExtra = "sts.amazonaws.com/account"
)

// newKubernetes makes Kubernetes' authenticators, one for each issuer, found by
// discovery, and waits until they are ready.
func newKubernetes(ctx context.Context, w *world) (witness, error) {
	var each []witness
	for _, account := range trusted() {
		authenticator, err := oidc.New(ctx, oidc.Options{
			JWTAuthenticator:     structuredAuthentication(w.issuers[account], account),
			SupportedSigningAlgs: []string{"RS256", "ES384"},
			Client:               w.client,
		})
		if err != nil {
			return witness{}, fmt.Errorf("making Kubernetes' authenticator: %w", err)
		}
		if err := awaitHealth(ctx, authenticator); err != nil {
			return witness{}, err
		}
		each = append(each, witness{kubernetes, func(ctx context.Context, token string) (reading, error) {
			return askKubernetes(ctx, authenticator, token)
		}})
	}
	return anyOf(kubernetes, each), nil
}

// structuredAuthentication is an entry of jwt in an AuthenticationConfiguration.
func structuredAuthentication(issuer, account string) apiserver.JWTAuthenticator {
	prefix := userPrefix
	const aws = `claims["https://sts.amazonaws.com/"].aws_account`
	return apiserver.JWTAuthenticator{
		Issuer: apiserver.Issuer{URL: issuer, Audiences: []string{audience}},
		ClaimValidationRules: []apiserver.ClaimValidationRule{
			{Expression: aws + ` == "` + account + `"`, Message: "another account"},
			{Expression: `claims.sub.matches("(?s)^arn:[^:]+:(iam|sts)::` + account + `:.+$")`, Message: "no principal of the account"},
			{Expression: `claims.exp - claims.iat <= 3600.0`, Message: "it lives for too long"},
		},
		ClaimMappings: apiserver.ClaimMappings{
			Username: apiserver.PrefixedClaimOrExpression{Claim: "sub", Prefix: &prefix},
			Extra:    []apiserver.ExtraMapping{{Key: accountExtra, ValueExpression: aws}},
		},
	}
}

// readyWithin is how long an authenticator may take for discovery.
const readyWithin = 30 * time.Second

func awaitHealth(ctx context.Context, a oidc.AuthenticatorTokenWithHealthCheck) error {
	deadline := time.Now().Add(readyWithin)
	for {
		err := a.HealthCheck()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("waiting for Kubernetes' authenticator: %w", errors.Join(err, ctx.Err()))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// errNotItsToken says that an authenticator leaves a token to others.
var errNotItsToken = errors.New("the token is none of this issuer's")

func askKubernetes(ctx context.Context, a oidc.AuthenticatorTokenWithHealthCheck, token string) (reading, error) {
	response, ok, err := a.AuthenticateToken(ctx, token)
	if err != nil {
		return reading{}, err
	}
	if !ok {
		return reading{}, errNotItsToken
	}
	// It tells who the caller is, and no more.
	read := reading{subject: strings.TrimPrefix(response.User.GetName(), userPrefix)}
	if account := response.User.GetExtra()[accountExtra]; len(account) == 1 {
		read.account = account[0]
	}
	return read, nil
}
