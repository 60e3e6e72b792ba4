package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// checkedRule is what the checked tree of a rule tells: what it reads, and
// which literals could only ever fail.
type checkedRule struct {
	tree      *ast.AST
	reads     map[string]bool   // variables by name, hidden ones included
	patterns  map[string]uint64 // regular expressions with their instructions
	readsPath bool
	loops     bool
	asksOU    bool
	problems  []problem
}

func inspectChecked(tree *ast.AST) *checkedRule {
	in := &checkedRule{tree: tree, reads: make(map[string]bool), patterns: make(map[string]uint64)}
	for _, ref := range tree.ReferenceMap() {
		in.reads[strings.TrimPrefix(ref.Name, ".")] = true
	}
	in.readsPath = in.reads[pathVariable] || in.reads[presencePrefix+pathVariable]
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			in.asksOU = in.asksOU || e.AsCall().FunctionName() == "in_ou"
			in.checkCall(e)
		case ast.ComprehensionKind:
			in.loops = true
		default:
		}
	}))
	return in
}

func (in *checkedRule) report(e ast.Expr, text string) {
	in.problems = append(in.problems, problemAt(in.tree, e, text))
}

// checkCall looks at calls whose last argument decides whether they work.
func (in *checkedRule) checkCall(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	if len(args) == 0 {
		return
	}
	last := args[len(args)-1]
	text, literal := stringLiteral(last)
	switch call.FunctionName() {
	case overloads.Matches:
		if !literal {
			// Text from a token would be a program that its sender wrote, and
			// would be compiled for each request.
			in.report(last, "the regular expression is not a string literal")
			return
		}
		in.checkPattern(last, text)
	case "arn_like":
		if literal {
			in.reportError(last, checkARNPattern(text))
		}
	case "ip_in":
		if literal {
			_, err := parseCIDR(text)
			in.reportError(last, err)
		}
	}
}

func (in *checkedRule) reportError(e ast.Expr, err error) {
	if err != nil {
		in.report(e, err.Error())
	}
}

func (in *checkedRule) checkPattern(e ast.Expr, pattern string) {
	n, err := patternInstructions(pattern)
	switch {
	case err != nil:
		in.report(e, err.Error())
	case n > MaxPatternInstructions:
		in.report(e, fmt.Sprintf("the regular expression takes %d instructions, %d are allowed", n, MaxPatternInstructions))
	default:
		in.patterns[pattern] = n
	}
}

func stringLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}
