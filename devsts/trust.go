package devsts

import (
	"slices"
	"strings"
)

// TrustStatement is a statement of a role's trust policy that allows
// sts:AssumeRoleWithWebIdentity to the tokens of a provider:
//
//	{"provider": "https://gateway.example", "condition": {
//		"StringEquals": {"gateway.example:aud": ["sts.amazonaws.com"]},
//		"StringLike": {"gateway.example:sub": ["spiffe://example/ns/*"]}}}
type TrustStatement struct {
	// Provider is the URL of a provider of the role's account.
	Provider string `json:"provider"`
	// Condition has the operators StringEquals and StringLike, and under them
	// the keys <provider>:aud and <provider>:sub, where <provider> is the URL
	// without its scheme. Every key must hold, by one of its values. At least
	// one key is required: whoever trusts all of a provider's tokens says so
	// with "*".
	Condition map[string]map[string][]string `json:"condition"`
}

// The operators of string conditions, as the IAM User Guide describes them
// under "String condition operators".
const (
	operatorEquals = "StringEquals"
	operatorLike   = "StringLike"
)

// trusts reports whether a trust policy lets a token of a provider in.
func trusts(policy []TrustStatement, p OIDCProvider, t webToken) bool {
	return slices.ContainsFunc(policy, func(s TrustStatement) bool {
		return s.Provider == p.URL && s.holds(map[string]string{
			p.name() + ":aud": t.audience,
			p.name() + ":sub": t.subject,
		})
	})
}

// holds evaluates the condition: AND between operators and keys, OR between the
// values of a key, as the IAM User Guide has it under "Conditions with multiple
// context keys or values". Without a key it never holds.
func (s TrustStatement) holds(context map[string]string) bool {
	keys := 0
	for operator, conditions := range s.Condition {
		for key, values := range conditions {
			keys++
			have, ok := context[key]
			if !ok || !slices.ContainsFunc(values, func(want string) bool {
				return operator == operatorEquals && have == want || operator == operatorLike && like(have, want)
			}) {
				return false
			}
		}
	}
	return keys > 0
}

// conditionKeys are the keys that a condition may have for a provider.
func conditionKeys(p OIDCProvider) []string {
	return []string{p.name() + ":aud", p.name() + ":sub"}
}

// like compares case-sensitively, with * for any run of characters and ? for
// any one of them.
func like(text, pattern string) bool {
	return likeRunes([]rune(text), []rune(pattern))
}

func likeRunes(text, pattern []rune) bool {
	// On a mismatch the last * takes one character more; none before it needs to.
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(text) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, mark = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == text[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(string(pattern[j:]), "*") == ""
}
