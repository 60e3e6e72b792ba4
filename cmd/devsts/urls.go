package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// region is what the printed lines name; any region will do.
const region = "eu-central-1"

// urls is the content of -url-file.
type urls struct {
	BaseURL       string            `json:"base_url"`
	ManagementURL string            `json:"management_url"`
	Issuers       map[string]string `json:"issuers"` // by account ID
}

func collectURLs(sts *devsts.Server, config devsts.Config, base, manage string) (urls, error) {
	u := urls{BaseURL: base, ManagementURL: manage, Issuers: map[string]string{}}
	for _, a := range config.Accounts {
		issuer, err := sts.IssuerURL(a.ID)
		if err != nil {
			return urls{}, err
		}
		u.Issuers[a.ID] = issuer
	}
	return u, nil
}

// write puts the file in place whole: whoever waits for it never reads half.
func (u urls) write(path string) error {
	text, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // fails when the file was renamed, as it should
	_, err = tmp.Write(append(text, '\n'))
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// print tells the user what is there, with lines to paste into a shell.
func (u urls) print(w io.Writer, config devsts.Config) {
	var b strings.Builder
	fmt.Fprintf(&b, "devsts: a local AWS STS for development. Its secrets are public and protect nothing.\n\n")
	fmt.Fprintf(&b, "  STS, IAM and issuers  %s\n  management            %s\n", u.BaseURL, u.ManagementURL)
	for _, a := range config.Accounts {
		fmt.Fprintf(&b, "\naccount %s", a.ID)
		if a.OrgID != "" {
			fmt.Fprintf(&b, ", organization %s", a.OrgID)
		}
		fmt.Fprintf(&b, "\n  issuer %s\n", u.Issuers[a.ID])
		for _, r := range a.Roles {
			fmt.Fprintf(&b, "\n  # %s\n", r.ARN)
			if len(r.Trust) > 0 {
				u.printTrust(&b, r)
			}
			if r.AccessKeyID == "" {
				continue
			}
			// The SDKs read AWS_REGION; the AWS CLI reads AWS_DEFAULT_REGION alone.
			fmt.Fprintf(&b, "  export AWS_ENDPOINT_URL_STS=%s AWS_REGION=%s AWS_DEFAULT_REGION=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s",
				u.BaseURL, region, region, r.AccessKeyID, quote(r.SecretAccessKey))
			if r.SessionToken != "" {
				fmt.Fprintf(&b, " AWS_SESSION_TOKEN=%s", quote(r.SessionToken))
			}
			b.WriteString("\n")
		}
	}
	_, _ = io.WriteString(w, b.String()) // a closed standard output is no reason to stop
}

// printTrust tells how to become a role with a token of an identity provider. The
// SDKs make the call by themselves when they find these variables.
func (u urls) printTrust(w io.Writer, r devsts.Role) {
	for _, t := range r.Trust {
		fmt.Fprintf(w, "  # with a token of %s in the file:\n", t.Provider)
	}
	fmt.Fprintf(w, "  export AWS_ENDPOINT_URL_STS=%s AWS_REGION=%s AWS_DEFAULT_REGION=%s AWS_ROLE_ARN=%s AWS_WEB_IDENTITY_TOKEN_FILE=token.jwt\n",
		u.BaseURL, region, region, r.ARN)
}

// quote quotes for a POSIX shell where that is needed.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=+:@,", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
