package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// audience is the API's name for itself. It is no URL, since version 1 of the
// AWS CLI would fetch a URL and send what it found there (cli_follow_urlparam).
const audience = "orders.internal"

// endpointVariable says where STS is.
const endpointVariable = "AWS_ENDPOINT_URL_STS"

// role is one that devsts has by default. The secrets are public.
type role struct{ name, account, keyID, secret string }

var roles = []role{
	{"orders-lambda", "111122223333", "DEVSTSORDERSLAMBDA", "devsts-secret-orders-lambda"},
	{"reports-batch", "111122223333", "DEVSTSREPORTSBATCH", "devsts-secret-reports-batch"},
	{"billing-ec2", "444455556666", "DEVSTSBILLINGEC2", "devsts-secret-billing-ec2"},
	{"stranger", "999988887777", "DEVSTSSTRANGER00", "devsts-secret-stranger"},
}

// roleNames names the roles, each with its account.
func roleNames() string {
	var names []string
	for _, r := range roles {
		names = append(names, r.name+" ("+r.account+")")
	}
	return list(names)
}

func roleOf(name string) (role, error) {
	for _, r := range roles {
		if r.name == name {
			return r, nil
		}
	}
	return role{}, fmt.Errorf("no role %q; there are %s", name, roleNames())
}

// token gets a token as a program on AWS does: the SDK is told everything by
// environment variables.
func (r role) token(ctx context.Context, endpoint, audience string) (string, error) {
	local := &stack.STS{BaseURL: endpoint}
	for name, value := range local.Environment(r.keyID, r.secret) {
		if err := os.Setenv(name, value); err != nil {
			return "", fmt.Errorf("getting a token for %s: %w", r.name, err)
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", fmt.Errorf("getting a token for %s: %w", r.name, err)
	}
	out, err := sts.NewFromConfig(cfg).GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience:         []string{audience},
		SigningAlgorithm: aws.String("ES384"),
	})
	if err != nil {
		return "", fmt.Errorf("getting a token for %s: %w", r.name, err)
	}
	return aws.ToString(out.WebIdentityToken), nil
}

// printToken is -token, for those without the AWS CLI.
func printToken(ctx context.Context, w io.Writer, name, audience string) error {
	r, err := roleOf(name)
	if err != nil {
		return err
	}
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		// The SDK would ask AWS, which does not know the role.
		return errors.New(endpointVariable + ` is not set; "make run" prints the line that sets it`)
	}
	token, err := r.token(ctx, endpoint, audience)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, token)
	return err
}

// list is "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
