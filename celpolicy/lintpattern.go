package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// patterns finds what is true of more than it seems: matches() without anchors,
// and all() over what may be absent.
func (l *lint) patterns() {
	ast.PreOrderVisit(l.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			l.unanchored(e)
		case ast.ComprehensionKind:
			l.vacuous(e)
		default:
		}
	}))
}

func (l *lint) unanchored(e ast.Expr) {
	if e.AsCall().FunctionName() != overloads.Matches {
		return
	}
	args := e.AsCall().Args()
	pattern, ok := stringLiteral(args[len(args)-1])
	if !ok || strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") {
		return
	}
	l.warn(e, fmt.Sprintf("matches(%q) is true when any part of the text matches; write \"^(?:…)$\" to match all of it", pattern))
}

// vacuous finds all() over an attribute that may be absent, in a rule that does
// not ask for its presence.
func (l *lint) vacuous(e ast.Expr) {
	loop := e.AsComprehension()
	name := l.variable(loop.IterRange())
	if !isAll(loop) || name == "" || l.reads[presencePrefix+name] || l.sizes(name) {
		return
	}
	l.warn(e, fmt.Sprintf("%s.all(…) is true when %s is absent; ask has(%s) as well", name, name, name))
}

// isAll recognises what the macro expands to: it begins with true and goes on
// for as long as that lasts.
func isAll(loop ast.ComprehensionExpr) bool {
	init, condition := loop.AccuInit(), loop.LoopCondition()
	return init.Kind() == ast.LiteralKind && init.AsLiteral() == types.True &&
		condition.Kind() == ast.CallKind && condition.AsCall().FunctionName() == operators.NotStrictlyFalse
}

// sizes reports whether the rule asks for the size of the variable.
func (l *lint) sizes(name string) bool {
	found := false
	l.calls(func(_ ast.Expr, call ast.CallExpr) {
		found = found || call.FunctionName() == overloads.Size && l.variable(arguments(call)[0]) == name
	})
	return found
}
