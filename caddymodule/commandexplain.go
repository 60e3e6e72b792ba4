package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

func explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain --config <file> [--site <host>] [--method <method>] [--path <path>] [--remote-ip <address>] [--json] <token-file>|-",
		Short: "Walks a token and a request through a configuration, check by check",
		Long: `Walks a token and a request through the aws_jwt handlers of a configuration that
stand in the request's way, check by check: what each check found and what it
wanted, what each rule of the policy came to and the attributes that it read,
which failure decided, and, in the last line, what to change.

The issuer's keys are fetched as the gateway would fetch them. Other directives
than those that decide which handlers a request meets are left out.

Instead of a token, the input may be what the AWS CLI or an SDK printed when the
call failed. The AWS CLI writes that to standard error: 2>&1 pipes it in, too.

Unless a flag says otherwise, the request is GET / of the only site that the
configuration has, from 127.0.0.1. (aws-jwt test asks from 203.0.113.9.)

Exit code: 0 the request passes, 1 it is refused, or the site itself ends it with
an error, 2 it could not be told.`,
		Example: `  aws sts get-web-identity-token --audience https://orders.example.com \
    --signing-algorithm ES384 --query WebIdentityToken --output text 2>&1 |
    caddy-awsjwt aws-jwt explain --config Caddyfile --method POST --path /orders -

  caddy-awsjwt aws-jwt explain -c Caddyfile --site orders.example.com --json token.jwt`,
	}
	configFlags(cmd)
	cmd.Flags().String("site", "", "the host that is asked for, with a port or without; not needed when the configuration has one site")
	cmd.Flags().String("method", http.MethodGet, "the request's method")
	cmd.Flags().String("path", "/", "its path, as it is on the wire; a query may follow")
	cmd.Flags().String("remote-ip", "127.0.0.1", "the client's address")
	cmd.Flags().Bool("json", false, "write JSON, whose members docs/commands.md has")
	cmd.RunE = runExplain
	return cmd
}

func runExplain(cmd *cobra.Command, args []string) error {
	token, err := readTokenArgument(cmd, args)
	var more *terminal.TextError
	if errors.As(err, &more) {
		if failed, ok := remedy.STSErrorIn(more.Text); ok {
			return explainNoToken(cmd, failed)
		}
	}
	if err != nil {
		return couldNot(cmd, err)
	}
	r, err := rehearseFlags(cmd, false)
	if err != nil {
		return couldNot(cmd, err)
	}
	defer r.Close()
	asked, err := requestOfFlags(cmd, r, token)
	if err != nil {
		return couldNot(cmd, err)
	}
	w, err := r.Walk(cmd.Context(), asked, time.Time{})
	if err != nil {
		return couldNot(cmd, err)
	}
	if err := writeWalk(cmd, w); err != nil {
		return couldNot(cmd, err)
	}
	switch {
	case w.Passes():
		return exit(cmd, exitGood)
	case w.Outcome == walk.Refused, w.Ended:
		return exit(cmd, exitBad)
	}
	return exit(cmd, exitCouldNot)
}

func writeWalk(cmd *cobra.Command, w *walk.Walk) error {
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		return terminal.WriteJSON(cmd.OutOrStdout(), w)
	}
	return w.Text(cmd.OutOrStdout(), styleOf(cmd))
}

// explainNoToken is for the message of a call that STS refused.
func explainNoToken(cmd *cobra.Command, failed remedy.STSError) error {
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		if err := terminal.WriteJSON(cmd.OutOrStdout(), walkOfNoToken(failed)); err != nil {
			return couldNot(cmd, err)
		}
		return exit(cmd, exitBad)
	}
	style := styleOf(cmd)
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: STS answered %s, so there is no token to look at\nwhy: %s\n%s %s\n",
		style.Bad("no token"), failed.Code, withoutQuotes(failed.Cause), style.Bold("change:"), withoutQuotes(failed.Do))
	if err != nil {
		return couldNot(cmd, err)
	}
	return exit(cmd, exitBad)
}

func walkOfNoToken(failed remedy.STSError) *walk.Walk {
	return &walk.Walk{Outcome: walk.Refused, Reason: failed.Code, Hint: failed.Cause, Remedy: failed.Do, Handlers: []*walk.Handler{}}
}

// withoutQuotes takes out the marks that Markdown has around commands.
func withoutQuotes(text string) string { return strings.ReplaceAll(text, "`", "") }

// requestOfFlags makes the request that is asked about. An error begins with the
// flag that is to be written otherwise.
func requestOfFlags(cmd *cobra.Command, r *rehearsal, token string) (*http.Request, error) {
	flags := cmd.Flags()
	var q walk.Question
	q.Method, _ = flags.GetString("method")
	q.Host, _ = flags.GetString("site")
	q.Path, _ = flags.GetString("path")
	q.RemoteIP, _ = flags.GetString("remote-ip")
	if !flags.Changed("site") {
		var err error
		if q.Host, err = r.Host(); err != nil {
			return nil, fmt.Errorf("--site is missing: %w", err)
		}
	}
	for _, each := range []struct{ flag, problem string }{
		{"--site", walk.HostProblem(q.Host)}, {"--method", walk.MethodProblem(q.Method)},
		{"--path", walk.PathProblem(q.Path)}, {"--remote-ip", walk.RemoteIPProblem(q.RemoteIP)},
	} {
		if each.problem != "" {
			return nil, fmt.Errorf("%s: %s", each.flag, each.problem)
		}
	}
	if _, err := r.serving(q.Host); err != nil {
		return nil, fmt.Errorf("--site: %w", err)
	}
	return q.WithToken(cmd.Context(), token)
}

// readTokenArgument reads the token from the file that a command was given.
func readTokenArgument(cmd *cobra.Command, args []string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("name one file with the token, or - for standard input; see %s --help", cmd.CommandPath())
	}
	return terminal.ReadToken(args[0], cmd.InOrStdin(), cmd.ErrOrStderr())
}

func styleOf(cmd *cobra.Command) *terminal.Style {
	return terminal.NewStyle(cmd.OutOrStdout(), os.Getenv)
}
