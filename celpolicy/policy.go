package celpolicy

import (
	"context"
	"fmt"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Policy decides whether a request may pass. It does not change once compiled,
// and several goroutines may ask it at the same time. The zero Policy and a nil
// one refuse everything.
type Policy struct {
	compiled     bool
	requirements []requirement
	deny, allow  []*rule
	noneTrue     string // the hint when no allow rule is true
	variables    map[string]variable
	readsPath    bool
}

// Compile makes a policy of a configuration, which may be changed afterwards.
// The error joins every fault that it finds, each a [*FieldError].
func Compile(cfg Config) (*Policy, error) {
	var f faults
	f.checkRequirements(cfg)
	f.checkNames(cfg.Deny, cfg.Allow)
	vars := newVariables()
	env, err := newEnvironment(vars)
	if err != nil {
		return nil, err
	}
	c := &compiler{env: env, variables: vars, functions: functionNames(env)}
	p := &Policy{compiled: true, requirements: requirements(cfg), variables: vars}
	p.deny = c.compileAll(EffectDeny, cfg.Deny, &f)
	p.allow = c.compileAll(EffectAllow, cfg.Allow, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	for _, r := range append(p.deny[:len(p.deny):len(p.deny)], p.allow...) {
		p.readsPath = p.readsPath || r.readsPath
	}
	p.noneTrue = fmt.Sprintf("none of the allow rules %s is true", wantedList(ruleNames(p.allow)))
	return p, nil
}

func (c *compiler) compileAll(kind Effect, sources []Rule, f *faults) []*rule {
	var rules []*rule
	for i, source := range sources {
		field := fmt.Sprintf("%s[%d]", kind, i)
		r := c.compile(field, source, f)
		if r == nil {
			continue
		}
		r.name = source.Name
		if r.name == "" {
			r.name = field
		}
		rules = append(rules, r)
	}
	return rules
}

// ReadsPath reports whether a rule reads request.path. Such a policy refuses
// unsafe paths; others never look at the path.
func (p *Policy) ReadsPath() bool { return p != nil && p.readsPath }

// RuleNames returns the names of the deny rules and then of the allow rules, in
// the order in which they are asked.
func (p *Policy) RuleNames() []string {
	if p == nil {
		return nil
	}
	return append(ruleNames(p.deny), ruleNames(p.allow)...)
}

func ruleNames(rules []*rule) []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// Warnings returns what the rules do that CEL allows and their author may not
// have meant, such as matches() without anchors. Each begins with the kind and
// the name of the rule. They change no decision.
func (p *Policy) Warnings() []string {
	if p == nil {
		return nil
	}
	var list []string
	add := func(kind Effect, rules []*rule) {
		for _, r := range rules {
			for _, w := range r.warnings {
				list = append(list, fmt.Sprintf("%s rule %q: %s", kind, r.name, w))
			}
		}
	}
	add(EffectDeny, p.deny)
	add(EffectAllow, p.allow)
	return list
}

// Evaluate decides. The token is one that was verified: a policy believes it.
//
// An unsafe path refuses before all else, when a rule reads it. Then every
// requirement must hold. Then a deny rule that is true or fails refuses. Then,
// when there are allow rules, one must be true, whatever the others do.
//
// A nil token refuses. A cancelled ctx makes a long loop fail, and a rule that
// fails never allows.
func (p *Policy) Evaluate(ctx context.Context, t *awstoken.Token, r Request) Decision {
	switch {
	case p == nil || !p.compiled:
		return refuse(ReasonPolicyError, "the policy was not compiled")
	case t == nil:
		return refuse(ReasonPolicyError, "there is no token")
	}
	a := &activation{variables: p.variables, token: t, request: &r}
	if p.readsPath {
		decoded, problem := decodePath(r.EscapedPath)
		if problem != "" {
			return refuse(ReasonUnsafePath, fmt.Sprintf("the path %s is unsafe: %s", quoted(r.EscapedPath), problem))
		}
		a.path = decoded
	}
	for _, req := range p.requirements {
		if hint, refused := req.refusal(t); refused {
			return Decision{Reason: ReasonRequirementFailed, Rule: req.name, Hint: hint}
		}
	}
	if d, refused := p.askDeny(ctx, a); refused {
		return d
	}
	return p.askAllow(ctx, a)
}

func (p *Policy) askDeny(ctx context.Context, a *activation) (d Decision, refused bool) {
	for _, r := range p.deny {
		holds, err := r.holds(ctx, a)
		switch {
		case err != nil:
			hint := fmt.Sprintf("deny rule %q failed: %s", r.name, failure(err))
			return Decision{Reason: ReasonPolicyError, Rule: r.name, Effect: EffectDeny, Hint: hint}, true
		case holds:
			hint := fmt.Sprintf("deny rule %q is true", r.name)
			return Decision{Reason: ReasonPolicyDenied, Rule: r.name, Effect: EffectDeny, Hint: hint}, true
		}
	}
	return Decision{}, false
}

func (p *Policy) askAllow(ctx context.Context, a *activation) Decision {
	if len(p.allow) == 0 {
		return Decision{Allowed: true}
	}
	var failed *rule
	var cause error
	for _, r := range p.allow {
		holds, err := r.holds(ctx, a)
		if holds && err == nil {
			return Decision{Allowed: true, Rule: r.name, Effect: EffectAllow}
		}
		if err != nil && failed == nil {
			failed, cause = r, err
		}
	}
	if failed != nil {
		hint := fmt.Sprintf("allow rule %q failed: %s", failed.name, failure(cause))
		return Decision{Reason: ReasonPolicyError, Rule: failed.name, Effect: EffectAllow, Hint: hint}
	}
	return refuse(ReasonPolicyDenied, p.noneTrue)
}
