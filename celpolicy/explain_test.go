package celpolicy

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// The decision is that of Evaluate, the checks account for it, and the parts of
// a rule for its result.
func TestExplainDecidesAsEvaluate(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		cfg, token, request := generate(random)
		p := mustCompile(t, cfg)
		want := p.Evaluate(context.Background(), token, request)
		e := p.Explain(context.Background(), token, request)
		if !reflect.DeepEqual(e.Decision, want) {
			t.Fatalf("%+v of %+v:\ngot  %+v\nwant %+v", token, cfg, e.Decision, want)
		}
		if n := len(p.requirements) + len(p.rules); len(e.Checks) != n && len(e.Checks) != n+1 {
			t.Fatalf("%+v: %d checks", cfg, len(e.Checks))
		}
		if got := verdictOf(e.Checks); got != verdict(want) {
			t.Fatalf("%+v of %+v: the checks make %s, the decision is %+v", token, cfg, got, want)
		}
		for _, c := range e.Checks {
			if c.Passed != (c.Hint == "") {
				t.Fatalf("%+v: passed %t, hint %q", cfg, c.Passed, c.Hint)
			}
			if c.Rule != nil && len(c.Rule.Parts) > 0 && combined(c.Rule.Operator, c.Rule.Parts) != c.Rule.Result {
				t.Fatalf("%+v: %+v", token, c.Rule)
			}
		}
	}
}

// verdictOf decides by the checks alone.
func verdictOf(checks []Check) string {
	allow, allowed, reason := false, false, ReasonPolicyDenied
	for _, c := range checks {
		switch {
		case c.Shadow:
		case c.Kind == CheckPath && !c.Passed:
			return string(ReasonUnsafePath)
		case c.Kind == CheckRequirement && !c.Passed:
			return string(ReasonRequirementFailed)
		case c.Kind == CheckDeny && !c.Passed && c.Rule.Result == ResultError:
			return string(ReasonPolicyError)
		case c.Kind == CheckDeny && !c.Passed:
			return string(ReasonPolicyDenied)
		case c.Kind == CheckAllow:
			allow, allowed = true, allowed || c.Passed
			if c.Rule.Result == ResultError {
				reason = ReasonPolicyError
			}
		}
	}
	if !allow || allowed {
		return "allowed"
	}
	return string(reason)
}

// combined is what CEL's operators make of the results of their operands.
func combined(operator string, parts []Part) Result {
	decides, otherwise := ResultFalse, ResultTrue
	if operator == "||" {
		decides, otherwise = otherwise, decides
	}
	result := otherwise
	for _, p := range parts {
		if p.Result == decides {
			return decides
		}
		if p.Result == ResultError {
			result = ResultError
		}
	}
	return result
}

func TestExplainChecks(t *testing.T) {
	p := mustCompile(t, Config{
		Accounts:      []string{"111111111111"},
		PrincipalTags: map[string][]string{"team": {"orders"}, "env": {"prod", "test"}},
		Deny:          []Rule{{Name: "d", Expression: `request.path == "/admin"`, Shadow: true}},
		Allow:         []Rule{{Expression: `has(aws_token.jti) && aws_token.principal_tags["cost-centre"] == "42"`}},
	})
	token := &awstoken.Token{AccountID: "111111111111", PrincipalTags: map[string]string{"team": "x\n\u202e"}}
	e := p.Explain(context.Background(), token, Request{EscapedPath: "/admin"})
	for i, want := range []Check{
		{Kind: CheckPath, Name: "path", Passed: true, Shadow: true, Found: `"/admin"`},
		{Kind: CheckRequirement, Name: "account", Passed: true, Found: `"111111111111"`, Wanted: "[111111111111]"},
		{Kind: CheckRequirement, Name: "principal_tag.env", Absent: true, Wanted: "[prod test]", Hint: `principal tag "env" is absent, wanted one of [prod test]`},
		{Kind: CheckRequirement, Name: "principal_tag.team", Found: `"x\n\u202e"`, Wanted: "[orders]", Hint: `principal tag "team" is "x\n\u202e", not one of [orders]`},
		{
			Kind: CheckDeny, Name: "d", Shadow: true, Hint: `deny rule "d" is true; request.path is "/admin"`,
			Rule: &RuleCheck{Expression: `request.path == "/admin"`, Result: ResultTrue, Reads: []Reading{{Path: "request.path", Value: `"/admin"`}}},
		},
		{
			Kind: CheckAllow, Name: "allow[0]",
			Hint: `allow rule "allow[0]" is false; has(aws_token.jti) is false; the token lacks aws_token.jti (The token's own ID, a UUID)`,
			Rule: &RuleCheck{
				Expression: `has(aws_token.jti) && aws_token.principal_tags["cost-centre"] == "42"`, Result: ResultFalse, Operator: "&&",
				Reads: []Reading{{Path: "aws_token.jti", Absent: true}, {Path: `aws_token.principal_tags["cost-centre"]`, Absent: true}},
				Parts: []Part{
					{Expression: `has(aws_token.jti)`, Result: ResultFalse},
					{Expression: `aws_token.principal_tags["cost-centre"] == "42"`, Result: ResultError,
						Error: `no such key: cost-centre; the token lacks this tag or claim`},
				},
			},
		},
	} {
		if i >= len(e.Checks) || !reflect.DeepEqual(e.Checks[i], want) {
			t.Errorf("check %d:\ngot  %+v\nwant %+v", i, describe(e.Checks, i), describe([]Check{want}, 0))
		}
	}
}

