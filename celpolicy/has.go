package celpolicy

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/parser"
)

// hasMacro makes has() work for the variables, whose names are qualified: CEL's
// own looks for a field of a variable "aws_token.org", which there is not. What
// spells no variable, such as a tag behind a map's name, is left to CEL's own.
func hasMacro(vars map[string]variable) cel.Macro {
	return cel.GlobalMacro("has", 1, func(eh cel.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		if args[0].Kind() != ast.SelectKind {
			return nil, eh.NewError(args[0].ID(), "has() takes a path, such as aws_token.org.id or aws_token.principal_tags.team; "+
				"for a key that is no identifier write \"a-b\" in aws_token.principal_tags")
		}
		if path, _, ok := selectChain(args[0]); ok {
			if _, known := vars[path]; known {
				return eh.NewIdent(presencePrefix + path), nil
			}
		}
		return parser.MakeHas(eh, target, args)
	})
}

// selectChain reads a.b.c, and returns it with the expression of its a.
func selectChain(e ast.Expr) (path string, root ast.Expr, ok bool) {
	var fields []string
	for e.Kind() == ast.SelectKind {
		fields = append(fields, e.AsSelect().FieldName())
		e = e.AsSelect().Operand()
	}
	if e.Kind() != ast.IdentKind {
		return "", nil, false
	}
	// ".a.b" names the same variable: nothing stands around the rule.
	var b strings.Builder
	b.WriteString(strings.TrimPrefix(e.AsIdent(), "."))
	for i := len(fields) - 1; i >= 0; i-- {
		b.WriteString("." + fields[i])
	}
	return b.String(), e, true
}
