package celpolicy

import (
	"context"
	"fmt"
	"slices"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Policy decides whether a request may pass. It does not change once compiled,
// and several goroutines may ask it at the same time. The zero Policy and a nil
// one refuse everything.
type Policy struct {
	compiled     bool
	requirements []requirement
	rules        []*rule // all of them, as written: the deny rules, then the allow rules
	enforced     ruleSet
	shadow       ruleSet
	variables    map[string]variable
	warnings     []Warning
}

// ruleSet are the rules that are in force, or the shadow rules.
type ruleSet struct {
	deny, allow []*rule
	noneTrue    string // how the hint begins when no allow rule is true
	readsPath   bool
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
	p.rules = c.compileAll(EffectDeny, cfg.Deny, &f)
	p.rules = append(p.rules, c.compileAll(EffectAllow, cfg.Allow, &f)...)
	if err := f.err(); err != nil {
		return nil, err
	}
	for _, r := range p.rules {
		r.takeApartEarly()
		if r.shadow {
			p.shadow.add(r)
		} else {
			p.enforced.add(r)
		}
	}
	p.warnings = c.lint(cfg, p.rules)
	return p, nil
}

func (s *ruleSet) add(r *rule) {
	s.readsPath = s.readsPath || r.readsPath
	if r.effect == EffectDeny {
		s.deny = append(s.deny, r)
		return
	}
	s.allow = append(s.allow, r)
	s.noneTrue = fmt.Sprintf("none of the allow rules %s is true", wantedList(ruleNames(s.allow)))
}

func (c *compiler) compileAll(kind Effect, sources []Rule, f *faults) []*rule {
	var rules []*rule
	for i, source := range sources {
		field := fmt.Sprintf("%s[%d]", kind, i)
		r := c.compile(field, source.Expression, f)
		if r == nil {
			continue
		}
		r.name, r.effect, r.shadow = source.Name, kind, source.Shadow
		if r.name == "" {
			r.name = field
		}
		rules = append(rules, r)
	}
	return rules
}

// ReadsPath reports whether a rule that is in force reads request.path. Such a
// policy refuses unsafe paths. Others do not, whatever their shadow rules read.
func (p *Policy) ReadsPath() bool { return p != nil && p.enforced.readsPath }

// ReadsRemoteIP reports whether a rule reads request.remote_ip, shadow rules
// among them.
func (p *Policy) ReadsRemoteIP() bool { return p.Reads(remoteIPVariable) }

// Reads reports whether a rule reads a variable, such as request.method, or asks
// has() for it; shadow rules among them.
func (p *Policy) Reads(variable string) bool {
	return p != nil && slices.ContainsFunc(p.rules, func(r *rule) bool {
		return slices.ContainsFunc(r.reads, func(read reading) bool { return read.variable == variable })
	})
}

// HasRules reports whether there are rules, shadow rules among them. Without any,
// [Policy.Evaluate] does not look at the [Request].
func (p *Policy) HasRules() bool { return p != nil && len(p.rules) > 0 }

// RuleInfo says which rule of a [Policy] has a name.
type RuleInfo struct {
	Name   string
	Effect Effect
	Shadow bool
}

// Rules returns the deny rules and then the allow rules, in the order in which
// they are written, shadow rules among them.
func (p *Policy) Rules() []RuleInfo {
	if p == nil {
		return nil
	}
	var list []RuleInfo
	for _, r := range p.rules {
		list = append(list, RuleInfo{Name: r.name, Effect: r.effect, Shadow: r.shadow})
	}
	return list
}

// RuleNames returns the names of [Policy.Rules].
func (p *Policy) RuleNames() []string {
	if p == nil {
		return nil
	}
	return ruleNames(p.rules)
}

func ruleNames(rules []*rule) []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// Evaluate decides. The token is one that was verified: a policy believes it.
//
// An unsafe path refuses before all else, when a rule reads it. Then every
// requirement must hold. Then a deny rule that is true or fails refuses. Then,
// when there are allow rules, one must be true, whatever the others do. Shadow
// rules are asked last, and change nothing but [Decision.Shadow].
//
// A nil token refuses. A cancelled ctx makes a long loop fail, and a rule that
// fails never allows.
func (p *Policy) Evaluate(ctx context.Context, t *awstoken.Token, r Request) Decision {
	switch {
	case p == nil || !p.compiled:
		return refuse(ReasonPolicyError, "the policy was not compiled")
	case t == nil:
		return refuse(ReasonPolicyError, "there is no token")
	case len(p.rules) == 0:
		if d, refused := p.askRequirements(t); refused {
			return d
		}
		return Decision{Allowed: true}
	}
	return p.ask(ctx, p.lend(t, r))
}

// lend is a function of its own, so that a request that no rule is asked about
// is not copied to the heap.
func (p *Policy) lend(t *awstoken.Token, r Request) *activation {
	return &activation{variables: p.variables, token: t, request: &r}
}

func (p *Policy) askRequirements(t *awstoken.Token) (d Decision, refused bool) {
	for i := range p.requirements {
		req := &p.requirements[i]
		if hint, refused := req.refusal(t); refused {
			return Decision{Reason: ReasonRequirementFailed, Rule: req.name, Hint: hint}, true
		}
	}
	return Decision{}, false
}

// ask is Evaluate where there are rules.
func (p *Policy) ask(ctx context.Context, a *activation) Decision {
	unsafe := p.readPath(a)
	if unsafe != "" && p.enforced.readsPath {
		return refuse(ReasonUnsafePath, unsafe)
	}
	if d, refused := p.askRequirements(a.token); refused {
		return d
	}
	d, refused := p.enforced.askDeny(ctx, a)
	if refused {
		return d
	}
	d = p.enforced.askAllow(ctx, a)
	if len(p.shadow.deny)+len(p.shadow.allow) > 0 {
		d.Shadow = p.askShadow(ctx, a, d, unsafe)
	}
	return d
}

// readPath decodes the path, when a rule reads it, and says what makes it
// unsafe.
func (p *Policy) readPath(a *activation) (unsafe string) {
	if !p.enforced.readsPath && !p.shadow.readsPath {
		return ""
	}
	decoded, problem := decodePath(a.request.EscapedPath)
	if problem != "" {
		a.path, a.unsafePath = problem, true
		return fmt.Sprintf("the path %s is unsafe: %s", quoted(a.request.EscapedPath), problem)
	}
	a.path = decoded
	return ""
}

func (s *ruleSet) askDeny(ctx context.Context, a *activation) (d Decision, refused bool) {
	for _, r := range s.deny {
		holds, err := r.holds(ctx, a)
		switch {
		case err != nil:
			hint := fmt.Sprintf("deny rule %q failed: %s", r.name, r.failure(err, a))
			return Decision{Reason: ReasonPolicyError, Rule: r.name, Effect: EffectDeny, Hint: hint}, true
		case holds:
			hint := fmt.Sprintf("deny rule %q is true", r.name)
			return Decision{Reason: ReasonPolicyDenied, Rule: r.name, Effect: EffectDeny, Hint: hint}, true
		}
	}
	return Decision{}, false
}

func (s *ruleSet) askAllow(ctx context.Context, a *activation) Decision {
	if len(s.allow) == 0 {
		return Decision{Allowed: true}
	}
	var failed *rule
	var cause error
	for _, r := range s.allow {
		holds, err := r.holds(ctx, a)
		if holds && err == nil {
			return Decision{Allowed: true, Rule: r.name, Effect: EffectAllow}
		}
		if err != nil && failed == nil {
			failed, cause = r, err
		}
	}
	if failed != nil {
		hint := fmt.Sprintf("allow rule %q failed: %s", failed.name, failed.failure(cause, a))
		return Decision{Reason: ReasonPolicyError, Rule: failed.name, Effect: EffectAllow, Hint: hint}
	}
	hint := s.noneTrue
	if len(s.allow) == 1 {
		hint = joinHints(hint, s.allow[0].whyFalse(ctx, a))
	}
	return refuse(ReasonPolicyDenied, hint)
}

// askShadow returns the decision with the shadow rules in force, if it differs
// from d, in which no deny rule refused. What the other rules came to is in d,
// so none of them is asked again.
func (p *Policy) askShadow(ctx context.Context, a *activation, d Decision, unsafe string) *Decision {
	shadow, refused := refuse(ReasonUnsafePath, unsafe), true
	if unsafe == "" {
		shadow, refused = p.shadow.askDeny(ctx, a)
	}
	if !refused {
		if len(p.shadow.allow) == 0 || d.Allowed && len(p.enforced.allow) > 0 {
			return nil
		}
		shadow = p.shadow.askAllow(ctx, a)
	}
	if shadow.Allowed == d.Allowed {
		return nil
	}
	return &shadow
}
