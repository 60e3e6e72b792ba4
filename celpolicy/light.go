package celpolicy

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// What looking once at something of a token or a request costs at most, in the
// units of MaxRuleCost: a text of MaxTextBytes, its hash, and the longest list
// that a token of 16 KiB can hold.
const (
	textCost = 1 + MaxTextBytes/10
	hashCost = 1 + MaxTextBytes/100
	listCost = 1000
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
	case overloads.StartsWith, overloads.EndsWith, overloads.Contains:
		return textCost, true
	case overloads.Matches:
		pattern, _ := stringLiteral(args[1])
		return 1 + (MaxTextBytes+1)*in.patterns[pattern]/20, true
	case "in_ou":
		return listCost, true
	case "arn_like":
		pattern, literal := stringLiteral(args[1])
		return textCost + uint64(len(pattern))/10 + MaxTextBytes*uint64(len(pattern))/50, literal
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
	for _, side := range []ast.Expr{a, b} {
		if side.Kind() == ast.LiteralKind {
			text, _ := stringLiteral(side)
			return 1 + uint64(len(text))/10, true
		}
	}
	return textCost, in.isScalar(a) && in.isScalar(b)
}

// membershipBound relies on CEL's making a set of a list of literals.
func (in *checkedRule) membershipBound(element, container ast.Expr) (most uint64, known bool) {
	switch {
	case !in.isScalar(element):
		return 0, false
	case container.Kind() == ast.ListKind || in.hasType(container, types.MapKind):
		return hashCost, true
	}
	return listCost + textCost, in.hasType(container, types.ListKind)
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
