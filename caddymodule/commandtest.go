package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/policytest"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
)

func testCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test [--config <file>] [--run <regexp>] [-v] [--strict] [--json] [--junit <file>] <cases.yaml>...",
		Short: "Runs tables of policy cases against a configuration, offline",
		Long: `Runs tables of policy cases against a configuration: what becomes of a request
with such a token. Nothing goes over the network and no key is needed: the
signature of a case's token counts as good, and every other check is the
gateway's own. A file looks so:

  config: Caddyfile               # relative to this file
  claims:                         # the token of each case, unless the case changes it
    iss: https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws
    aud: https://orders.example.com
    sub: arn:aws:iam::123456789012:role/orders-lambda
    aws:                          # short for "https://sts.amazonaws.com/"
      principal_tags: {team: orders}
  request: {host: orders.example.com}
  cases:
    - name: the orders team writes
      request: {method: POST, path: /orders}
      want: {outcome: allowed, rule: orders-team, headers: {X-Team: orders}}
    - name: another team does not
      claims: {aws: {principal_tags: {team: billing}}}
      want: {outcome: refused, reason: policy_denied}

The request of a case is GET / of the only site that the configuration has, from
203.0.113.9, unless the file says otherwise. (aws-jwt explain asks from 127.0.0.1.)

Behind the cases stands which rules were never true, and which never false.
docs/policies.md has twenty policies with their cases, docs/commands.md all keys.

Exit code: 0 all passed, 1 a case failed (or, with --strict, a configuration has
a warning or no case was run), 2 a file or a configuration could not be read.`,
		Example: `  caddy-awsjwt aws-jwt test policies_test.yaml
  caddy-awsjwt aws-jwt test --strict --junit report.xml policies/*_test.yaml
  caddy-awsjwt aws-jwt test --run 'orders|billing' -v policies_test.yaml`,
	}
	configFlags(cmd)
	cmd.Flags().String("run", "", "run the cases whose name this regular expression matches")
	cmd.Flags().BoolP("verbose", "v", false, "tell of the cases that pass, too")
	cmd.Flags().Bool("strict", false, "take a warning of a configuration for a failure, and a run without a case")
	cmd.Flags().Bool("json", false, "write JSON, whose members docs/commands.md has")
	cmd.Flags().String("junit", "", "write a report in the JUnit form to this file, too")
	cmd.RunE = runTest
	return cmd
}

func runTest(cmd *cobra.Command, files []string) error {
	if len(files) == 0 {
		return couldNot(cmd, fmt.Errorf("name at least one file with cases; %s --help shows what it looks like", cmd.CommandPath()))
	}
	options, err := testOptions(cmd)
	if err != nil {
		return couldNot(cmd, err)
	}
	adapter, _ := cmd.Flags().GetString("adapter")
	var opened []*rehearsal
	defer func() {
		for _, r := range opened {
			r.Close()
		}
	}()
	report, err := policytest.Run(cmd.Context(), files, func(file string) (policytest.Gateway, error) {
		r, err := rehearse(file, adapter, true)
		if err != nil {
			return nil, err
		}
		opened = append(opened, r)
		return r, nil
	}, options)
	if err != nil {
		return couldNot(cmd, err)
	}
	if err := writeReport(cmd, report); err != nil {
		return couldNot(cmd, err)
	}
	switch report.Result {
	case policytest.Passed:
		return exit(cmd, exitGood)
	case policytest.Failed:
		return exit(cmd, exitBad)
	default:
		return exit(cmd, exitCouldNot)
	}
}

func testOptions(cmd *cobra.Command) (o policytest.Options, err error) {
	o.Config, _ = cmd.Flags().GetString("config")
	o.Verbose, _ = cmd.Flags().GetBool("verbose")
	o.Strict, _ = cmd.Flags().GetBool("strict")
	for _, r := range remedy.All() {
		o.Reasons = append(o.Reasons, r.Reason)
	}
	style := styleOf(cmd)
	o.Style = func(kind, text string) string {
		switch kind {
		case policytest.StylePass:
			return style.Good(text)
		case policytest.StyleFail:
			return style.Bad(text)
		case policytest.StyleWarning:
			return style.Warn(text)
		}
		return style.Dim(text)
	}
	if run, _ := cmd.Flags().GetString("run"); run != "" {
		if o.Run, err = regexp.Compile(run); err != nil {
			return o, fmt.Errorf("--run: %w", err)
		}
	}
	return o, nil
}

func writeReport(cmd *cobra.Command, report *policytest.Report) error {
	write := report.Text
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		write = report.JSON
	}
	err := write(cmd.OutOrStdout())
	if file, _ := cmd.Flags().GetString("junit"); file != "" && err == nil {
		err = writeFile(file, report.JUnit)
	}
	return err
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
