package upstreams

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// asAWS in the environment has this test's program be the AWS CLI, as far as the
// page calls it: STS by the real SDK, IAM as far as its arguments go.
const asAWS = "UPSTREAMS_AS_AWS"

// installAWS puts it into a directory under the CLI's name.
func installAWS(t *testing.T, directory string) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asAWS, self)
	must(t, os.WriteFile(filepath.Join(directory, "aws"), []byte(script), 0o700))
}

func awsCommand(args []string) int {
	if err := runAWS(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 254 // as the CLI when AWS refuses
	}
	return 0
}

func runAWS(args []string) error {
	if len(args) < 2 {
		return errors.New("no command")
	}
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	text := make(map[string]*string)
	for _, name := range map[string][]string{
		"sts get-web-identity-token":          {"audience", "signing-algorithm", "query", "output"},
		"sts assume-role-with-web-identity":   {"role-arn", "role-session-name", "web-identity-token"},
		"iam create-open-id-connect-provider": {"url", "client-id-list"},
		"iam create-role":                     {"role-name", "assume-role-policy-document"},
	}[args[0]+" "+args[1]] {
		text[name] = flags.String(name, "", "")
	}
	seconds := flags.Int("duration-seconds", 300, "")
	if err := flags.Parse(args[2:]); err != nil {
		return err
	}
	for name, value := range text {
		if *value == "" {
			return fmt.Errorf("--%s is missing", name)
		}
		path, isFile := strings.CutPrefix(*value, "file://")
		if !isFile {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		*value = string(content)
	}
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	switch client := sts.NewFromConfig(cfg); args[1] {
	case "get-web-identity-token":
		got, err := client.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
			Audience: []string{*text["audience"]}, SigningAlgorithm: text["signing-algorithm"], DurationSeconds: aws.Int32(int32(*seconds)),
		})
		if err != nil {
			return err
		}
		fmt.Println(*got.WebIdentityToken)
	case "assume-role-with-web-identity":
		got, err := client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: text["role-arn"], RoleSessionName: text["role-session-name"], WebIdentityToken: text["web-identity-token"],
		})
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(got)
	case "create-role":
		return json.Unmarshal([]byte(*text["assume-role-policy-document"]), new(map[string]any))
	case "create-open-id-connect-provider":
	default:
		return errors.New("the command is none that the page shows")
	}
	return nil
}
