package celpolicy

import (
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

const callerChooses = "request tags alone decide, and the caller of GetWebIdentityToken chooses them; " +
	"ask for an account, an organization or a principal tag as well"

// vouched reports whether a requirement asks for something that AWS says of the
// caller.
func vouched(cfg Config) bool {
	return len(cfg.Accounts)+len(cfg.Orgs)+len(cfg.PrincipalTags) > 0
}

// requestTagRequirements finds those that stand alone.
func requestTagRequirements(cfg Config) []Warning {
	if vouched(cfg) || slices.ContainsFunc(cfg.Allow, func(r Rule) bool { return !r.Shadow }) {
		return nil
	}
	var list []Warning
	for _, key := range slices.Sorted(maps.Keys(cfg.RequestTags)) {
		list = append(list, Warning{Rule: "request_tag." + key, Text: callerChooses})
	}
	return list
}

// chosen are the attributes that say nothing of who the caller is: it chooses
// the audience, and the times and the ID are those of any token.
var chosen = map[string]bool{
	requestTags: true, "aws_token.aud": true, "aws_token.jti": true,
	"aws_token.iat": true, "aws_token.exp": true, "aws_token.original_session_exp": true,
}

// requestTagsAlone finds an alternative of the rule that the caller can make true
// by choosing request tags.
func (l *lint) requestTagsAlone() {
	for _, operand := range operands(l.tree.Expr(), operators.LogicalOr) {
		if l.onlyRequestTags(operand) {
			l.warn(operand, callerChooses)
		}
	}
}

func (l *lint) onlyRequestTags(e ast.Expr) bool {
	tags := false
	for _, r := range readingsOf(e, l.variables) {
		switch {
		case r.variable == requestTags, r.variable == claimsPath && len(r.keys) > 0 && r.keys[0] == "request_tags":
			tags = true
		case strings.HasPrefix(r.variable, "request.") || chosen[r.variable]:
		default:
			return false
		}
	}
	return tags
}
