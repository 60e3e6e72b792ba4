package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/inspection"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func probeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "probe --config <file> [--issuer <url>...] [--json]",
		Short: "Fetches the keys of each issuer as the gateway would, and judges them",
		Long: `Fetches the discovery document and the keys of each issuer of a configuration as
the gateway would: with its authorities (ca), its proxy, its limits and the
addresses that it may reach. It says which keys are usable, what is wrong, and
what to change.

An organization lists no issuers; give one by --issuer to probe it.

Exit code: 0 every issuer has usable keys, 1 one has none, 2 it could not be
told.`,
		Example: `  caddy-awsjwt aws-jwt probe --config /etc/caddy/Caddyfile
  caddy-awsjwt aws-jwt probe -c Caddyfile --issuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws`,
	}
	configFlags(cmd)
	cmd.Flags().StringArray("issuer", nil, "probe this issuer, and no others; it must be one that the configuration trusts")
	cmd.Flags().Bool("json", false, "write JSON, whose members docs/commands.md has")
	cmd.RunE = runProbe
	return cmd
}

func runProbe(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return couldNot(cmd, fmt.Errorf("%s is one argument too many; see %s --help", terminal.Quote(args[0]), cmd.CommandPath()))
	}
	r, err := rehearseFlags(cmd, false)
	if err != nil {
		return couldNot(cmd, err)
	}
	defer r.Close()
	wanted, _ := cmd.Flags().GetStringArray("issuer")
	probes := r.probe(cmd.Context(), wanted, terminal.NewProgress(cmd.ErrOrStderr(), os.Getenv))
	if len(probes) == 0 {
		return couldNot(cmd, errors.New("the configuration lists no issuer, since it trusts an organization: name one by --issuer"))
	}
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		err = probes.JSON(cmd.OutOrStdout())
	} else {
		err = probes.Text(cmd.OutOrStdout(), styleOf(cmd))
	}
	if err != nil {
		return couldNot(cmd, err)
	}
	switch probes.Worst() {
	case inspection.OK, inspection.Warned:
		return exit(cmd, exitGood)
	case inspection.Failed:
		return exit(cmd, exitBad)
	default:
		return exit(cmd, exitCouldNot)
	}
}

// probe probes the issuers of all handlers, or those that are wanted. Handlers
// that fetch in the same way probe an issuer once.
func (r *rehearsal) probe(ctx context.Context, wanted []string, progress *terminal.Progress) inspection.Probes {
	type fetching struct {
		keys            *verifier.RemoteKeySets
		url, jwks, file string
	}
	var probes inspection.Probes
	done := make(map[fetching]bool)
	for _, h := range r.handlers {
		var targets []inspection.Target
		for _, issuer := range h.verifier.Issuers() {
			way := fetching{h.lease.keys(), issuer.URL, issuer.JWKSURL, issuer.JWKSFile}
			if len(wanted) == 0 && !done[way] {
				done[way] = true
				targets = append(targets, inspection.Target{URL: issuer.URL, Where: h.told(issuer.Path)})
			}
		}
		for _, url := range wanted {
			if way := (fetching{keys: h.lease.keys(), url: url}); !done[way] {
				done[way] = true
				targets = append(targets, inspection.Target{URL: url, Where: h.told("--issuer")})
			}
		}
		probes = append(probes, inspection.ProbeAll(ctx, targets, h.verifier.Probe, progress)...)
	}
	return probes
}
