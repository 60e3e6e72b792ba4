package basic

import (
	"context"
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

// asAWS in the environment has this test's program be the one command of the AWS
// CLI that the page's helpers call, by the real SDK.
const asAWS = "BASIC_AS_AWS"

// installAWS puts it into a directory under the CLI's name.
func installAWS(t *testing.T, directory string) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asAWS, self)
	must(t, os.WriteFile(filepath.Join(directory, "aws"), []byte(script), 0o700))
}

func awsCommand(args []string) int {
	token, err := webIdentityToken(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 254 // as the CLI when AWS refuses
	}
	fmt.Println(token)
	return 0
}

func webIdentityToken(args []string) (string, error) {
	if len(args) < 2 || strings.Join(args[:2], " ") != "sts get-web-identity-token" {
		return "", errors.New("the command is none that the helpers call")
	}
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	audience, algorithm := flags.String("audience", "", ""), flags.String("signing-algorithm", "", "")
	query, output := flags.String("query", "", ""), flags.String("output", "", "")
	seconds := flags.Int("duration-seconds", 0, "")
	if err := flags.Parse(args[2:]); err != nil {
		return "", err
	}
	if *query != "WebIdentityToken" || *output != "text" {
		return "", errors.New("the token alone is wanted")
	}
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return "", err
	}
	got, err := sts.NewFromConfig(cfg).GetWebIdentityToken(context.Background(), &sts.GetWebIdentityTokenInput{
		Audience: []string{*audience}, SigningAlgorithm: algorithm, DurationSeconds: aws.Int32(int32(*seconds)),
	})
	if err != nil {
		return "", err
	}
	return *got.WebIdentityToken, nil
}
