package celpolicy

import (
	"math"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/parser"
)

// takeApart returns the operands of the rule's outermost && or ||, each a rule of
// its own, and that operator; "" and nil when there is none. It compiles them
// when it is first called.
func (r *rule) takeApart() (operator string, parts []*rule) {
	r.once.Do(func() { r.operator, r.parts = r.compiler.takeApart(r.expression) })
	return r.operator, r.parts
}

// takeApartEarly takes a rule apart whose parts the hint of a refusal asks. A
// rule that loops is dear to ask twice, and one that is long to compile: of their
// parts only Explain speaks.
func (r *rule) takeApartEarly() {
	if r.effect != EffectAllow || r.loops || len(r.expression) > maxPartsBytes ||
		calledFunction(r.inspected.tree.Expr()) != operators.LogicalAnd {
		return
	}
	r.takeApart()
	r.takenApart = true
}

func (c *compiler) takeApart(expression string) (operator string, parts []*rule) {
	parsed, issues := c.env.Parse(expression)
	if issues.Err() != nil {
		return "", nil
	}
	tree := parsed.NativeRep()
	function := calledFunction(tree.Expr())
	switch function {
	case operators.LogicalAnd:
		operator = "&&"
	case operators.LogicalOr:
		operator = "||"
	default:
		return "", nil
	}
	for _, operand := range operands(tree.Expr(), function) {
		text, err := parser.Unparse(operand, tree.SourceInfo(), parser.WrapOnColumn(math.MaxInt))
		if err != nil {
			return "", nil
		}
		part := c.compilePart(text)
		if part == nil {
			return "", nil
		}
		parts = append(parts, part)
	}
	return operator, parts
}

// operands are those of a whole chain: CEL's parser makes a tree of a && b && c.
func operands(e ast.Expr, function string) []ast.Expr {
	if calledFunction(e) != function {
		return []ast.Expr{e}
	}
	var list []ast.Expr
	for _, arg := range e.AsCall().Args() {
		list = append(list, operands(arg, function)...)
	}
	return list
}

func calledFunction(e ast.Expr) string {
	if e.Kind() != ast.CallKind {
		return ""
	}
	return e.AsCall().FunctionName()
}

// compilePart compiles what may be dyn, as an operand may.
func (c *compiler) compilePart(text string) *rule {
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		return nil
	}
	in := inspectChecked(checked.NativeRep())
	if len(in.problems) > 0 {
		return nil
	}
	var f faults
	part := c.program("", checked, in, &f)
	if part == nil {
		return nil
	}
	part.expression, part.checked, part.inspected = text, nil, nil
	return part
}
