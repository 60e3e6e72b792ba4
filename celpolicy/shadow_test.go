package celpolicy

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// outOfShadow is the same policy with every shadow rule in force, and withoutShadow
// the one that has none. Their names are kept.
func outOfShadow(cfg Config) Config {
	enforce := func(rules []Rule) []Rule {
		rules = slices.Clone(rules)
		for i := range rules {
			rules[i].Shadow = false
		}
		return rules
	}
	cfg.Deny, cfg.Allow = enforce(cfg.Deny), enforce(cfg.Allow)
	return cfg
}

func withoutShadow(cfg Config) Config {
	leave := func(rules []Rule) []Rule {
		return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.Shadow })
	}
	cfg.Deny, cfg.Allow = leave(cfg.Deny), leave(cfg.Allow)
	return cfg
}

func named(cfg Config) Config {
	name := func(kind string, rules []Rule) []Rule {
		rules = slices.Clone(rules)
		for i := range rules {
			rules[i].Name = kind + string(rune('a'+i))
		}
		return rules
	}
	cfg.Deny, cfg.Allow = name("d", cfg.Deny), name("a", cfg.Allow)
	return cfg
}

// A shadow rule changes nothing but Shadow, which is what the policy says when
// no rule is in the shadow.
func TestShadowIsTheOtherPolicy(t *testing.T) {
	random, differ := rand.New(rand.NewPCG(1, 2)), 0
	for range 300 {
		cfg, token, request := generate(random)
		cfg = named(cfg)
		got := mustCompile(t, cfg).Evaluate(context.Background(), token, request)
		enforced := mustCompile(t, withoutShadow(cfg)).Evaluate(context.Background(), token, request)
		other := mustCompile(t, outOfShadow(cfg)).Evaluate(context.Background(), token, request)
		shadow := got.Shadow
		got.Shadow = nil
		if got != enforced {
			t.Fatalf("%+v\nof    %+v\ngot   %+v\nwant  %+v", token, cfg, got, enforced)
		}
		if (shadow != nil) != (other.Allowed != enforced.Allowed) || shadow != nil && *shadow != other {
			t.Fatalf("%+v\nof    %+v\nshadow %+v\nwant   %+v\nbeside %+v", token, cfg, shadow, other, enforced)
		}
		if shadow != nil {
			differ++
		}
	}
	if differ < 20 {
		t.Errorf("only %d of the decisions differ", differ)
	}
}

// Each letter is a rule: true, false or erring; a small one is in the shadow.
func TestShadowTable(t *testing.T) {
	rules := func(letters string) (list []Rule) {
		for _, l := range letters {
			list = append(list, Rule{
				Expression: map[rune]string{'t': T, 'f': F, 'e': E, 'T': T, 'F': F, 'E': E}[l], Shadow: l >= 'a',
			})
		}
		return list
	}
	for _, tt := range []struct {
		deny, allow string
		allowed     bool
		shadow      Decision // but for the hint
	}{
		{"t", "", true, Decision{Reason: ReasonPolicyDenied, Rule: "deny[0]", Effect: EffectDeny}},
		{"f", "", true, Decision{}},
		{"Fe", "T", true, Decision{Reason: ReasonPolicyError, Rule: "deny[1]", Effect: EffectDeny}},
		{"fet", "", true, Decision{Reason: ReasonPolicyError, Rule: "deny[1]", Effect: EffectDeny}},
		{"T", "t", false, Decision{}},
		{"tT", "", false, Decision{}},
		{"", "f", true, Decision{Reason: ReasonPolicyDenied}},
		{"", "e", true, Decision{Reason: ReasonPolicyError, Rule: "allow[0]", Effect: EffectAllow}},
		{"", "t", true, Decision{}},
		{"", "Tf", true, Decision{}},
		{"", "Ft", false, Decision{Allowed: true, Rule: "allow[1]", Effect: EffectAllow}},
		{"", "tE", false, Decision{Allowed: true, Rule: "allow[0]", Effect: EffectAllow}},
		{"", "Fe", false, Decision{}},
		{"", "F", false, Decision{}},
		{"t", "Ft", false, Decision{}},
		{"e", "Tt", true, Decision{Reason: ReasonPolicyError, Rule: "deny[0]", Effect: EffectDeny}},
	} {
		d := ask(t, Config{Deny: rules(tt.deny), Allow: rules(tt.allow)}, &awstoken.Token{Subject: "s"})
		var got Decision
		if d.Shadow != nil {
			got = *d.Shadow
			if got.Allowed != (got.Hint == "") {
				t.Errorf("deny %q, allow %q: hint %q", tt.deny, tt.allow, got.Hint)
			}
			got.Hint = ""
		}
		if d.Allowed != tt.allowed || got != tt.shadow {
			t.Errorf("deny %q, allow %q: %+v, shadow %+v, want %+v", tt.deny, tt.allow, d, got, tt.shadow)
		}
	}
}

