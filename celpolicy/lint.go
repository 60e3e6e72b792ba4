package celpolicy

import (
	"cmp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
)

// lint gathers the warnings about one rule.
type lint struct {
	rule      *rule
	tree      *ast.AST
	variables map[string]variable
	reads     map[string]bool // variables by name, hidden ones included
	found     []Warning
}

func (c *compiler) lint(cfg Config, rules []*rule) []Warning {
	warnings := requestTagRequirements(cfg)
	for _, r := range rules {
		l := &lint{rule: r, tree: r.inspected.tree, variables: c.variables, reads: r.inspected.reads}
		l.constant(c)
		if !vouched(cfg) && r.effect == EffectAllow {
			l.requestTagsAlone()
		}
		l.patterns()
		l.organizationalUnits()
		l.impossible()
		slices.SortStableFunc(l.found, func(a, b Warning) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		warnings = append(warnings, l.found...)
		r.checked, r.inspected = nil, nil
	}
	return warnings
}

func (l *lint) warn(e ast.Expr, text string) {
	at := problemAt(l.tree, e, text)
	l.found = append(l.found, Warning{Effect: l.rule.effect, Rule: l.rule.name, Line: max(at.line, 0), Column: at.column, Text: text})
}

// calls visits every call of the rule.
func (l *lint) calls(visit func(e ast.Expr, call ast.CallExpr)) {
	ast.PreOrderVisit(l.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind {
			visit(e, e.AsCall())
		}
	}))
}

// variable returns the name of the variable that e is.
func (l *lint) variable(e ast.Expr) string {
	if e.Kind() != ast.IdentKind {
		return ""
	}
	name := strings.TrimPrefix(e.AsIdent(), ".")
	if _, known := l.variables[name]; !known {
		return ""
	}
	return name
}

// arguments are those of a call, the one before the dot first.
func arguments(call ast.CallExpr) []ast.Expr {
	if call.IsMemberFunction() {
		return append([]ast.Expr{call.Target()}, call.Args()...)
	}
	return call.Args()
}
