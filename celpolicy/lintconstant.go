package celpolicy

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// constant finds a rule that comes to the same whatever is asked about: it is
// evaluated with all that it could read unknown.
func (l *lint) constant(c *compiler) {
	program, err := c.env.Program(l.rule.checked, cel.EvalOptions(cel.OptPartialEval),
		costTrackers(l.rule.inspected.patterns), cel.CostLimit(MaxRuleCost))
	if err != nil {
		return
	}
	unknown := make([]*cel.AttributePatternType, 0, len(l.reads))
	for name := range l.reads {
		unknown = append(unknown, cel.AttributePattern(name))
	}
	vars, err := cel.PartialVars(map[string]any{}, unknown...)
	if err != nil {
		return
	}
	value, _, err := program.Eval(vars)
	if err != nil {
		return
	}
	if result, ok := value.(types.Bool); ok {
		l.warn(l.tree.Expr(), fmt.Sprintf("the rule is %t whatever the token and the request say", bool(result)))
	}
}
