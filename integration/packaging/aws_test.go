package packaging

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// awsCLI is what the machine has in place of the AWS CLI: of it, the one call
// that the page shows, by the SDK for Go.
func awsCLI(ctx context.Context, args []string) int {
	if len(args) < 2 || args[0] != "sts" || args[1] != "get-web-identity-token" {
		fmt.Fprintln(os.Stderr, "aws: unknown command")
		return 2
	}
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	audience := flags.String("audience", "", "")
	algorithm := flags.String("signing-algorithm", "", "")
	seconds := flags.Int("duration-seconds", 0, "")
	query := flags.String("query", "", "")
	output := flags.String("output", "", "")
	if flags.Parse(args[2:]) != nil || *query != "WebIdentityToken" || *output != "text" || flags.NArg() > 0 {
		return 2
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	answer, err := sts.NewFromConfig(settings).GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience: []string{*audience}, SigningAlgorithm: algorithm, DurationSeconds: aws.Int32(int32(*seconds)),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(aws.ToString(answer.WebIdentityToken))
	return 0
}