// A path that only a shadow rule reads refuses in the shadow alone.
func TestShadowPath(t *testing.T) {
	const rule = `request.path == "/admin"`
	requirement := Config{Accounts: []string{"111111111111"}, Deny: []Rule{{Name: "s", Expression: rule, Shadow: true}}}
	for _, tt := range []struct {
		name, path string
		cfg        Config
		want       Reason
		shadow     Reason
	}{
		{"unsafe", "/a//b", Config{Deny: []Rule{{Name: "s", Expression: rule, Shadow: true}}}, "", ReasonUnsafePath},
		{"safe", "/a/b", Config{Deny: []Rule{{Name: "s", Expression: rule, Shadow: true}}}, "", ""},
		{"denied", "/admin", Config{Deny: []Rule{{Name: "s", Expression: rule, Shadow: true}}}, "", ReasonPolicyDenied},
		{"unsafe, to allow", "/a//b", Config{Allow: []Rule{{Name: "f", Expression: F}, {Name: "s", Expression: "!(" + rule + ")", Shadow: true}}}, ReasonPolicyDenied, ""},
		{"unsafe, in force", "/a//b", Config{Deny: []Rule{{Name: "d", Expression: rule}, {Name: "s", Expression: rule, Shadow: true}}}, ReasonUnsafePath, ""},
		{"unsafe, requirement", "/a//b", requirement, ReasonRequirementFailed, ""},
	} {
		p := mustCompile(t, tt.cfg)
		if p.ReadsPath() != (tt.name == "unsafe, in force") {
			t.Errorf("%s: ReadsPath() = %t", tt.name, p.ReadsPath())
		}
		d := p.Evaluate(context.Background(), &awstoken.Token{Subject: "s"}, Request{EscapedPath: tt.path})
		var shadow Reason
		if d.Shadow != nil {
			shadow = d.Shadow.Reason
		}
		if d.Reason != tt.want || d.Allowed != (tt.want == "") || shadow != tt.shadow {
			t.Errorf("%s: %+v, shadow %+v", tt.name, d, d.Shadow)
		}
	}
}

func TestRules(t *testing.T) {
	p := mustCompile(t, Config{
		Deny:  []Rule{{Name: "d", Expression: F, Shadow: true}, {Expression: F}},
		Allow: []Rule{{Expression: T}, {Expression: T, Shadow: true}},
	})
	want := []RuleInfo{{"d", EffectDeny, true}, {"deny[1]", EffectDeny, false}, {"allow[0]", EffectAllow, false}, {"allow[1]", EffectAllow, true}}
	if got := p.Rules(); !slices.Equal(got, want) {
		t.Errorf("Rules() = %+v, want %+v", got, want)
	}
	if got := (*Policy)(nil).Rules(); got != nil {
		t.Errorf("a nil policy has rules: %+v", got)
	}
}
