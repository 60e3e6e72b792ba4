package celpolicy

import (
	"context"
	"fmt"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Explanation is a decision with everything that was looked at.
type Explanation struct {
	Decision Decision // exactly what [Policy.Evaluate] returns

	// Checks are all that the policy asks, in the order in which they are asked,
	// those behind the first failure included. There are none without a compiled
	// policy or without a token.
	Checks []Check
}

// CheckKind is what a [Check] looks at.
type CheckKind string

// The kinds, in the order in which they are asked.
const (
	CheckPath        CheckKind = "path" // only when a rule reads it
	CheckRequirement CheckKind = "requirement"
	CheckDeny        CheckKind = "deny"
	CheckAllow       CheckKind = "allow"
)

// Check is one thing that a policy looks at. Text from outside is quoted and
// cut to 128 bytes.
type Check struct {
	Kind CheckKind
	Name string // path; or the name of the requirement or of the rule, as Decision.Rule has it

	// Passed says that a path is safe, a requirement holds, a deny rule is false
	// or an allow rule is true. One allow rule that passed is enough.
	Passed bool

	// Shadow marks a shadow rule, and the path when only shadow rules read it:
	// such a check refuses nothing.
	Shadow bool

	Found  string // of a path or a requirement, quoted; "" when Absent
	Absent bool   // whether the token lacks what a requirement asks for
	Wanted string // of a requirement: its values, the first ten

	Hint string // of a check that did not pass: what was found, and a likely mistake
	Rule *RuleCheck
}

// Result is what a rule, or a part of one, came to.
type Result string

// The results.
const (
	ResultTrue  Result = "true"
	ResultFalse Result = "false"
	ResultError Result = "error"
)

// RuleCheck is what a [Check] of a rule has beside.
type RuleCheck struct {
	Expression string // as it is configured
	Result     Result
	Error      string // of ResultError
	Reads      []Reading

	// Operator is && or ||, when one of them is the rule's outermost, and Parts
	// are its operands. Each is asked, also where the others decide.
	Operator string
	Parts    []Part
}

// Reading is an attribute that a rule reads, or asks has() for.
type Reading struct {
	Path   string // as the rule spells it, with the key of a tag: aws_token.principal_tags.team
	Value  string // quoted and cut
	Absent bool   // the token or the request lacks it
}

// Part is an operand of a rule's outermost && or ||. An operand that is itself a
// chain of the other operator has parts, and these have none.
type Part struct {
	Expression string
	Result     Result
	Error      string
	Operator   string
	Parts      []Part
}

// Explain decides as [Policy.Evaluate] does, and says what each requirement and
// each rule came to. It takes milliseconds: it is for people, not for requests.
func (p *Policy) Explain(ctx context.Context, t *awstoken.Token, r Request) *Explanation {
	e := &Explanation{Decision: p.Evaluate(ctx, t, r)}
	if p == nil || !p.compiled || t == nil {
		return e
	}
	a := &activation{variables: p.variables, token: t, request: &r, explained: true}
	unsafe := p.readPath(a)
	if p.enforced.readsPath || p.shadow.readsPath {
		e.Checks = append(e.Checks, Check{
			Kind: CheckPath, Name: string(CheckPath), Passed: unsafe == "", Shadow: !p.enforced.readsPath,
			Found: quoted(r.EscapedPath), Hint: unsafe,
		})
	}
	for i := range p.requirements {
		e.Checks = append(e.Checks, p.requirements[i].explain(t))
	}
	for _, rule := range p.rules {
		e.Checks = append(e.Checks, rule.explain(ctx, a))
	}
	return e
}

func (r *requirement) explain(t *awstoken.Token) Check {
	c := Check{Kind: CheckRequirement, Name: r.name, Wanted: wantedList(r.wanted)}
	value, present := r.read(t)
	if c.Absent = !present; present {
		c.Found = quoted(value)
	}
	hint, refused := r.refusal(t)
	c.Passed, c.Hint = !refused, hint
	return c
}

func (r *rule) explain(ctx context.Context, a *activation) Check {
	c := Check{Kind: CheckKind(r.effect), Name: r.name, Shadow: r.shadow}
	a.looks = looks{}
	holds, err := r.holds(ctx, a)
	result, text := r.result(holds, err, a)
	c.Rule = &RuleCheck{Expression: r.expression, Result: result, Error: text}
	for _, read := range r.reads {
		c.Rule.Reads = append(c.Rule.Reads, read.explain(a))
	}
	c.Rule.Operator, c.Rule.Parts = r.explainParts(ctx, a, partsDepth)
	c.Passed = result == ResultTrue
	if r.effect == EffectDeny {
		c.Passed = result == ResultFalse
	}
	switch {
	case c.Passed:
	case result == ResultError:
		c.Hint = fmt.Sprintf("%s rule %q failed: %s", r.effect, r.name, text)
	case result == ResultTrue:
		c.Hint = joinHints(fmt.Sprintf("deny rule %q is true", r.name), r.values(a))
	default:
		c.Hint = joinHints(fmt.Sprintf("allow rule %q is false", r.name), r.whyFalse(ctx, a))
	}
	return c
}

func (r *rule) result(holds bool, err error, a *activation) (result Result, text string) {
	switch {
	case err != nil:
		return ResultError, r.failure(err, a)
	case holds:
		return ResultTrue, ""
	}
	return ResultFalse, ""
}

// partsDepth is how often operands are taken apart.
const partsDepth = 2

func (r *rule) explainParts(ctx context.Context, a *activation, depth int) (operator string, list []Part) {
	if depth == 0 {
		return "", nil
	}
	operator, parts := r.takeApart()
	for _, part := range parts {
		holds, err := part.holds(ctx, a)
		p := Part{Expression: part.expression}
		p.Result, p.Error = part.result(holds, err, a)
		p.Operator, p.Parts = part.explainParts(ctx, a, depth-1)
		list = append(list, p)
	}
	return operator, list
}

func (r reading) explain(a *activation) Reading {
	value, present := r.value(a)
	if !present {
		return Reading{Path: r.path, Absent: true}
	}
	return Reading{Path: r.path, Value: shown(value)}
}
