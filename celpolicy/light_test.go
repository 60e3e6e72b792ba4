package celpolicy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// What is not counted cannot reach the limit: with the counting of rules that
// are not light, a light one says the same of the heaviest token.
func TestLightRules(t *testing.T) {
	for rule, light := range map[string]bool{
		T:                                  true,
		`"1234" == aws_token.account.id`:   true,
		`aws_token.sub == aws_token.jti`:   true,
		`request.path.startsWith("/v1/")`:  true,
		`request.path.contains("/admin")`:  true,
		`aws_token.sub in ["a", "b", "c"]`: true,
		`"x" in aws_token.aud`:             true,
		`"x" in aws_token.principal_tags`:  true,
		`has(aws_token.org.id) && has(aws_token.principal_tags.team)`: true,
		`aws_token.principal_tags[?"a-b"].orValue("") == "x"`:         true,
		`aws_token.principal_tags[request.host] == "x"`:               true,
		`in_ou(aws_token.org.ou_path, "ou-1")`:                        true,
		`ip_in(request.remote_ip, "10.0.0.0/8")`:                      true,
		`arn_like(aws_token.sub, "arn:aws:iam::*:role/ci-*")`:         true,
		`aws_token.exp - aws_token.iat < duration("1h")`:              true,
		`request.time > timestamp("2026-01-01T00:00:00Z")`:            true,
		`aws_token.claims.level == 5`:                                 true,
		`!(aws_token.jti == "1" ? true : false)`:                      true,

		`aws_token.aud.exists(a, a == "x")`:                              false,
		`aws_token.sub.matches("^arn:aws:iam::[0-9]{12}:role/ci-.*$")`:   false,
		`arn_like(aws_token.sub, aws_token.principal_tags.pattern)`:      false,
		`aws_token.claims == aws_token.claims`:                           false,
		`aws_token.claims.a == aws_token.claims.b`:                       false,
		`aws_token.principal_tags == aws_token.request_tags`:             false,
		`request.path.replace("a", request.path) == ""`:                  false,
		`request.path + request.path == ""`:                              false,
		`aws_token.sub in [aws_token.jti]`:                               false,
		`aws_token.claims.a in aws_token.aud`:                            false,
		`request.time.getHours("Europe/Berlin") == 4`:                    false,
		`timestamp(aws_token.jti) < request.time`:                        false,
		`aws_token.sub.contains(aws_token.jti)`:                          false,
		`aws_token.sub in aws_token.aud`:                                 false,
		`in_ou(aws_token.claims.units, "ou-1")`:                          false,
		strings.Repeat(`aws_token.sub == aws_token.jti || `, 6) + "true": true,
		strings.Repeat(`aws_token.sub == aws_token.jti || `, 7) + "true": false,
		strings.Repeat(`aws_token.sub == aws_token.jti || `, 9) + "true": false,

		strings.Repeat(`request.path.startsWith(request.host) || `, 9) + "true":  true,
		strings.Repeat(`request.path.startsWith(request.host) || `, 10) + "true": false,
		strings.Repeat(`aws_token.sub.contains("/administrator/") || `, 3) + T:   true,
		strings.Repeat(`aws_token.sub.contains("/administrator/") || `, 4) + T:   false,
		strings.Repeat(`in_ou(aws_token.org.ou_path, "ou-1") || `, 3) + T:        true,
		strings.Repeat(`in_ou(aws_token.org.ou_path, "ou-1") || `, 4) + T:        false,
		strings.Repeat(`"x" in aws_token.aud || `, 3) + T:                        true,
		strings.Repeat(`"x" in aws_token.aud || `, 4) + T:                        false,
		`aws_token.sub in [` + strings.Repeat(`"abcdefg", `, 300) + `"h"]`:       true,
	} {
		in, counted := compiled(t, rule)
		if got := in.isLight(); got != light {
			t.Errorf("%s: light is %t", rule, got)
		}
		if !light {
			continue
		}
		p := mustCompile(t, allowRule(rule))
		for kind, token := range heaviestTokens() {
			request := heavyRequest()
			a := &activation{variables: p.variables, token: token, request: &request, path: request.EscapedPath}
			got, err := p.rules[0].holds(t.Context(), a)
			value, _, countedErr := counted.Eval(a)
			if fmt.Sprint(err) != fmt.Sprint(countedErr) || err == nil && value.Value() != got {
				t.Errorf("%s, %s: %t, %v; counted %v, %v", rule, kind, got, err, value, countedErr)
			}
		}
	}
}

// heaviestTokens are at least as heavy as a token of 16 KiB can be: each text as
// long as a token's only one could be, each list as long as a token's only one.
func heaviestTokens() map[string]*awstoken.Token {
	const bytes = 12 << 10
	texts := fullToken()
	texts.Subject = "arn:aws:iam::123456789012:role/ci-"
	texts.Subject += strings.Repeat("a", bytes-len(texts.Subject))
	texts.ID = texts.Subject[:bytes-1] + "b"
	texts.OUPath, texts.Audience = []string{strings.Repeat("/", bytes)}, []string{texts.ID}
	texts.Other = map[string]any{"level": texts.ID}
	lists := fullToken()
	lists.OUPath = slices.Repeat([]string{strings.Repeat("u", bytes/awstoken.MaxValues)}, awstoken.MaxValues)
	lists.Audience = lists.OUPath
	return map[string]*awstoken.Token{"as AWS allows": heavyToken(), "texts": texts, "lists": lists}
}

func compiled(t *testing.T, rule string) (*checkedRule, cel.Program) {
	t.Helper()
	env, err := newEnvironment(newVariables())
	if err != nil {
		t.Fatal(err)
	}
	checked, issues := env.Compile(rule)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	in := inspectChecked(checked.NativeRep())
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), costTrackers(in.patterns), cel.CostLimit(MaxRuleCost))
	if err != nil {
		t.Fatal(err)
	}
	return in, program
}

// A rule allocates the same whatever else the token has.
func TestAllocationsDoNotGrowWithTags(t *testing.T) {
	for kind, cfg := range evaluated(10) {
		p := mustCompile(t, cfg)
		count := func(tags int) float64 {
			token := taggedToken(tags)
			return testing.AllocsPerRun(100, func() { p.Evaluate(t.Context(), token, Request{}) })
		}
		if one, fifty := count(1), count(50); fifty > one || one > 60 {
			t.Errorf("%s: %v allocations with one tag, %v with fifty", kind, one, fifty)
		}
	}
}