func describe(checks []Check, i int) string {
	if i >= len(checks) {
		return "none"
	}
	text, err := json.Marshal(checks[i])
	return fmt.Sprint(string(text), err)
}

// What cannot decide has no checks; what refuses at once is asked on.
func TestExplainAsksOn(t *testing.T) {
	ctx, token := context.Background(), &awstoken.Token{Subject: "s"}
	p := mustCompile(t, Config{Accounts: []string{"111111111111"}, Deny: []Rule{{Expression: T}, {Expression: `request.path == "/"`}}, Allow: []Rule{{Expression: T}}})
	for name, e := range map[string]*Explanation{
		"nil policy": (*Policy)(nil).Explain(ctx, token, Request{}), "zero policy": new(Policy).Explain(ctx, token, Request{}), "nil token": p.Explain(ctx, nil, Request{}),
	} {
		if e.Decision.Allowed || e.Decision.Reason != ReasonPolicyError || e.Checks != nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
	for path, want := range map[string]string{
		"/":  "path:true account:false deny[0]:false deny[1]:false allow[0]:true",
		"/x": "path:true account:false deny[0]:false deny[1]:true allow[0]:true",
		"//": "path:false account:false deny[0]:false deny[1]:false allow[0]:true",
	} {
		var got []string
		e := p.Explain(ctx, token, Request{EscapedPath: path})
		for _, c := range e.Checks {
			got = append(got, fmt.Sprintf("%s:%t", c.Name, c.Passed))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
		if path == "//" && e.Checks[3].Rule.Error != "the path is unsafe: cleaning it gives \"/\"" {
			t.Errorf("%s: %+v", path, e.Checks[3].Rule)
		}
	}
}

func TestParts(t *testing.T) {
	const a, b, c = `aws_token.jti == "1"`, `has(aws_token.org.id)`, `request.method == "GET"`
	exists := `aws_token.aud.exists(x, x == "a" && has(request.path))`
	for rule, want := range map[string]string{
		a:                             "",
		exists:                        "",
		"!(" + a + " && " + b + ")":   "",
		a + " ? true : false && " + b: "",
		a + " && " + b:                "&&: " + a + " | " + b,
		b + " && " + a + " && " + c + " && " + exists: "&&: " + b + " | " + a + " | " + c + " | " + exists,
		"(" + a + " && " + b + ") && " + c:            "&&: " + a + " | " + b + " | " + c,
		a + " || " + b + " || " + c:                   "||: " + a + " | " + b + " | " + c,
		a + " && " + b + " || " + c:                   "||: " + a + " && " + b + " (&&: " + a + " | " + b + ") | " + c,
		a + " && (" + b + " || " + c + ")":            "&&: " + a + " | " + b + " || " + c + " (||: " + b + " | " + c + ")",
		a + " &&\n  // why\n  " + b:                   "&&: " + a + " | " + b,
		b + " && aws_token.principal_tags['a-b'] == 'x' && has(aws_token.principal_tags.`c d`)": "&&: " + b +
			` | aws_token.principal_tags["a-b"] == "x" | has(aws_token.principal_tags.` + "`c d`)",
		"aws_token.claims.flag && aws_token.principal_tags[?'a'].orValue('') == '\\n\\u202e'": `&&: aws_token.claims.flag | aws_token.principal_tags[?"a"].orValue("") == "\n\u202e"`,
	} {
		e := mustCompile(t, allowRule(rule)).Explain(context.Background(), fullToken(), Request{})
		got := written(e.Checks[len(e.Checks)-1].Rule.Operator, e.Checks[len(e.Checks)-1].Rule.Parts)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", rule, got, want)
		}
	}
}

func written(operator string, parts []Part) string {
	if len(parts) == 0 {
		return operator
	}
	var list []string
	for _, p := range parts {
		text := p.Expression
		if inner := written(p.Operator, p.Parts); inner != "" {
			text += " (" + inner + ")"
		}
		list = append(list, text)
	}
	return operator + ": " + strings.Join(list, " | ")
}

func TestReadings(t *testing.T) {
	token := fullToken()
	token.PrincipalTags = map[string]string{"team": strings.Repeat("é", 100), "a.b": "x"}
	token.Audience = []string{"one", strings.Repeat("b", 200), "three"}
	token.Other = map[string]any{"o": map[string]any{"l": []any{json.Number("5"), true, nil}}}
	request := Request{Method: "GET", Host: "API.example:443", EscapedPath: "/%61", Time: testTime}
	for rule, want := range map[string]string{
		`aws_token.principal_tags.team == "x"`: `aws_token.principal_tags.team="` + strings.Repeat("é", 64) + `"`,
		`aws_token.principal_tags["a.b"] == "x" && "a.b" in aws_token.principal_tags && aws_token.principal_tags.nope == "y"`: `aws_token.principal_tags["a.b"]="x" aws_token.principal_tags.nope=absent`,
		`has(aws_token.principal_tags.team2) && has(aws_token.request_tags)`:                                                  `aws_token.principal_tags.team2=absent aws_token.request_tags={"r": "v-r"}`,
		`aws_token.principal_tags[?"zz"].orValue("") == ""`:                                                                   `aws_token.principal_tags["zz"]=absent`,
		`aws_token.request_tags[request.host] == "x"`:                                                                         `aws_token.request_tags={"r": "v-r"} request.host="api.example"`,
		`aws_token.org.ou_path[0] == "x" || .aws_token.iat < request.time`:                                                    `aws_token.org.ou_path=["v-ou/x"] aws_token.iat=2026-02-03T04:04:06Z request.time=2026-02-03T04:05:06Z`,
		`aws_token.aud.exists(x, x == aws_token.jti)`:                                                                         `aws_token.aud=["one", "` + strings.Repeat("b", 128) + `", …] aws_token.jti="v-jti"`,
		`aws_token.claims.o.l[0] == 5 && has(aws_token.claims.o.nope)`:                                                        `aws_token.claims.o.l=[5, true, null] aws_token.claims.o.nope=absent`,
		`request.path == "/a" && request.method != "x" && request.remote_ip != "y"`:                                           `request.path="/a" request.method="GET" request.remote_ip=absent`,
		`true`: ``,
	} {
		e := mustCompile(t, allowRule(rule)).Explain(context.Background(), token, request)
		var got []string
		for _, r := range e.Checks[len(e.Checks)-1].Rule.Reads {
			if r.Absent {
				r.Value = "absent"
			}
			got = append(got, r.Path+"="+r.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\ngot  %s\nwant %s", rule, strings.Join(got, " "), want)
		}
	}
}

// However long a rule takes, its parts are bounded as it is; and a context that
// was cancelled is no panic.
func TestExplainIsBounded(t *testing.T) {
	for name, rule := range heavyRules() {
		p := mustCompile(t, allowRule(rule+` && aws_token.jti != ""`))
		e := p.Explain(context.Background(), heavyToken(), heavyRequest())
		for _, part := range e.Checks[len(e.Checks)-1].Rule.Parts {
			if strings.Contains(part.Error, "panic") || strings.Contains(part.Error, "internal error") {
				t.Errorf("%s: %+v", name, part)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := mustCompile(t, allowRule(heavyRules()["loops"]+` && true`))
	if e := p.Explain(ctx, heavyToken(), Request{}); e.Decision.Allowed || e.Checks[0].Rule.Parts[0].Result != ResultError {
		t.Errorf("%+v", e)
	}
}

// Goroutines that are the first to ask for a rule's parts share them.
func TestExplainConcurrently(t *testing.T) {
	p := mustCompile(t, Config{Allow: []Rule{{Expression: `has(aws_token.jti) && aws_token.jti == "1"`}, {Expression: `has(aws_token.jti) && aws_token.jti == "2"`}}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			e := p.Explain(context.Background(), fullToken(), Request{})
			if e.Decision.Allowed || len(e.Checks[0].Rule.Parts) != 2 || e.Checks[1].Rule.Parts[1].Result != ResultFalse {
				t.Errorf("%+v", e)
			}
		})
	}
	wg.Wait()
}
