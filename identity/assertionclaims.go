package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// assertedClaim is an attribute that stands in an assertion, under aws_token.
type assertedClaim struct {
	attribute awstoken.Reference
	members   []string // the names that lead to it, such as principal_tags, team
}

// parseClaims reads the paths. No two may lead to the same place.
func parseClaims(paths []string) ([]assertedClaim, error) {
	var claims []assertedClaim
	var faults []error
	for i, path := range paths {
		attribute, err := awstoken.ParseReference(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("claims[%d]: %w", i, err))
			continue
		}
		claim := assertedClaim{attribute, membersOf(path)}
		for _, earlier := range claims {
			if claim.isWithin(earlier) || earlier.isWithin(claim) {
				faults = append(faults, fmt.Errorf("claims[%d]: %s stands in %s already, or holds it; leave one of them out", i, path, earlier.attribute.Path()))
			}
		}
		claims = append(claims, claim)
	}
	return claims, errors.Join(faults...)
}

// isWithin reports whether a claim is another one, or a member of it.
func (c assertedClaim) isWithin(other assertedClaim) bool {
	n := len(other.members)
	return n <= len(c.members) && slices.Equal(c.members[:n], other.members)
}

// membersOf splits a path where the JSON is nested. All that is behind a map of
// tags is one key.
func membersOf(path string) []string {
	path = strings.TrimPrefix(path, "aws_token.")
	for _, tags := range []string{"principal_tags", "request_tags"} {
		if key, ok := strings.CutPrefix(path, tags+"."); ok {
			return []string{tags, key}
		}
	}
	return strings.Split(path, ".")
}

// claimsOf returns the object of the claims that the token has, or nil.
func claimsOf(claims []assertedClaim, t *awstoken.Token) map[string]any {
	var all map[string]any
	for _, c := range claims {
		value := claimValue(c.attribute, t)
		if value == nil {
			continue
		}
		if all == nil {
			all = make(map[string]any)
		}
		object := all
		for _, name := range c.members[:len(c.members)-1] {
			inner, ok := object[name].(map[string]any)
			if !ok {
				inner = make(map[string]any)
				object[name] = inner
			}
			object = inner
		}
		object[c.members[len(c.members)-1]] = value
	}
	return all
}

// claimValue is an attribute as JSON has it, a timestamp as RFC 3339 in UTC; nil
// is one that the token lacks.
func claimValue(attribute awstoken.Reference, t *awstoken.Token) any {
	switch v := attribute.Value(t).(type) {
	case string:
		if v != "" {
			return v
		}
	case []string:
		if len(v) > 0 {
			return v
		}
	case map[string]string:
		if len(v) > 0 {
			return v
		}
	case map[string]any:
		if len(v) > 0 {
			return v
		}
	case time.Time:
		if !v.IsZero() {
			return v.UTC().Format(time.RFC3339)
		}
	}
	return nil
}
