package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/organization"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// exitIncomplete is what issuers returns when it left accounts out.
const exitIncomplete = 3

// maxParallel bounds --parallel: more at once are throttled, and gain nothing.
const maxParallel = 64

func issuersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "issuers --from-organization --output <file>|- [--resume] [--allow-missing] [--json]",
		Short: "Finds the issuers of an AWS organization's accounts, for issuers_file",
		Long: `Lists the accounts of the AWS organization that the credentials belong to, asks
IAM in each for its issuer (GetOutboundWebIdentityFederationInfo), and writes
them to a file for issuers_file, each pinned to its account. A gateway that runs
reads the new file by itself.

Nothing is ever changed in AWS. In particular federation is turned on nowhere:
accounts without it are listed, with what to run there.

The credentials are those that the AWS SDKs find (AWS_PROFILE, SSO, an instance's
role, …) and are of the organization's management account, or of a delegated
administrator. They need this policy:

  {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"},
    {"Effect": "Allow", "Action": "sts:AssumeRole",
     "Resource": "arn:aws:iam::*:role/OrganizationAccountAccessRole"},
    {"Effect": "Allow", "Action": "iam:GetOutboundWebIdentityFederationInfo",
     "Resource": "*"}]}

The role that is assumed (--role) needs the last action alone. AWS makes
OrganizationAccountAccessRole in accounts that the organization creates, as an
administrator; docs/commands.md has a role that may do no more than is needed.

The file is replaced as a whole or not at all. It is not written when an account
is left out, unless --allow-missing says so. Audiences and algorithms that were
added to an entry stay. Entries that are of no account of the organization are
not touched before --others says what is to become of them.

Ctrl-C ends it, and what was found stays in a state file (--state) with which
--resume goes on.

Exit code: 0 the file has all accounts, or --allow-missing let some be left out,
1 it failed, 2 it could not be told what is asked for, 3 accounts are left out.`,
		Example: `  caddy-awsjwt aws-jwt issuers --from-organization --output /etc/caddy/issuers.json
  caddy-awsjwt aws-jwt issuers --from-organization -o issuers.json --dry-run
  caddy-awsjwt aws-jwt issuers --from-organization -o issuers.json --resume --allow-missing=disabled --others keep
  caddy-awsjwt aws-jwt issuers --from-organization -o issuers.json --account 123456789012`,
	}
	flags := cmd.Flags()
	flags.Bool("from-organization", false, "find them by the accounts of the AWS organization; needed")
	flags.StringP("output", "o", "", "the issuers file; - is standard output, with the report on standard error; needed")
	flags.String("role", "OrganizationAccountAccessRole", "the role that is assumed in each account, with its path")
	flags.StringSlice("account", nil, "ask this account, and no others, whose entries stay; may be repeated")
	flags.StringSlice("exclude", nil, "do not ask this account, and take out its entry; may be repeated")
	flags.String("others", "", "keep or remove entries that are of no account of the organization")
	flags.String("allow-missing", "", "write the file without accounts that have no issuer or could not be asked; =disabled for the former alone")
	flags.Lookup("allow-missing").NoOptDefVal = string(organization.MissingAll)
	flags.Bool("dry-run", false, "show what would change, and write no issuers file")
	flags.Bool("resume", false, "go on with what an earlier run found, at most a day ago")
	flags.String("state", "", "the state file; default: the output and .state")
	flags.Int("parallel", 8, "how many accounts are asked at once, at most 64")
	flags.String("region", "", "the region whose STS is asked; default: the SDK's")
	flags.String("profile", "", "the profile of the AWS configuration files; default: the SDK's")
	flags.Bool("progress", false, "tell the progress also where standard error is no terminal; =false never")
	flags.Bool("json", false, "write the report as JSON, whose members docs/commands.md has")
	cmd.RunE = runIssuers
	return cmd
}

