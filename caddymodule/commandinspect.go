package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/inspection"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func inspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect [--issuer <url> | --config <file>] [--json] <token-file>|-",
		Short: "Decodes a token into the attributes that policies read",
		Long: `Decodes a token into the attributes that policies read, with its times in words.

What it shows is what the token says of itself: anybody can write that. With
--issuer the signature is checked against the keys of that issuer, and with
--config against those of the issuers that the configuration trusts; the
token's other checks are made, too, and the first that fails is named.

Exit code: 0 the token can be read (and was verified, if that was asked for),
1 it cannot or was not, 2 it could not be told.`,
		Example: `  caddy-awsjwt aws-jwt inspect token.jwt
  pbpaste | caddy-awsjwt aws-jwt inspect -
  caddy-awsjwt aws-jwt inspect --issuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws token.jwt`,
	}
	configFlags(cmd)
	cmd.Flags().String("issuer", "", "the issuer whose keys the signature is checked against; https, byte for byte as in the token")
	cmd.Flags().Bool("json", false, "write JSON, whose members docs/commands.md has")
	cmd.RunE = runInspect
	return cmd
}

func runInspect(cmd *cobra.Command, args []string) error {
	token, err := readTokenArgument(cmd, args)
	if err != nil {
		return couldNot(cmd, err)
	}
	report := inspection.Inspect(token, time.Now())
	audiences, _ := report.Attributes["aws_token.aud"].([]string)
	result, verdict, asked, err := verifyForInspect(cmd, token, audiences)
	if err != nil {
		return couldNot(cmd, err)
	}
	if asked {
		report.SetVerdict(result, verdict)
	}
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		err = report.JSON(cmd.OutOrStdout())
	} else {
		err = report.Text(cmd.OutOrStdout(), styleOf(cmd))
	}
	switch {
	case err != nil:
		return couldNot(cmd, err)
	case asked && report.Verdict == inspection.NotVerified:
		return exit(cmd, exitCouldNot)
	case asked && report.Verdict != inspection.Verified, len(report.Problems) > 0:
		return exit(cmd, exitBad)
	}
	return exit(cmd, exitGood)
}

// verifyForInspect verifies the token if the flags say against what. verdict is
// what verifying came to, err that it could not be begun.
func verifyForInspect(cmd *cobra.Command, token string, audiences []string) (result *verifier.Result, verdict error, asked bool, err error) {
	issuer, _ := cmd.Flags().GetString("issuer")
	config, _ := cmd.Flags().GetString("config")
	switch {
	case issuer != "" && config != "":
		return nil, nil, true, errors.New("--issuer and --config cannot stand together: each says whose keys count")
	case issuer != "":
		result, verdict, err = verifyBy(cmd.Context(), issuer, token, audiences)
		return result, verdict, true, err
	case config == "":
		return nil, nil, false, nil
	}
	r, err := rehearseFlags(cmd, false)
	if err != nil {
		return nil, nil, true, err
	}
	defer r.Close()
	// Several handlers may trust the issuer: one that accepts the token will do.
	for _, h := range r.handlers {
		var refusal *verifier.Error
		each, failed := h.verifier.Verify(cmd.Context(), token)
		if failed == nil {
			return each, nil, true, nil
		}
		if verdict == nil || errors.As(failed, &refusal) && refusal.Reason != verifier.UnknownIssuer {
			verdict = failed
		}
	}
	return nil, verdict, true, nil
}

// verifyBy verifies a token as far as its issuer goes: for whatever audience it
// is made out to.
func verifyBy(ctx context.Context, issuer, token string, audiences []string) (result *verifier.Result, verdict, err error) {
	keys, err := verifier.NewRemoteKeySets(verifier.RemoteConfig{})
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = keys.Close() }()
	if len(audiences) == 0 {
		audiences = []string{"none"} // the token has no audience that can be read: it is refused for that
	}
	v, err := verifier.New(verifier.Config{
		Issuers: []verifier.Issuer{{URL: issuer}}, RemoteKeys: keys, Audiences: audiences,
		Leeway: defaultLeeway,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("--issuer: %w", err)
	}
	result, verdict = v.Verify(ctx, token)
	var refusal *verifier.Error
	if errors.As(verdict, &refusal) && refusal.Reason == verifier.UnknownIssuer {
		told := *refusal
		told.Hint = fmt.Sprintf("--issuer is %s, the token's iss is %s", terminal.Value(issuer), terminal.Value(refusal.Claimed.Issuer))
		verdict = &told
	}
	return result, verdict, nil
}
