package celpolicy

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func mustCompile(tb testing.TB, cfg Config) *Policy {
	tb.Helper()
	p, err := Compile(cfg)
	if err != nil {
		tb.Fatalf("Compile: %v", err)
	}
	return p
}

func allowRule(expression string) Config { return Config{Allow: []Rule{{Expression: expression}}} }

func denyRule(expression string) Config { return Config{Deny: []Rule{{Expression: expression}}} }

var testTime = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func ask(tb testing.TB, cfg Config, token *awstoken.Token) Decision {
	tb.Helper()
	return mustCompile(tb, cfg).Evaluate(context.Background(), token, Request{Method: "GET", Host: "api.example", EscapedPath: "/", Time: testTime})
}

// verdict is a Decision in one word: allowed, or the reason.
func verdict(d Decision) string {
	if d.Allowed {
		return "allowed"
	}
	return string(d.Reason)
}

func TestRequirements(t *testing.T) {
	good := awstoken.Token{
		AccountID:     "111111111111",
		OrgID:         "o-a1b2c3d4e5",
		PrincipalTags: map[string]string{"team": "orders", "empty": ""},
		RequestTags:   map[string]string{"job": "nightly"},
	}
	long := strings.Repeat("é", 100)
	tests := []struct {
		name string
		cfg  Config
		edit func(*awstoken.Token) // of the control, which passes
		want Decision
	}{
		{"account", Config{Accounts: []string{"222222222222", "111111111111"}},
			func(t *awstoken.Token) { t.AccountID = "999999999999" },
			Decision{Rule: "account", Hint: `aws_token.account.id "999999999999" is not one of [222222222222 111111111111]`}},
		{"account absent", Config{Accounts: []string{"111111111111"}},
			func(t *awstoken.Token) { t.AccountID = "" },
			Decision{Rule: "account", Hint: `aws_token.account.id is absent, wanted one of [111111111111]`}},
		{"org", Config{Orgs: []string{"o-a1b2c3d4e5"}},
			func(t *awstoken.Token) { t.OrgID = "o-a1b2c3d4e5f" },
			Decision{Rule: "org", Hint: `aws_token.org.id "o-a1b2c3d4e5f" is not one of [o-a1b2c3d4e5]`}},
		{"org absent", Config{Orgs: []string{"o-a1b2c3d4e5"}},
			func(t *awstoken.Token) { t.OrgID = "" },
			Decision{Rule: "org", Hint: `aws_token.org.id is absent, wanted one of [o-a1b2c3d4e5]`}},
		{"principal tag absent", Config{PrincipalTags: map[string][]string{"team": {"orders"}}},
			func(t *awstoken.Token) { t.PrincipalTags = map[string]string{"Team": "orders"} },
			Decision{Rule: "principal_tag.team", Hint: `principal tag "team" is absent, wanted one of [orders]; the token has the principal tag "Team", and keys are compared byte for byte`}},
		{"principal tag of another case", Config{PrincipalTags: map[string][]string{"team": {"orders"}}},
			func(t *awstoken.Token) { t.PrincipalTags = map[string]string{"team": "Orders"} },
			Decision{Rule: "principal_tag.team", Hint: `principal tag "team" is "Orders", not one of [orders]; it differs from "orders" in case, and values are compared byte for byte`}},
		{"an absent tag is no empty tag", Config{PrincipalTags: map[string][]string{"empty": {""}}},
			func(t *awstoken.Token) { t.PrincipalTags = nil },
			Decision{Rule: "principal_tag.empty", Hint: `principal tag "empty" is absent, wanted one of []`}},
		{"request tag", Config{RequestTags: map[string][]string{"job": {"nightly"}}},
			func(t *awstoken.Token) { t.RequestTags = map[string]string{"job": "x\n" + long} },
			Decision{Rule: "request_tag.job", Hint: `request tag "job" is "x\n` + strings.Repeat("é", 63) + `", not one of [nightly]`}},
		{"a principal tag is no request tag", Config{RequestTags: map[string][]string{"job": {"nightly"}}},
			func(t *awstoken.Token) { t.RequestTags, t.PrincipalTags = nil, t.RequestTags },
			Decision{Rule: "request_tag.job", Hint: `request tag "job" is absent, wanted one of [nightly]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := ask(t, tt.cfg, &good); d != (Decision{Allowed: true}) {
				t.Fatalf("control: %+v", d)
			}
			token := good
			tt.edit(&token)
			tt.want.Reason = ReasonRequirementFailed
			if d := ask(t, tt.cfg, &token); d != tt.want {
				t.Errorf("got  %+v\nwant %+v", d, tt.want)
			}
		})
	}
}

func TestHintListsTenValues(t *testing.T) {
	accounts := slices.Repeat([]string{"111111111111"}, 12)
	d := ask(t, Config{Accounts: accounts}, &awstoken.Token{AccountID: "999999999999"})
	want := "[" + strings.Repeat("111111111111 ", 10) + "and 2 more]"
	if !strings.HasSuffix(d.Hint, want) {
		t.Errorf("hint %q does not end in %q", d.Hint, want)
	}
}

// T and F are rules that hold and do not; E is one that fails.
const (
	T = `aws_token.sub == "s"`
	F = `aws_token.sub == "x"`
	E = `aws_token.principal_tags.missing == "x"`
)

func TestRuleTable(t *testing.T) {
	const cause = `no such key: missing; the token lacks this tag or claim`
	tests := []struct {
		deny, allow string // a letter for each rule
		want        Decision
	}{
		{"", "", Decision{Allowed: true}},
		{"F", "", Decision{Allowed: true}},
		{"FF", "", Decision{Allowed: true}},
		{"T", "", Decision{Reason: ReasonPolicyDenied, Rule: "deny[0]", Effect: EffectDeny, Hint: `deny rule "deny[0]" is true`}},
		{"FT", "T", Decision{Reason: ReasonPolicyDenied, Rule: "deny[1]", Effect: EffectDeny, Hint: `deny rule "deny[1]" is true`}},
		{"E", "", Decision{Reason: ReasonPolicyError, Rule: "deny[0]", Effect: EffectDeny, Hint: `deny rule "deny[0]" failed: ` + cause}},
		{"FE", "T", Decision{Reason: ReasonPolicyError, Rule: "deny[1]", Effect: EffectDeny, Hint: `deny rule "deny[1]" failed: ` + cause}},
		{"", "T", Decision{Allowed: true, Rule: "allow[0]", Effect: EffectAllow}},
		{"F", "FT", Decision{Allowed: true, Rule: "allow[1]", Effect: EffectAllow}},
		{"", "ET", Decision{Allowed: true, Rule: "allow[1]", Effect: EffectAllow}},
		{"", "TE", Decision{Allowed: true, Rule: "allow[0]", Effect: EffectAllow}},
		{"", "F", Decision{Reason: ReasonPolicyDenied, Hint: `none of the allow rules [allow[0]] is true; aws_token.sub is "s"`}},
		{"", "FF", Decision{Reason: ReasonPolicyDenied, Hint: "none of the allow rules [allow[0] allow[1]] is true"}},
		{"", "E", Decision{Reason: ReasonPolicyError, Rule: "allow[0]", Effect: EffectAllow, Hint: `allow rule "allow[0]" failed: ` + cause}},
		{"", "FEE", Decision{Reason: ReasonPolicyError, Rule: "allow[1]", Effect: EffectAllow, Hint: `allow rule "allow[1]" failed: ` + cause}},
		{"", "EF", Decision{Reason: ReasonPolicyError, Rule: "allow[0]", Effect: EffectAllow, Hint: `allow rule "allow[0]" failed: ` + cause}},
	}
	rules := func(letters string) (list []Rule) {
		for _, l := range letters {
			list = append(list, Rule{Expression: map[rune]string{'T': T, 'F': F, 'E': E}[l]})
		}
		return list
	}
	for _, tt := range tests {
		d := ask(t, Config{Deny: rules(tt.deny), Allow: rules(tt.allow)}, &awstoken.Token{Subject: "s"})
		if d != tt.want {
			t.Errorf("deny %q, allow %q:\ngot  %+v\nwant %+v", tt.deny, tt.allow, d, tt.want)
		}
	}
}

// Each stage refuses before the next one is asked.
func TestOrder(t *testing.T) {
	cfg := Config{
		Accounts: []string{"111111111111"},
		Orgs:     []string{"o-a1b2c3d4e5"},
		Deny:     []Rule{{Name: "d", Expression: `aws_token.sub == "bad"`}, {Name: "e", Expression: `request.path == "/e" && aws_token.principal_tags.x == "x"`}},
		Allow:    []Rule{{Name: "a", Expression: `aws_token.sub == "good"`}},
	}
	steps := []struct {
		rule string
		fix  func(*awstoken.Token, *Request)
	}{
		{"", func(_ *awstoken.Token, r *Request) { r.EscapedPath = "/" }},
		{"account", func(t *awstoken.Token, _ *Request) { t.AccountID = "111111111111" }},
		{"org", func(t *awstoken.Token, _ *Request) { t.OrgID = "o-a1b2c3d4e5" }},
		{"d", func(t *awstoken.Token, _ *Request) { t.Subject = "other" }},
		{"", func(t *awstoken.Token, _ *Request) { t.Subject = "good" }},
	}
	reasons := []Reason{ReasonUnsafePath, ReasonRequirementFailed, ReasonRequirementFailed, ReasonPolicyDenied, ReasonPolicyDenied}
	p := mustCompile(t, cfg)
	token, request := &awstoken.Token{Subject: "bad"}, Request{EscapedPath: "//"}
	for i, step := range steps {
		d := p.Evaluate(context.Background(), token, request)
		if d.Allowed || d.Reason != reasons[i] || d.Rule != step.rule || d.Hint == "" {
			t.Fatalf("step %d: %+v, want %s by %q", i, d, reasons[i], step.rule)
		}
		step.fix(token, &request)
	}
	if d := p.Evaluate(context.Background(), token, request); !d.Allowed {
		t.Errorf("all fixed: %+v", d)
	}
}

func TestZeroRefuses(t *testing.T) {
	ctx, token := context.Background(), &awstoken.Token{Subject: "s"}
	control := mustCompile(t, Config{})
	if d := control.Evaluate(ctx, token, Request{}); !d.Allowed {
		t.Fatalf("control: %+v", d)
	}
	var none *Policy
	for name, d := range map[string]Decision{
		"zero policy": new(Policy).Evaluate(ctx, token, Request{}),
		"nil policy":  none.Evaluate(ctx, token, Request{}),
		"nil token":   control.Evaluate(ctx, nil, Request{}),
		"nil context": mustCompile(t, allowRule(T)).Evaluate(nil, token, Request{}), //nolint:staticcheck // on purpose
	} {
		if d.Allowed || d.Reason != ReasonPolicyError || d.Hint == "" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if none.ReadsPath() || none.RuleNames() != nil || none.Warnings() != nil {
		t.Error("a nil policy reads or names something")
	}
}

func TestRuleNames(t *testing.T) {
	p := mustCompile(t, Config{
		Deny:  []Rule{{Name: "d", Expression: F}, {Expression: F}},
		Allow: []Rule{{Expression: T}, {Name: "a b", Expression: T}},
	})
	if got, want := p.RuleNames(), []string{"d", "deny[1]", "allow[0]", "a b"}; !slices.Equal(got, want) {
		t.Errorf("RuleNames() = %q, want %q", got, want)
	}
}

// What the caller does to its Config afterwards is nothing to the policy.
func TestConfigIsCopied(t *testing.T) {
	cfg := Config{
		Accounts:      []string{"111111111111"},
		PrincipalTags: map[string][]string{"team": {"orders"}},
		Allow:         []Rule{{Expression: T}},
	}
	p := mustCompile(t, cfg)
	cfg.Accounts[0] = "999999999999"
	cfg.PrincipalTags["team"][0] = "x"
	delete(cfg.PrincipalTags, "team")
	cfg.Allow[0].Expression = "true"
	token := &awstoken.Token{Subject: "s", AccountID: "111111111111", PrincipalTags: map[string]string{"team": "orders"}}
	if d := p.Evaluate(context.Background(), token, Request{}); !d.Allowed {
		t.Errorf("%+v", d)
	}
	token.AccountID = "999999999999"
	if d := p.Evaluate(context.Background(), token, Request{}); d.Allowed {
		t.Error("the changed account passes")
	}
}

// A panic below a rule, here of a token's getter, is that rule's failure.
func TestPanicNeverAllows(t *testing.T) {
	for name, cfg := range map[string]Config{"allow": allowRule(T), "deny": denyRule(F)} {
		p := mustCompile(t, cfg)
		p.variables = map[string]variable{"aws_token.sub": {value: func(*activation) any { panic("boom") }}}
		d := p.Evaluate(context.Background(), &awstoken.Token{Subject: "s"}, Request{})
		if d.Allowed || d.Reason != ReasonPolicyError || !strings.Contains(d.Hint, "boom") {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
