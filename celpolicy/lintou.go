package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// organizationalUnits finds OU paths that are compared as text. A prefix without
// the slash at its end is that of other units, too.
func (l *lint) organizationalUnits() {
	l.walkOU(l.tree.Expr(), nil)
}

// walkOU visits e, in which the names of elements stand for OU paths.
func (l *lint) walkOU(e ast.Expr, elements []string) {
	switch e.Kind() {
	case ast.CallKind:
		l.checkOU(e, elements)
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		l.walkOU(loop.IterRange(), elements)
		if l.isOU(loop.IterRange(), elements) {
			name := loop.IterVar()
			if loop.HasIterVar2() {
				name = loop.IterVar2() // the first is the index
			}
			elements = append(elements[:len(elements):len(elements)], name)
		}
		for _, inner := range []ast.Expr{loop.LoopCondition(), loop.LoopStep(), loop.Result()} {
			l.walkOU(inner, elements)
		}
		return
	default:
	}
	for _, child := range children(e) {
		l.walkOU(child, elements)
	}
}

func (l *lint) checkOU(e ast.Expr, elements []string) {
	call := e.AsCall()
	args := arguments(call)
	if len(args) != 2 || !l.isOU(args[0], elements) {
		return
	}
	text, literal := stringLiteral(args[1])
	switch call.FunctionName() {
	case overloads.StartsWith:
		if literal && strings.HasSuffix(text, "/") {
			return
		}
	case overloads.EndsWith:
		if literal && strings.HasPrefix(text, "/") {
			return
		}
	case overloads.Contains:
		if literal && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/") {
			return
		}
	case overloads.Matches:
	default:
		return
	}
	l.warn(e, fmt.Sprintf("%s compares an OU path as text, in which \"ou-ab12-1\" also begins \"ou-ab12-11\"; write in_ou(%s, \"ou-…\")",
		call.FunctionName(), ouPath))
}

// isOU reports whether e is the OU path, an element of it, or made of one.
func (l *lint) isOU(e ast.Expr, elements []string) bool {
	switch e.Kind() {
	case ast.IdentKind:
		for _, name := range elements {
			if e.AsIdent() == name {
				return true
			}
		}
		return l.variable(e) == ouPath
	case ast.SelectKind:
		return l.isClaim(e, "ou_path")
	case ast.CallKind:
		if l.isClaim(e, "ou_path") {
			return true
		}
		args := arguments(e.AsCall())
		switch e.AsCall().FunctionName() {
		case operators.Index, "join", "lowerAscii", "upperAscii", "trim":
			return l.isOU(args[0], elements)
		}
	default:
	}
	return false
}

// isClaim reports whether e reads a member of aws_token.claims.
func (l *lint) isClaim(e ast.Expr, name string) bool {
	r, _, ok := asReading(e, l.variables)
	return ok && r.variable == claimsPath && len(r.keys) > 0 && r.keys[0] == name
}
