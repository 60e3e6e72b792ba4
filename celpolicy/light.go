package celpolicy

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// tokenTextBytes is how long a text of a token may be: a token has 16 KiB at
// most, and base64 makes four bytes of three. A text of a request is shorter, it
// has MaxTextBytes at most.
const tokenTextBytes = 16 << 10 / 4 * 3

// What looking once at something of a token or a request costs at most, in the
// units of MaxRuleCost: the longest text, its hash, and all of the longest list,
// whose elements share the bytes of one token.
const (
	textCost = 2 + tokenTextBytes/10
	hashCost = 2 + tokenTextBytes/100
	listCost = 2 + awstoken.MaxValues + tokenTextBytes/10
)

// isLight reports whether the rule cannot cost more than MaxRuleCost, whatever
// the token and the request hold. Its cost need not be counted then, which would
// take several times as long as the rule does.
func (in *checkedRule) isLight() bool {
	if in.loops {
		return false
	}
	total := uint64(0)
	light := true
	ast.PreOrderVisit(in.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		cost, known := in.nodeCost(e)
		total += cost
		light = light && known && total <= MaxRuleCost
	}))
	return light
}

// nodeCost is the most that one node takes without its operands. What it does
// not know may take any time, or make values that do.
func (in *checkedRule) nodeCost(e ast.Expr) (most uint64, known bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		return 0, true
	case ast.IdentKind, ast.SelectKind:
		return 1, true
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			if element.Kind() != ast.LiteralKind {
				return 0, false
			}
		}
		return 1, len(e.AsList().OptionalIndices()) == 0
	case ast.CallKind:
		return in.callCost(e.AsCall())
	default:
		return 0, false
	}
}

func (in *checkedRule) callCost(call ast.CallExpr) (most uint64, known bool) {
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	switch call.FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional:
		return 1, true
	case operators.Equals, operators.NotEquals,
		operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return in.comparisonCost(args[0], args[1])
	case operators.In:
		return in.membershipBound(args[0], args[1])
	case operators.Index, operators.OptIndex:
		return hashCost, in.isScalar(args[1])
	case operators.OptSelect, "orValue", "value", "hasValue":
		return 1, true
	case overloads.StartsWith, overloads.EndsWith:
		return tenths(longest(args[1])), true
	case overloads.Contains:
		return 1 + (longest(args[0])+9)/10*((longest(args[1])+9)/10), true
	case overloads.Matches:
		pattern, _ := stringLiteral(args[1])
		return 1 + (longest(args[0])+1)*in.patterns[pattern]/20, true
	case "in_ou":
		return listCost, in.hasType(args[0], types.ListKind)
	case "arn_like":
		pattern, literal := stringLiteral(args[1])
		text, size := longest(args[0]), uint64(len(pattern))
		return tenths(text+size) + text*size/50, literal
	case "ip_in":
		return textCost, true
	case overloads.TypeConvertTimestamp, overloads.TypeConvertDuration:
		return 1, args[0].Kind() == ast.LiteralKind
	case operators.Subtract:
		return 1, in.hasType(args[0], types.TimestampKind)
	}
	return 0, false
}

// comparisonCost needs one side of a fixed size, or two texts.
func (in *checkedRule) comparisonCost(a, b ast.Expr) (most uint64, known bool) {
	known = in.isScalar(a) && in.isScalar(b) || a.Kind() == ast.LiteralKind || b.Kind() == ast.LiteralKind
	return tenths(min(longest(a), longest(b))), known
}

// longest is how many bytes the value of e has at most, if it is a text.
func longest(e ast.Expr) uint64 {
	switch e.Kind() {
	case ast.LiteralKind:
		return length(e.AsLiteral())
	case ast.IdentKind:
		if strings.HasPrefix(strings.TrimPrefix(e.AsIdent(), "."), "request.") {
			return MaxTextBytes
		}
	default:
	}
	return tokenTextBytes
}

func tenths(bytes uint64) uint64 { return 1 + (bytes+9)/10 }

// membershipBound relies on CEL's making a set of a list of literals.
func (in *checkedRule) membershipBound(element, container ast.Expr) (most uint64, known bool) {
	switch {
	case !in.isScalar(element):
		return 0, false
	case container.Kind() == ast.ListKind || in.hasType(container, types.MapKind):
		return hashCost, true
	}
	return listCost * (1 + longest(element)/100), in.hasType(container, types.ListKind)
}

func (in *checkedRule) hasType(e ast.Expr, kind types.Kind) bool {
	return in.tree.GetType(e.ID()).Kind() == kind
}

func (in *checkedRule) isScalar(e ast.Expr) bool {
	switch in.tree.GetType(e.ID()).Kind() {
	case types.StringKind, types.IntKind, types.UintKind, types.DoubleKind, types.BoolKind, types.TimestampKind, types.DurationKind:
		return true
	default:
		return false
	}
}
