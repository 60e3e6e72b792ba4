package celpolicy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// interruptEvery is after how many rounds of a loop a rule asks whether its
// context was cancelled.
const interruptEvery = 100

// rule is a Rule that is ready to be asked. It keeps no state of its own, but
// for the parts that it is taken apart into when somebody wants to know.
type rule struct {
	name       string
	effect     Effect
	shadow     bool
	expression string

	program   cel.Program
	loops     bool
	readsPath bool
	reads     []reading
	asksOU    bool // whether it calls in_ou

	checked   *cel.Ast // nil once the warnings are made, and inspected as well
	inspected *checkedRule

	compiler   *compiler
	once       sync.Once
	operator   string
	parts      []*rule
	takenApart bool // with the rule, so that no refusal waits for it
}

// holds reports whether the rule is true. Whatever goes wrong is an error, a
// panic too, and it is up to the caller to refuse then.
func (r *rule) holds(ctx context.Context, a *activation) (result bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = false, fmt.Errorf("evaluating a rule: panic: %v", p)
		}
	}()
	if ctx == nil {
		return false, errors.New("evaluating a rule: there is no context")
	}
	var value ref.Val
	if r.loops {
		value, _, err = r.program.ContextEval(ctx, a)
	} else {
		// Only loops look at the context, and lending it takes allocations.
		value, _, err = r.program.Eval(a)
	}
	if err != nil {
		return false, err
	}
	b, ok := value.(types.Bool)
	if !ok {
		return false, errors.New("evaluating a rule: its value is not a bool")
	}
	return bool(b), nil
}

// compiler turns the rules of one Config into programs.
type compiler struct {
	env       *cel.Env
	variables map[string]variable
	functions []string
}

// compile adds the rule's faults to f, all that CEL finds in one pass.
func (c *compiler) compile(field, expression string, f *faults) *rule {
	switch {
	case expression == "":
		f.add(field, "the expression is empty")
		return nil
	case len(expression) > MaxRuleBytes:
		f.add(field, "the expression is %d bytes long, %d are allowed", len(expression), MaxRuleBytes)
		return nil
	case !utf8.ValidString(expression):
		f.add(field, "the expression is not UTF-8")
		return nil
	}
	parsed, issues := c.env.Parse(expression)
	if issues.Err() != nil {
		c.addIssues(field, issues, nil, f)
		return nil
	}
	// The checker rewrites the tree, so what it calls names is read before.
	in := inspect(parsed.NativeRep())
	in.checkLoops()
	checked, issues := c.env.Check(parsed)
	if issues.Err() != nil || len(in.problems) > 0 {
		c.addIssues(field, issues, in, f)
		return nil
	}
	result := inspectChecked(checked.NativeRep())
	f.addProblems(field, result.problems)
	if t := checked.OutputType(); t != cel.BoolType {
		f.add(field, "%s", notBool(t))
		return nil
	}
	if len(result.problems) > 0 {
		return nil
	}
	r := c.program(field, checked, result, f)
	if r != nil {
		r.expression = expression
	}
	return r
}

func (c *compiler) program(field string, checked *cel.Ast, in *checkedRule, f *faults) *rule {
	estimate, err := c.env.EstimateCost(checked, sizes{})
	if err == nil && estimate.Min > MaxRuleCost {
		f.add(field, "it costs %d units at least, %d are allowed", estimate.Min, uint64(MaxRuleCost))
		return nil
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if !in.isLight() {
		options = append(options,
			costTrackers(in.patterns),
			cel.InterruptCheckFrequency(interruptEvery),
			cel.CostLimit(MaxRuleCost),
		)
	}
	program, err := c.env.Program(checked, options...)
	if err != nil {
		f.add(field, "%v", err)
		return nil
	}
	return &rule{
		program: program, loops: in.loops, readsPath: in.readsPath,
		reads: in.readings(c.variables), asksOU: in.asksOU,
		checked: checked, inspected: in, compiler: c,
	}
}

func notBool(t *cel.Type) string {
	if t.Kind() == types.DynKind {
		return "the rule is dyn, not bool: compare the value, or convert it with bool(…)"
	}
	return fmt.Sprintf("the rule is %s, not bool", t)
}
