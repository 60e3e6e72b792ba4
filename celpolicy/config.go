package celpolicy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// MaxNameBytes is how long a rule's name may be, in bytes.
const MaxNameBytes = 64

// Rule is one CEL expression that is true or false.
type Rule struct {
	// Name stands in decisions, logs and metrics. It is unique across the deny
	// and the allow rules, at most [MaxNameBytes] long, without control
	// characters, and not of the form that stands for "": deny[0] or allow[1],
	// counted within its kind.
	Name string

	// Expression is of type bool and at most [MaxRuleBytes] long.
	Expression string

	// Shadow tries the rule out: it changes no decision, and [Decision.Shadow]
	// says what it would have changed.
	Shadow bool
}

// Config is a policy before it is compiled. The zero Config asks for nothing:
// a policy made of it lets every verified token pass.
//
// Requirements are compared byte for byte. A nil list asks for nothing; an
// empty list that is not nil is an error, for it would let nothing pass.
type Config struct {
	Accounts []string // aws_token.account.id is one of these; each 12 digits
	Orgs     []string // aws_token.org.id is one of these; each o- and 10 to 32 of [a-z0-9]

	// For each key, the tag is there and its value is one of the list. Request
	// tags are chosen by the caller of GetWebIdentityToken: never let one alone
	// open anything.
	PrincipalTags map[string][]string
	RequestTags   map[string][]string

	Deny  []Rule // one that is true, or that fails, refuses
	Allow []Rule // when there are any, at least one must be true
}

// FieldError is one fault of a [Config]. The error of [Compile] joins them;
// errors.As finds the first, and Unwrap() []error holds all.
type FieldError struct {
	Field   string // such as accounts[0], principal_tags["team"], allow[1] or deny[2].name
	Line    int    // in a rule's expression, from 1; 0 when the fault has no place there
	Column  int    // in that line, in characters, from 1
	Problem string
}

func (e *FieldError) Error() string {
	if e.Line == 0 {
		return e.Field + ": " + e.Problem
	}
	return fmt.Sprintf("%s (line %d, column %d of the rule): %s", e.Field, e.Line, e.Column, e.Problem)
}

var automaticName = regexp.MustCompile(`^(deny|allow)\[[0-9]+\]$`)

// faults gathers every fault of a Config.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

func (f faults) err() error { return errors.Join(f...) }

func (f *faults) checkRequirements(cfg Config) {
	f.checkList("accounts", cfg.Accounts, awstoken.IsAccountID, "is not 12 digits")
	f.checkList("orgs", cfg.Orgs, awstoken.IsOrgID, `is not the ID of an organization, such as "o-a1b2c3d4e5"`)
	f.checkTags("principal_tags", cfg.PrincipalTags)
	f.checkTags("request_tags", cfg.RequestTags)
}

func (f *faults) checkList(field string, values []string, good func(string) bool, problem string) {
	if values != nil && len(values) == 0 {
		f.add(field, "the list of values is empty")
	}
	for i, v := range values {
		if !good(v) {
			f.add(fmt.Sprintf("%s[%d]", field, i), "%q %s", v, problem)
		}
	}
}

func (f *faults) checkTags(field string, tags map[string][]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		path := fmt.Sprintf("%s[%q]", field, key)
		if key == "" {
			f.add(path, "the key is empty")
		}
		if len(tags[key]) == 0 {
			f.add(path, "the list of values is empty")
		}
	}
}

// checkNames looks at the names of both kinds of rules together.
func (f *faults) checkNames(deny, allow []Rule) {
	seen := make(map[string]bool)
	check := func(kind string, rules []Rule) {
		for i, r := range rules {
			if r.Name == "" {
				continue
			}
			field := fmt.Sprintf("%s[%d].name", kind, i)
			switch {
			case len(r.Name) > MaxNameBytes:
				f.add(field, "it is %d bytes long, %d are allowed", len(r.Name), MaxNameBytes)
			case !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, unicode.IsControl):
				f.add(field, "%q holds a control character or is not UTF-8", r.Name)
			case automaticName.MatchString(r.Name):
				f.add(field, "%q is how rules without a name are called", r.Name)
			case seen[r.Name]:
				f.add(field, "%q names two rules", r.Name)
			}
			seen[r.Name] = true
		}
	}
	check("deny", deny)
	check("allow", allow)
}