func runIssuers(cmd *cobra.Command, args []string) error {
	options, err := issuersOptions(cmd, args)
	if err != nil {
		return couldNot(cmd, fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	line := newIssuersProgress(cmd)
	options.Progress = line.show
	report, err := findIssuers(ctx, cmd, options)
	line.clear()
	if err == nil {
		err = writeIssuersReport(cmd, options, report)
	}
	if err != nil {
		cmd.PrintErrln("Error:", terminal.Sentence(err.Error()))
		var fault *organization.CallError
		if errors.As(err, &fault) {
			cmd.PrintErrln("  →", terminal.Sentence(fault.Remedy))
		}
		return exit(cmd, exitBad)
	}
	if !report.Allowed(options.Missing) {
		return exit(cmd, exitIncomplete)
	}
	return exit(cmd, exitGood)
}

func findIssuers(ctx context.Context, cmd *cobra.Command, options organization.Options) (*organization.Report, error) {
	var settings organization.Settings
	settings.Role, _ = cmd.Flags().GetString("role")
	settings.Region, _ = cmd.Flags().GetString("region")
	settings.Profile, _ = cmd.Flags().GetString("profile")
	client, err := organization.NewClient(ctx, settings)
	if err != nil {
		return nil, err
	}
	return organization.Run(ctx, client, options)
}

// writeIssuersReport writes the report, and the file itself when it goes to
// standard output.
func writeIssuersReport(cmd *cobra.Command, o organization.Options, r *organization.Report) error {
	if o.Output == "" {
		if err := r.Text(cmd.ErrOrStderr(), terminal.NewStyle(cmd.ErrOrStderr(), os.Getenv)); err != nil || r.Outcome != organization.Printed {
			return err
		}
		text, err := organization.Encode(r.Entries)
		if err == nil {
			_, err = cmd.OutOrStdout().Write(text)
		}
		return err
	}
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		return r.JSON(cmd.OutOrStdout())
	}
	return r.Text(cmd.OutOrStdout(), styleOf(cmd))
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// roleName is IAM's, with its path.
	roleName = regexp.MustCompile(`^/?([!-~]+/)?[\w+=,.@-]{1,64}$`)
)

// issuersOptions reads the flags.
func issuersOptions(cmd *cobra.Command, args []string) (o organization.Options, err error) {
	if len(args) > 0 {
		return o, fmt.Errorf("%s is one argument too many", terminal.Quote(args[0]))
	}
	flags := cmd.Flags()
	from, _ := flags.GetBool("from-organization")
	output, _ := flags.GetString("output")
	o.State, _ = flags.GetString("state")
	o.Resume, _ = flags.GetBool("resume")
	o.Only, _ = flags.GetStringSlice("account")
	o.Exclude, _ = flags.GetStringSlice("exclude")
	o.DryRun, _ = flags.GetBool("dry-run")
	o.Parallel, _ = flags.GetInt("parallel")
	others, _ := flags.GetString("others")
	missing, _ := flags.GetString("allow-missing")
	role, _ := flags.GetString("role")
	asJSON, _ := flags.GetBool("json")
	o.Output, o.Others, o.Missing, o.Now = output, organization.Others(others), organization.Missing(missing), time.Now
	switch {
	case !from:
		return o, errors.New("--from-organization is missing: it is where issuers can be found")
	case output == "":
		return o, errors.New("--output is missing: name the issuers file, or - for standard output")
	case output == "-" && (asJSON || o.DryRun):
		return o, errors.New("--json and --dry-run need a file as --output: standard output has the issuers")
	case output == "-" && o.Resume && o.State == "":
		return o, errors.New("--resume needs --state when the output is no file")
	case o.Parallel < 1 || o.Parallel > maxParallel:
		return o, fmt.Errorf("--parallel: %d is not 1 to %d", o.Parallel, maxParallel)
	case !slices.Contains([]organization.Others{organization.OthersUnsaid, organization.OthersKeep, organization.OthersRemove}, o.Others):
		return o, fmt.Errorf("--others: %s is neither keep nor remove", terminal.Quote(others))
	case !slices.Contains([]organization.Missing{organization.MissingNone, organization.MissingDisabled, organization.MissingAll}, o.Missing):
		return o, fmt.Errorf("--allow-missing: %s is neither all nor disabled", terminal.Quote(missing))
	case strings.HasPrefix(role, "arn:"), !roleName.MatchString(role):
		return o, fmt.Errorf("--role: %s is no name of a role; give the name, with its path, and no ARN", terminal.Quote(role))
	}
	for _, id := range slices.Concat(o.Only, o.Exclude) {
		if !accountID.MatchString(id) {
			return o, fmt.Errorf("%s is no account: an account has 12 digits", terminal.Quote(id))
		}
	}
	if output == "-" {
		o.Output = ""
	} else if o.State == "" {
		o.State = output + ".state"
	}
	return o, nil
}
