package devsts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	accountPattern     = regexp.MustCompile(`^[0-9]{12}$`)
	uuidPattern        = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	orgPattern         = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	ouPathPattern      = regexp.MustCompile(`^o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}/(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}/)*$`)
	rolePattern        = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):role(/[!-~]*?)?/([\w+=,.@-]{1,64})$`)
	accessKeyPattern   = regexp.MustCompile(`^\w{16,128}$`)
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// optionalClaims are the documented claims that depend on how a role is used.
func optionalClaims() []string {
	return []string{
		"ec2_instance_source_private_ipv4", "ec2_instance_source_vpc", "ec2_role_delivery",
		"ec2_source_instance_arn", "federated_provider", "glue_credential_issuing_service",
		"identity_store_arn", "identity_store_user_id", "lambda_source_function_arn", "source_identity",
	}
}

// permissions are those that Deny may name.
func permissions() []string {
	return []string{
		permGetToken, permTagToken,
		"iam:GetOutboundWebIdentityFederationInfo",
		"iam:EnableOutboundWebIdentityFederation",
		"iam:DisableOutboundWebIdentityFederation",
	}
}

// faults collects what is wrong with a configuration. Its methods take the
// path of what they look at.
type faults struct {
	list                    []error
	accounts, issuers, keys map[string]string // value -> path where it stood first
}

func (f *faults) add(path, format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
}

// unique reports a value that stands at two paths.
func (f *faults) unique(seen map[string]string, path, value string) {
	if first, ok := seen[value]; ok && value != "" {
		f.add(path, "%q is already at %s", value, first)
		return
	}
	seen[value] = path
}

func (f *faults) config(c Config) {
	f.accounts, f.issuers, f.keys = map[string]string{}, map[string]string{}, map[string]string{}
	if len(c.Accounts) == 0 {
		f.add("accounts", "at least one is required")
	}
	if c.MaxPayloadBytes < 0 {
		f.add("max_payload_bytes", "%d is negative", c.MaxPayloadBytes)
	}
	for i, a := range c.Accounts {
		f.account(fmt.Sprintf("accounts[%d]", i), a)
	}
}

func (f *faults) account(path string, a Account) {
	if !accountPattern.MatchString(a.ID) {
		f.add(path+".id", "%q is not 12 digits", a.ID)
	}
	f.unique(f.accounts, path+".id", a.ID)
	if !uuidPattern.MatchString(a.IssuerID) {
		f.add(path+".issuer_id", "%q is not a lower-case UUID", a.IssuerID)
	}
	f.unique(f.issuers, path+".issuer_id", a.IssuerID)
	if a.OrgID != "" && !orgPattern.MatchString(a.OrgID) {
		f.add(path+".org_id", "%q is not o- and 10 to 32 letters and digits", a.OrgID)
	}
	for i, p := range a.OUPath {
		at := fmt.Sprintf("%s.ou_path[%d]", path, i)
		if !ouPathPattern.MatchString(p) {
			f.add(at, "%q is not of the form o-…/r-…/ou-…/", p)
		} else if !strings.HasPrefix(p, a.OrgID+"/") {
			f.add(at, "%q is not in organization %q", p, a.OrgID)
		}
	}
	if len(a.Roles) == 0 {
		f.add(path+".roles", "at least one is required")
	}
	f.providers(path+".oidc_providers", a.OIDCProviders)
	arns := map[string]string{}
	for i, r := range a.Roles {
		at := fmt.Sprintf("%s.roles[%d]", path, i)
		f.unique(arns, at+".arn", r.ARN)
		f.role(at, a.ID, r)
		f.trust(at+".trust", r.Trust, a.OIDCProviders)
	}
}

func (f *faults) role(path, account string, r Role) {
	if m := rolePattern.FindStringSubmatch(r.ARN); m == nil {
		f.add(path+".arn", "%q is not the ARN of a role", r.ARN)
	} else if m[2] != account {
		f.add(path+".arn", "%q is not in account %q", r.ARN, account)
	}
	f.credentials(path, r)
	if r.SessionName != "" && !sessionNamePattern.MatchString(r.SessionName) {
		f.add(path+".session_name", "%q is not 2 to 64 of the characters that IAM allows", r.SessionName)
	}
	if r.SessionSeconds != 0 && (r.SessionSeconds < 900 || r.SessionSeconds > 43200) {
		f.add(path+".session_seconds", "%d is not 900 to 43200", r.SessionSeconds)
	}
	if r.MaxSessionSeconds != 0 && (r.MaxSessionSeconds < 3600 || r.MaxSessionSeconds > 43200) {
		f.add(path+".max_session_seconds", "%d is not 3600 to 43200", r.MaxSessionSeconds)
	}
	f.tags(path+".principal_tags", r.PrincipalTags)
	for _, name := range slices.Sorted(maps.Keys(r.Claims)) {
		if !slices.Contains(optionalClaims(), name) {
			f.add(path+".claims."+name, "is not one of %s", strings.Join(optionalClaims(), ", "))
		} else if r.Claims[name] == "" {
			f.add(path+".claims."+name, "is empty; leave it out instead")
		}
	}
	for i, p := range r.Deny {
		if !slices.Contains(permissions(), p) {
			f.add(fmt.Sprintf("%s.deny[%d]", path, i), "%q is not one of %s", p, strings.Join(permissions(), ", "))
		}
	}
}

// credentials validates a role's own, which one with a trust policy may do
// without.
func (f *faults) credentials(path string, r Role) {
	if len(r.Trust) > 0 && r.AccessKeyID == "" && r.SecretAccessKey == "" && r.SessionToken == "" {
		return
	}
	if !accessKeyPattern.MatchString(r.AccessKeyID) {
		f.add(path+".access_key_id", "%q is not 16 to 128 letters, digits and underscores", r.AccessKeyID)
	}
	f.unique(f.keys, path+".access_key_id", r.AccessKeyID)
	if r.SecretAccessKey == "" {
		f.add(path+".secret_access_key", "is required")
	}
}

func (f *faults) tags(path string, tags map[string]string) {
	if len(tags) > maxTags {
		f.add(path, "%d tags are more than %d", len(tags), maxTags)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		for _, c := range tagKeyLimits().broken(key) {
			f.add(path, "key %q: %s", key, lowerFirst(c))
		}
		for _, c := range tagValueLimits().broken(tags[key]) {
			f.add(path+"."+key, "%q: %s", tags[key], lowerFirst(c))
		}
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
