package devsts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// DefaultMaxPayloadBytes is the largest payload that is signed unless the
// configuration says otherwise. AWS does not publish its limit; this one keeps
// the compact token under the 16 KiB at which many servers refuse a header.
const DefaultMaxPayloadBytes = 11 * 1024

// Config says which accounts and roles exist. Its JSON form is what ReadConfig
// reads; unknown fields are refused there.
type Config struct {
	// Accounts lists the accounts; at least one.
	Accounts []Account `json:"accounts"`
	// MaxPayloadBytes is the size of a token's JSON payload, in bytes, above
	// which GetWebIdentityToken answers JWTPayloadSizeExceededException.
	// Zero means DefaultMaxPayloadBytes.
	MaxPayloadBytes int `json:"max_payload_bytes,omitempty"`

	// BaseURL is where clients reach Handler, such as http://127.0.0.1:8010.
	// It may be left empty and set with SetBaseURL once a port is known.
	BaseURL string `json:"-"`
	// Now is the clock for tokens, for the age of signatures and for the
	// overlap of rotations; nil means time.Now. SDKs sign with the machine's clock, so a clock that is more
	// than 15 minutes off makes their calls fail, as at AWS.
	Now func() time.Time `json:"-"`
}

// Account is an AWS account with an issuer of its own.
type Account struct {
	// ID is the account number, 12 digits.
	ID string `json:"id"`
	// IssuerID is a lower-case UUID, the last part of the issuer's URL.
	IssuerID string `json:"issuer_id"`
	// OrgID is the organization's ID, such as o-abc1234567. An empty one means
	// an account outside of any organization, whose tokens have no org_id.
	OrgID string `json:"org_id,omitempty"`
	// OUPath is the claim ou_path, such as
	// ["o-abc1234567/r-ab12/ou-ab12-11111111/"].
	OUPath []string `json:"ou_path,omitempty"`
	// FederationDisabled starts the account with outbound federation turned
	// off; IAM's EnableOutboundWebIdentityFederation turns it on.
	FederationDisabled bool `json:"federation_disabled,omitempty"`
	// OIDCProviders lists the OpenID Connect identity providers of IAM, which
	// roles of this account may trust.
	OIDCProviders []OIDCProvider `json:"oidc_providers,omitempty"`
	// Roles lists the roles; at least one.
	Roles []Role `json:"roles"`
}

// Role is an IAM role together with the credentials of a session of it.
type Role struct {
	// ARN is the role's ARN with its path; it becomes sub and principal_id.
	ARN string `json:"arn"`
	// AccessKeyID and SecretAccessKey are what the client signs with. The key
	// ID has 16 to 128 letters, digits and underscores and is unique. A role
	// with Trust may leave both empty: then its credentials come from
	// AssumeRoleWithWebIdentity alone.
	AccessKeyID     string `json:"access_key_id,omitempty"`
	SecretAccessKey string `json:"secret_access_key,omitempty"`
	// SessionToken, if it is not empty, must be sent as X-Amz-Security-Token.
	// If it is empty, whatever a client sends there is accepted.
	SessionToken string `json:"session_token,omitempty"`
	// SessionName is the last part of GetCallerIdentity's ARN, 2 to 64
	// characters; empty means "devsts". It does not occur in tokens.
	SessionName string `json:"session_name,omitempty"`
	// SessionSeconds is the length of the role's session, 900 to 43200; zero
	// means 3600. A session begins with each call; original_session_exp is its
	// end, and a token that would outlive it is refused.
	SessionSeconds int `json:"session_seconds,omitempty"`
	// PrincipalTags is the claim principal_tags, at most 50.
	PrincipalTags map[string]string `json:"principal_tags,omitempty"`
	// Claims holds further claims of the https://sts.amazonaws.com/ object,
	// out of those that AWS documents and that depend on how the role is used,
	// such as lambda_source_function_arn.
	Claims map[string]string `json:"claims,omitempty"`
	// Deny names the permissions that the role lacks, such as
	// sts:GetWebIdentityToken or sts:TagGetWebIdentityToken; it gets
	// AccessDenied for them. Everything else is allowed.
	Deny []string `json:"deny,omitempty"`
	// Trust is the role's trust policy: whose tokens get credentials of it by
	// AssumeRoleWithWebIdentity. One statement that holds is enough; without
	// any, nobody's do.
	Trust []TrustStatement `json:"trust,omitempty"`
	// MaxSessionSeconds is the longest session that AssumeRoleWithWebIdentity
	// gives, 3600 to 43200, as IAM's MaxSessionDuration; zero means 3600.
	MaxSessionSeconds int `json:"max_session_seconds,omitempty"`
}

// ReadConfig reads and validates the JSON form of a Config. The error names
// every fault that was found with its path, one on each line.
func ReadConfig(r io.Reader) (Config, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return Config{}, fmt.Errorf("reading configuration: %w", err)
	}
	var c Config
	if err := checkShape(raw, &c); err != nil {
		return Config{}, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return Config{}, fmt.Errorf("reading configuration: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// WriteTo writes the configuration as indented JSON that ReadConfig accepts.
func (c Config) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c); err != nil {
		return 0, fmt.Errorf("writing configuration: %w", err)
	}
	return b.WriteTo(w)
}

// Validate reports every fault of the configuration, joined by errors.Join,
// each with its path: accounts[0].roles[1].arn: …
func (c Config) Validate() error {
	f := &faults{}
	f.config(c)
	return errors.Join(f.list...)
}
