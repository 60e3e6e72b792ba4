// Package awscli has a test's own program be the AWS CLI, as far as the pages of the
// documentation call it: STS by the real SDK, IAM as far as its arguments go. It is
// for tests alone, where the CLI itself is too large to install.
package awscli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// asCLI in the environment has the program be the CLI.
const asCLI = "STACK_AS_AWS_CLI"

// Main is for the beginning of a TestMain: where the program was started as the CLI,
// it does what that was asked, and ends.
func Main() {
	if os.Getenv(asCLI) == "" {
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(254) // as the CLI when AWS refuses
	}
	os.Exit(0)
}

// Install puts the program into a directory under the CLI's name.
func Install(t *testing.T, directory string) {
	t.Helper()
	self, err := os.Executable()
	stacktest.Must(t, err)
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asCLI, self)
	stacktest.Must(t, os.WriteFile(filepath.Join(directory, "aws"), []byte(script), 0o700))
}

// commands are those that the pages show, each with its parameters.
var commands = map[string][]string{
	"sts get-web-identity-token":          {"audience", "signing-algorithm", "duration-seconds", "query", "output"},
	"sts assume-role-with-web-identity":   {"role-arn", "role-session-name", "web-identity-token"},
	"iam create-open-id-connect-provider": {"url", "client-id-list"},
	"iam create-role":                     {"role-name", "assume-role-policy-document"},
}

// defaults are of the parameters that are not needed.
var defaults = map[string]string{"duration-seconds": "300"}

func run(args []string) error {
	name := strings.Join(args[:min(2, len(args))], " ")
	names, known := commands[name]
	if !known {
		return fmt.Errorf("%q is no command that the pages show", name)
	}
	given, err := parameters(names, args[2:])
	if err != nil {
		return err
	}
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	switch client := sts.NewFromConfig(cfg); name {
	case "sts get-web-identity-token":
		return printToken(ctx, client, given)
	case "sts assume-role-with-web-identity":
		return printCredentials(ctx, client, given)
	case "iam create-role":
		return json.Unmarshal([]byte(given["assume-role-policy-document"]), new(map[string]any))
	}
	return nil
}

// parameters reads the values, a file's content where the CLI would.
func parameters(names, args []string) (map[string]string, error) {
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	for _, name := range names {
		flags.String(name, defaults[name], "")
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown options: %s", strings.Join(flags.Args(), ", "))
	}
	given := make(map[string]string)
	for _, name := range names {
		value := flags.Lookup(name).Value.String()
		if value == "" {
			return nil, fmt.Errorf("--%s is missing", name)
		}
		if path, isFile := strings.CutPrefix(value, "file://"); isFile {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			value = string(content)
		}
		given[name] = value
	}
	return given, nil
}

func printToken(ctx context.Context, client *sts.Client, given map[string]string) error {
	if given["query"] != "WebIdentityToken" || given["output"] != "text" {
		return errors.New("the token alone is wanted")
	}
	seconds, err := strconv.ParseInt(given["duration-seconds"], 10, 32)
	if err != nil {
		return err
	}
	got, err := client.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience: []string{given["audience"]}, SigningAlgorithm: aws.String(given["signing-algorithm"]), DurationSeconds: aws.Int32(int32(seconds)),
	})
	if err != nil {
		return err
	}
	fmt.Println(*got.WebIdentityToken)
	return nil
}

func printCredentials(ctx context.Context, client *sts.Client, given map[string]string) error {
	got, err := client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(given["role-arn"]), RoleSessionName: aws.String(given["role-session-name"]),
		WebIdentityToken: aws.String(given["web-identity-token"]),
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}
