package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// warnings are what CEL accepts and few people mean.
func (in *checkedRule) warnings(vars map[string]variable) []string {
	var list []string
	ast.PreOrderVisit(in.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			if w := in.unanchored(e.AsCall()); w != "" {
				list = append(list, w)
			}
		case ast.ComprehensionKind:
			if w := in.vacuous(e.AsComprehension(), vars); w != "" {
				list = append(list, w)
			}
		default:
		}
	}))
	return list
}

func (in *checkedRule) unanchored(call ast.CallExpr) string {
	if call.FunctionName() != overloads.Matches {
		return ""
	}
	args := call.Args()
	pattern, ok := stringLiteral(args[len(args)-1])
	if !ok || strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") {
		return ""
	}
	return fmt.Sprintf("matches(%q) is true when any part of the text matches; write \"^(?:…)$\" to match all of it", pattern)
}

// vacuous finds all() over an attribute that may be absent, in a rule that does
// not ask for its presence.
func (in *checkedRule) vacuous(loop ast.ComprehensionExpr, vars map[string]variable) string {
	if !isAll(loop) || loop.IterRange().Kind() != ast.IdentKind {
		return ""
	}
	name := strings.TrimPrefix(loop.IterRange().AsIdent(), ".")
	if _, known := vars[name]; !known || in.reads[presencePrefix+name] || in.sizes(name) {
		return ""
	}
	return fmt.Sprintf("%s.all(…) is true when %s is absent; ask has(%s) as well", name, name, name)
}

// isAll recognises what the macro expands to: it begins with true and goes on
// for as long as that lasts.
func isAll(loop ast.ComprehensionExpr) bool {
	init, condition := loop.AccuInit(), loop.LoopCondition()
	return init.Kind() == ast.LiteralKind && init.AsLiteral() == types.True &&
		condition.Kind() == ast.CallKind && condition.AsCall().FunctionName() == operators.NotStrictlyFalse
}

// sizes reports whether the rule asks for the size of the variable.
func (in *checkedRule) sizes(name string) bool {
	found := false
	ast.PreOrderVisit(in.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.Size {
			return
		}
		arg := e.AsCall().Target()
		if args := e.AsCall().Args(); len(args) == 1 {
			arg = args[0]
		}
		found = found || arg.Kind() == ast.IdentKind && strings.TrimPrefix(arg.AsIdent(), ".") == name
	}))
	return found
}
