package celpolicy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFaultsOfRequirements(t *testing.T) {
	_, err := Compile(Config{
		Accounts:      []string{"1234", "111111111111", "11111111111x", "１１１１１１１１１１１１"},
		Orgs:          []string{"o-short", "o-a1b2c3d4e5", "O-A1B2C3D4E5", "o-a1b2c3d4e5\n", "x-a1b2c3d4e5"},
		PrincipalTags: map[string][]string{"": {"x"}, "team": {}, "ok": {"a", "a"}, "ok.too": {""}},
		RequestTags:   map[string][]string{"a b": nil},
	})
	want := strings.TrimPrefix(`
accounts[0]: "1234" is not 12 digits
accounts[2]: "11111111111x" is not 12 digits
accounts[3]: "１１１１１１１１１１１１" is not 12 digits
orgs[0]: "o-short" is not the ID of an organization, such as "o-a1b2c3d4e5"
orgs[2]: "O-A1B2C3D4E5" is not the ID of an organization, such as "o-a1b2c3d4e5"
orgs[3]: "o-a1b2c3d4e5\n" is not the ID of an organization, such as "o-a1b2c3d4e5"
orgs[4]: "x-a1b2c3d4e5" is not the ID of an organization, such as "o-a1b2c3d4e5"
principal_tags[""]: the key is empty
principal_tags["team"]: the list of values is empty
request_tags["a b"]: the list of values is empty`, "\n")
	if got := fmt.Sprint(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	_, err = Compile(Config{Accounts: []string{}, Orgs: []string{}})
	if got, want := fmt.Sprint(err), "accounts: the list of values is empty\norgs: the list of values is empty"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	mustCompile(t, Config{Accounts: []string{"000000000000", "000000000000"}, Orgs: []string{"o-" + strings.Repeat("a", 32)}})
}

func TestFaultsOfNames(t *testing.T) {
	long := strings.Repeat("é", MaxNameBytes/2)
	_, err := Compile(Config{
		Deny:  []Rule{{Name: "x", Expression: T}, {Name: "y", Expression: T}, {Name: "x", Expression: T}, {Name: "allow[0]", Expression: T}, {Name: "deny[3]", Expression: T}, {Expression: T}},
		Allow: []Rule{{Name: "y", Expression: T}, {Name: "a\nb", Expression: T}, {Name: long + "a", Expression: T}, {Name: long, Expression: T}, {Name: "a\xff", Expression: T}, {Expression: T}, {Expression: T}, {Name: "deny[x]", Expression: T}, {Name: "deny", Expression: T}},
	})
	want := strings.TrimPrefix(`
deny[2].name: "x" names two rules
deny[3].name: "allow[0]" is how rules without a name are called
deny[4].name: "deny[3]" is how rules without a name are called
allow[0].name: "y" names two rules
allow[1].name: "a\nb" holds a control character or is not UTF-8
allow[2].name: it is 65 bytes long, 64 are allowed
allow[4].name: "a\xff" holds a control character or is not UTF-8`, "\n")
	if got := fmt.Sprint(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Each faulty rule stands beside one that differs in the fault alone.
func TestFaultsOfRules(t *testing.T) {
	tests := []struct{ bad, good, want string }{
		{`aws_token.acount.id == "x"`, `aws_token.account.id == "x"`,
			`(line 1, column 1 of the rule): there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?`},
		{`true && request.pth == "/"`, `true && request.path == "/"`,
			`(line 1, column 9 of the rule): there is no attribute "request.pth"; did you mean "request.path"?`},
		{"true &&\n  aws_token.orgId == \"x\"", "true &&\n  aws_token.org.id == \"x\"",
			`(line 2, column 3 of the rule): there is no attribute "aws_token.orgId"; did you mean "aws_token.org.id"?`},
		{`aws_token.principal_tgs.team == "x"`, `aws_token.principal_tags.team == "x"`,
			`(line 1, column 1 of the rule): there is no attribute "aws_token.principal_tgs.team"; did you mean "aws_token.principal_tags.team"?`},
		{`"x" in aws_token.request_tag`, `"x" in aws_token.request_tags`,
			`(line 1, column 8 of the rule): there is no attribute "aws_token.request_tag"; did you mean "aws_token.request_tags"?`},
		{`awstoken.sub == "x"`, `aws_token.sub == "x"`,
			`(line 1, column 1 of the rule): there is no attribute "awstoken.sub"; did you mean "aws_token.sub"?`},
		{`has(aws_token.acount.id)`, `has(aws_token.account.id)`,
			`(line 1, column 5 of the rule): there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?`},
		{`aws_token.acount.id.startsWith("1")`, `aws_token.account.id.startsWith("1")`,
			`(line 1, column 1 of the rule): there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?`},
		{`[1].all(x, aws_token.subj != "")`, `[1].all(x, aws_token.sub != "")`,
			`(line 1, column 12 of the rule): there is no attribute "aws_token.subj"; did you mean "aws_token.sub"?`},
		{`request.header == "x"`, `request.host == "x"`,
			`(line 1, column 1 of the rule): there is no attribute "request.header"; did you mean "request.host"?`},
		{`aws_token.org == "x"`, `aws_token.org.id == "x"`,
			`(line 1, column 1 of the rule): "aws_token.org" has no value of its own; it holds aws_token.org.id, aws_token.org.ou_path`},
		{`has(aws_token.account)`, `has(aws_token.account.id)`,
			`(line 1, column 5 of the rule): "aws_token.account" has no value of its own; it holds aws_token.account.id`},
		{`team == "x"`, `"team" == "x"`, `(line 1, column 1 of the rule): there is no variable "team"`},
		{`inou(aws_token.org.ou_path, "x")`, `in_ou(aws_token.org.ou_path, "x")`,
			`(line 1, column 5 of the rule): there is no function "inou"; did you mean "in_ou"?`},
		{`aws_token.account.id == 123`, `aws_token.account.id == "123"`,
			`(line 1, column 22 of the rule): found no matching overload for '_==_' applied to '(string, int)'`},
		{`aws_token.aud == "x"`, `"x" in aws_token.aud`,
			`(line 1, column 15 of the rule): found no matching overload for '_==_' applied to '(list(string), string)'`},
		{`aws_token.exp > "2026"`, `aws_token.exp > timestamp("2026-01-01T00:00:00Z")`,
			`(line 1, column 15 of the rule): found no matching overload for '_>_' applied to '(timestamp, string)'`},
		{`aws_token.sub in ["a", 1]`, `aws_token.sub in ["a", "1"]`,
			`(line 1, column 24 of the rule): expected type 'string' but found 'int'`},
		{`aws_token.sub.x == "a"`, `aws_token.claims.x == "a"`,
			`(line 1, column 14 of the rule): type 'string' does not support field selection`},
		{`aws_token.sub`, `aws_token.sub != ""`, `: the rule is string, not bool`},
		{`aws_token.claims.flag`, `bool(aws_token.claims.flag)`,
			`: the rule is dyn, not bool: compare the value, or convert it with bool(…)`},
		{`optional.of(true)`, `optional.of(true).value()`, `: the rule is optional_type(bool), not bool`},
		{`aws_token.sub ==`, `aws_token.sub == ""`, `(line 1, column 17 of the rule): syntax error: mismatched input '<EOF>'`},
		{``, `true`, `: the expression is empty`},
		{"\"\xff\" == ''", "\"\u00ff\" == ''", `: the expression is not UTF-8`},
		{`has(aws_token.principal_tags["a"])`, `has(aws_token.principal_tags.a)`,
			`(line 1, column 29 of the rule): has() takes a path, such as aws_token.org.id or aws_token.principal_tags.team; for a key that is no identifier write "a-b" in aws_token.principal_tags`},
		{`[1].all(1, true)`, `[1].all(x, true)`, `(line 1, column 9 of the rule): argument must be a simple name`},
		{`[1].all(x)`, `[1].all(x, true)`, `(line 1, column 8 of the rule): there is no function "all"` + "\n" + `allow[0] (line 1, column 9 of the rule): there is no variable "x"`},
		{`aws_token.sub.all(x, true)`, `aws_token.aud.all(x, true)`,
			`(line 1, column 10 of the rule): expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)`},
		{`["x"].all(aws_token, aws_token == "x")`, `["x"].all(token, token == "x")`,
			`(line 1, column 10 of the rule): the variable "aws_token" hides the attributes: give it another name`},
		{`["x"].exists(request, has(request.path))`, `["x"].exists(r, has(request.path))`,
			`(line 1, column 13 of the rule): the variable "request" hides the attributes: give it another name`},
		{`optional.of("x").optMap(request, request == "x").orValue(false)`, `optional.of("x").optMap(r, r == "x").orValue(false)`,
			`(line 1, column 24 of the rule): the variable "request" hides the attributes: give it another name`},
		{`@has == 1`, `1 == 1`, `(line 1, column 1 of the rule): syntax error: token recognition error at: '@'`},
		{`aws_token.sub.matches("(")`, `aws_token.sub.matches("()")`,
			"(line 1, column 23 of the rule): error parsing regexp: missing closing ): `(`"},
		{`aws_token.sub.matches(aws_token.jti)`, `aws_token.sub.matches("jti")`,
			`(line 1, column 32 of the rule): the regular expression is not a string literal`},
		{`matches(aws_token.sub, "(a{100}){10}")`, `matches(aws_token.sub, "(a{100}){2}")`,
			`(line 1, column 24 of the rule): the regular expression takes 1022 instructions, 500 are allowed`},
		{`arn_like(aws_token.sub, "arn:aws:iam::1")`, `arn_like(aws_token.sub, "arn:aws:iam::1:")`,
			`(line 1, column 25 of the rule): the pattern does not have six parts, arn:partition:service:region:account:resource`},
		{`ip_in(request.remote_ip, "10.0.0.1/8")`, `ip_in(request.remote_ip, "10.0.0.0/8")`,
			`(line 1, column 26 of the rule): "10.0.0.1/8" has bits set behind its length; the network is 10.0.0.0/8`},
		{`ip_in(request.remote_ip, "10.0.0.1")`, `ip_in(request.remote_ip, "10.0.0.1/32")`,
			`(line 1, column 26 of the rule): "10.0.0.1" is not a CIDR, such as 10.0.0.0/8`},
		{`request.time > timestamp("x")`, `request.time > timestamp("2026-01-01T00:00:00Z")`,
			`(line 1, column 26 of the rule): invalid timestamp argument`},
		{`request.time - aws_token.iat > duration("5")`, `request.time - aws_token.iat > duration("5s")`,
			`(line 1, column 41 of the rule): invalid duration argument`},
	}
	for _, tt := range tests {
		mustCompile(t, allowRule(tt.good))
		for kind, cfg := range map[string]Config{"allow[0]": allowRule(tt.bad), "deny[0]": denyRule(tt.bad)} {
			_, err := Compile(cfg)
			space := " "
			if strings.HasPrefix(tt.want, ":") {
				space = ""
			}
			want := kind + space + strings.ReplaceAll(tt.want, "allow[0]", kind)
			if got := fmt.Sprint(err); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.bad, got, want)
			}
		}
	}
}

func TestAllFaultsAreReported(t *testing.T) {
	_, err := Compile(Config{
		Accounts: []string{"1"},
		Deny:     []Rule{{Expression: `aws_token.sbu == request.hots`}, {Expression: T}},
		Allow:    []Rule{{Expression: T}, {Name: "x", Expression: `1`}, {Name: "x", Expression: `aws_token.sub.matches("[") && ip_in("", "")`}},
	})
	want := strings.TrimPrefix(`
accounts[0]: "1" is not 12 digits
allow[2].name: "x" names two rules
deny[0] (line 1, column 1 of the rule): there is no attribute "aws_token.sbu"; did you mean "aws_token.sub"?
deny[0] (line 1, column 18 of the rule): there is no attribute "request.hots"; did you mean "request.host"?
allow[1]: the rule is int, not bool
allow[2] (line 1, column 23 of the rule): error parsing regexp: missing closing ]: `+"`[`"+`
allow[2] (line 1, column 41 of the rule): "" is not a CIDR, such as 10.0.0.0/8`, "\n")
	if got := fmt.Sprint(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 7 {
		t.Fatalf("the error does not hold seven: %v", err)
	}
	var first, last *FieldError
	if !errors.As(joined.Unwrap()[3], &first) || first.Field != "deny[0]" || first.Line != 1 || first.Column != 18 {
		t.Errorf("fourth fault: %+v", first)
	}
	if !errors.As(joined.Unwrap()[4], &last) || last.Field != "allow[1]" || last.Line != 0 {
		t.Errorf("fifth fault: %+v", last)
	}
}
