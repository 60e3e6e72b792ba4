package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// problem is a fault of an expression, at a place in it.
type problem struct {
	line, column int // from 1
	text         string
}

// inspection is what the parsed tree of a rule tells: CEL's own checker forgets
// how a name was spelt and does not count loops.
type inspection struct {
	tree     *ast.AST
	chains   map[int64]string // the longest a.b.c by the ID of its a
	problems []problem
}

func inspect(tree *ast.AST) *inspection {
	in := &inspection{tree: tree, chains: make(map[int64]string)}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		// Chains are met from their outside, so the first is the longest.
		if path, root, ok := selectChain(e); ok {
			if _, seen := in.chains[root.ID()]; !seen {
				in.chains[root.ID()] = path
			}
		}
	}))
	return in
}

func (in *inspection) report(e ast.Expr, format string, args ...any) {
	in.problems = append(in.problems, problemAt(in.tree, e, fmt.Sprintf(format, args...)))
}

func problemAt(tree *ast.AST, e ast.Expr, text string) problem {
	at := tree.SourceInfo().GetStartLocation(e.ID())
	return problem{at.Line(), at.Column() + 1, text}
}

// checkLoops refuses loops that nest too deep or do too much, and loop
// variables that hide the attributes: has() reads their names as attributes.
func (in *inspection) checkLoops() {
	var walk func(e ast.NavigableExpr, depth int)
	walk = func(e ast.NavigableExpr, depth int) {
		if e.Kind() == ast.ComprehensionKind {
			// optMap() binds a name by a loop over nothing.
			if r := e.AsComprehension().IterRange(); r.Kind() != ast.ListKind || r.AsList().Size() > 0 {
				depth++
			}
			in.checkLoop(e, depth)
		}
		for _, child := range e.Children() {
			walk(child, depth)
		}
	}
	walk(ast.NavigateAST(in.tree), 0)
}

func (in *inspection) checkLoop(e ast.NavigableExpr, depth int) {
	loop := e.AsComprehension()
	for _, name := range []string{loop.IterVar(), loop.IterVar2(), loop.AccuVar()} {
		if name = strings.TrimPrefix(name, "."); isRoot(name) {
			in.report(e, "the variable %q hides the attributes: give it another name", name)
		}
	}
	if depth > MaxLoopDepth {
		in.report(e, "loops nest %d deep, %d are allowed", depth, MaxLoopDepth)
	}
	nodes, constants := 0, 0
	count := ast.NewExprVisitor(func(inner ast.Expr) {
		nodes++
		constants += constantOperands(inner)
	})
	ast.PostOrderVisit(loop.LoopCondition(), count)
	ast.PostOrderVisit(loop.LoopStep(), count)
	if nodes > MaxLoopNodes {
		in.report(e, "a loop holds %d nodes, %d are allowed", nodes, MaxLoopNodes)
	}
	if constants > MaxLoopConstants {
		in.report(e, "a loop holds %d literals as operands of && and || or before ?, %d are allowed", constants, MaxLoopConstants)
	}
}

// constantOperands counts the literals that an operator looks at for nothing.
func constantOperands(e ast.Expr) int {
	if e.Kind() != ast.CallKind {
		return 0
	}
	operands := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr:
	case operators.Conditional:
		operands = operands[:1]
	default:
		return 0
	}
	n := 0
	for _, operand := range operands {
		if operand.Kind() == ast.LiteralKind {
			n++
		}
	}
	return n
}

// isRoot reports whether name is the first word of the attributes' paths.
func isRoot(name string) bool { return name == "aws_token" || name == "request" }
