package awstoken

import (
	"errors"
	"strings"
)

// ARN is an Amazon Resource Name, split at its first five colons.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type ARN struct {
	Partition string // aws, aws-cn, aws-us-gov, …
	Service   string
	Region    string // empty for IAM and STS
	AccountID string
	Resource  string // may hold colons and slashes
}

// ParseARN splits an ARN. It refuses what does not have six parts, the first
// of them "arn", with a partition, a service and a resource.
func ParseARN(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ARN{}, errors.New("an ARN has the form arn:partition:service:region:account:resource")
	}
	a := ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}
	if a.Partition == "" || a.Service == "" || a.Resource == "" {
		return ARN{}, errors.New("an ARN has a partition, a service and a resource")
	}
	return a, nil
}

// String returns the ARN as it was parsed.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.AccountID, a.Resource}, ":")
}

// Principal is who the token speaks for, derived from sub.
//
// For arn:aws:iam::123456789012:role/team/x/Deploy these are aws,
// 123456789012, role, /team/x/ and Deploy. An STS principal such as
// assumed-role/Deploy/session has no path: its name is all that follows the
// type. The account's root has the type and the name root.
type Principal struct {
	Partition string
	AccountID string
	Type      string
	Path      string // as IAM spells it: "/", or with a slash at both ends
	Name      string
}

// ParsePrincipal reads the ARN of an IAM or STS principal:
// arn:<partition>:iam|sts::<12 digits>:<resource>.
func ParsePrincipal(s string) (Principal, error) {
	a, err := ParseARN(s)
	if err != nil {
		return Principal{}, err
	}
	if a.Service != "iam" && a.Service != "sts" {
		return Principal{}, errors.New("the ARN of a principal is one of iam or sts")
	}
	if a.Region != "" {
		return Principal{}, errors.New("the ARN of a principal has no region")
	}
	if !IsAccountID(a.AccountID) {
		return Principal{}, errors.New("the account in the ARN is not 12 digits")
	}
	p := Principal{Partition: a.Partition, AccountID: a.AccountID, Path: "/"}
	kind, rest, found := strings.Cut(a.Resource, "/")
	p.Type, p.Name = kind, rest
	switch {
	case !found:
		p.Name = kind
	case a.Service == "iam":
		if slash := strings.LastIndexByte(rest, '/'); slash >= 0 {
			p.Path, p.Name = "/"+rest[:slash+1], rest[slash+1:]
		}
	}
	return p, nil
}

// IsAccountID reports whether s is an AWS account ID: 12 digits, leading zeros
// included.
func IsAccountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// IsOrgID reports whether s is the ID of an AWS organization: "o-" and 10 to 32
// lower-case letters and digits
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html).
func IsOrgID(s string) bool {
	id, ok := strings.CutPrefix(s, "o-")
	if !ok || len(id) < 10 || len(id) > 32 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
