package caddymodule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "aws-jwt",
		Usage: "inspect|explain|test|probe|issuers",
		Short: "Looks into tokens of AWS STS and policies of aws_jwt",
		Long: `Looks into tokens of AWS STS (GetWebIdentityToken) and policies of aws_jwt:

  inspect   decodes a token into the attributes that policies read
  explain   walks a token and a request through a configuration, check by check
  test      runs tables of policy cases against a configuration, offline
  probe     fetches the keys of each issuer as the gateway would, and judges them
  issuers   finds the issuers of an AWS organization's accounts, for issuers_file

A token comes from a file, or from standard input when the file is "-", and
never from the command line: other users of the machine see it there, and the
shell keeps it. Nothing that is started by these commands listens, and no
request reaches an upstream.`,
		CobraFunc: func(cmd *cobra.Command) {
			subcommands := []*cobra.Command{inspectCommand(), explainCommand(), testCommand(), probeCommand(), issuersCommand()}
			cmd.AddCommand(subcommands...)
			cmd.RunE = runNoCommand(subcommands)
			// Flags are those of a command, and whose they are is not known when its
			// name is misspelt.
			cmd.DisableFlagParsing = true
			cmd.SetHelpTemplate(cmd.HelpTemplate() + helpFooter)
			for _, each := range append(subcommands, cmd) {
				each.RunE = withoutTokens(each.RunE)
				each.SilenceErrors, each.SilenceUsage = true, true
				each.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
					return couldNot(cmd, fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
				})
			}
		},
	})
}

// withoutTokens keeps a token that stands where it must not from being used, and
// from being written again.
func withoutTokens(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		given := slices.Clone(args)
		cmd.Flags().Visit(func(flag *pflag.Flag) { given = append(given, flag.Value.String()) })
		if slices.ContainsFunc(given, terminal.HoldsToken) {
			return couldNot(cmd, terminal.ErrTokenAsArgument)
		}
		return run(cmd, args)
	}
}

// helpFooter takes the place of Caddy's, whose pages do not have these commands.
const helpFooter = `
Full documentation is in docs/commands.md of github.com/caddy-awsjwt/caddy-awsjwt.
`

// runNoCommand is for aws-jwt without a command that there is.
func runNoCommand(commands []*cobra.Command) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		var names []string
		for _, each := range commands {
			names = append(names, each.Name())
		}
		for _, arg := range args {
			switch {
			case arg == "-h", arg == "--help", arg == "help":
				return cmd.Help()
			case !strings.HasPrefix(arg, "-"):
				return couldNot(cmd, unknownCommand(arg, names))
			}
		}
		if len(args) > 0 {
			return couldNot(cmd, fmt.Errorf("%s belongs to a command, and none is named: there are %s", terminal.Printable(args[0]), inWords(names)))
		}
		return cmd.Help()
	}
}

func unknownCommand(name string, known []string) error {
	if nearest := awstoken.Nearest(name, known); nearest != "" {
		return fmt.Errorf("there is no aws-jwt %s; did you mean %s?", terminal.Printable(name), nearest)
	}
	return fmt.Errorf("there is no aws-jwt %s; there are %s", terminal.Printable(name), inWords(known))
}

// inWords lists several names.
func inWords(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// What the commands return to the shell.
const (
	exitGood     = 0
	exitBad      = 1 // refused, a case failed, an issuer has no keys
	exitCouldNot = 2 // it could not be told
)

var errSilent = errors.New("the exit code says it all")

// exit ends a command with a code.
func exit(cmd *cobra.Command, code int) error {
	switch code {
	case exitGood:
		return nil
	case exitBad:
		return errSilent // of which Caddy makes 1
	}
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return code, nil })(cmd, nil)
}

// couldNot ends a command that could not do what it was asked for.
func couldNot(cmd *cobra.Command, err error) error {
	if terminal.HoldsToken(err.Error()) {
		err = terminal.ErrTokenAsArgument // in the name of a flag
	}
	cmd.PrintErrln("Error:", err)
	return exit(cmd, exitCouldNot)
}

// configFlags are those of a command that reads a configuration.
func configFlags(cmd *cobra.Command) {
	cmd.Flags().StringP("config", "c", "", "the configuration file, such as a Caddyfile")
	cmd.Flags().StringP("adapter", "a", "", "its adapter, when its name does not tell: caddyfile, …")
}

// rehearseFlags loads the configuration that the flags name.
func rehearseFlags(cmd *cobra.Command, offline bool) (*rehearsal, error) {
	file, _ := cmd.Flags().GetString("config")
	adapter, _ := cmd.Flags().GetString("adapter")
	if file == "" {
		return nil, errors.New("--config is missing: name the Caddyfile, or another configuration")
	}
	return rehearse(file, adapter, offline)
}
