package celpolicy

import (
	"strings"
	"testing"
)

// about joins what a policy warns of, a line for each.
func about(t *testing.T, cfg Config) string {
	t.Helper()
	var lines []string
	for _, w := range mustCompile(t, cfg).Warnings() {
		lines = append(lines, w.String())
	}
	return strings.Join(lines, "\n")
}

// Each rule that is warned of stands beside one that differs in that alone.
func TestWarnings(t *testing.T) {
	for _, tt := range []struct{ bad, good, want string }{
		{`aws_token.jti.matches("prod")`, `aws_token.jti.matches("^prod$")`,
			`(line 1, column 22 of the rule): matches("prod") is true when any part of the text matches`},
		{`aws_token.jti.matches("^prod")`, `aws_token.jti.contains("prod")`, `(line 1, column 22 of the rule): matches("^prod") is true when any part`},
		{`matches(aws_token.jti, "prod$")`, `matches(aws_token.jti, "^prod$")`, `(line 1, column 8 of the rule): matches("prod$") is true when any part`},
		{"true == has(aws_token.jti) &&\n  aws_token.jti.matches(\"a\")", `aws_token.jti.matches("^(?:a)$")`, `(line 2, column 24 of the rule): matches("a") is true`},

		{`aws_token.aud.all(a, a == "x")`, `aws_token.aud.exists(a, a == "x")`,
			`(line 1, column 18 of the rule): aws_token.aud.all(…) is true when aws_token.aud is absent; ask has(aws_token.aud) as well`},
		{`aws_token.aud.all(a, a == "x")`, `["x"].all(a, a in aws_token.aud)`, `(line 1, column 18 of the rule): aws_token.aud.all(…)`},
		{`aws_token.principal_tags.all(k, k == "x")`, `has(aws_token.principal_tags) && aws_token.principal_tags.all(k, k == "x")`,
			`(line 1, column 29 of the rule): aws_token.principal_tags.all(…) is true when`},
		{`aws_token.principal_tags.all(k, k == "x")`, `aws_token.principal_tags.size() > 0 && aws_token.principal_tags.all(k, k == "x")`,
			`(line 1, column 29 of the rule): aws_token.principal_tags.all(…) is true when`},
		{`has(aws_token.request_tags) && aws_token.principal_tags.all(k, k == "x")`,
			`size(aws_token.principal_tags) > 0 && aws_token.principal_tags.all(k, k == "x")`,
			`(line 1, column 60 of the rule): aws_token.principal_tags.all(…) is true when`},

		{`aws_token.org.ou_path[0].startsWith("o-a/r-b/ou-1")`, `in_ou(aws_token.org.ou_path, "ou-1")`,
			`(line 1, column 36 of the rule): startsWith compares an OU path as text`},
		{`aws_token.org.ou_path[0].startsWith("o-a/r-b/ou-1")`, `aws_token.org.ou_path[0].startsWith("o-a/r-b/ou-1/")`, `(line 1, column 36 of the rule): startsWith`},
		{`aws_token.org.ou_path.exists(p, p.startsWith("o-a/r-b/ou-1"))`, `aws_token.aud.exists(p, p.startsWith("o-a/r-b/ou-1"))`,
			`(line 1, column 45 of the rule): startsWith compares an OU path as text`},
		{`aws_token.org.ou_path.exists(p, p.contains("ou-1"))`, `aws_token.org.ou_path.exists(p, p.contains("/ou-1/"))`, `(line 1, column 43 of the rule): contains compares`},
		{`aws_token.org.ou_path.exists(p, p.endsWith("ou-1/"))`, `aws_token.org.ou_path.exists(p, p.endsWith("/ou-1/"))`, `(line 1, column 43 of the rule): endsWith compares`},
		{`aws_token.org.ou_path.exists(p, p.matches("^o-a/r-b/ou-1.*$"))`, `aws_token.org.ou_path.exists(p, p == "o-a/r-b/ou-1/")`,
			`(line 1, column 42 of the rule): matches compares`},
		{`aws_token.org.ou_path.join(",").contains("ou-1")`, `aws_token.aud.join(",").contains("ou-1")`, `(line 1, column 41 of the rule): contains compares`},
		{`aws_token.claims.ou_path[0].startsWith("o-a/r-b/ou-1")`, `aws_token.claims.other[0].startsWith("o-a/r-b/ou-1")`,
			`(line 1, column 39 of the rule): startsWith compares`},
		{`aws_token.claims["ou_path"].exists(p, p.startsWith("o-a"))`, `aws_token.claims["other"].exists(p, p.startsWith("o-a"))`,
			`(line 1, column 51 of the rule): startsWith compares`},
	} {
		if got, want := about(t, Config{Deny: []Rule{{Name: "d", Expression: tt.bad}}}), `deny rule "d" `+tt.want; !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.bad, got, want)
		}
		if got := about(t, Config{Deny: []Rule{{Name: "d", Expression: tt.good}}}); got != "" {
			t.Errorf("%s: %s", tt.good, got)
		}
	}
}

func TestConstantRules(t *testing.T) {
	for rule, want := range map[string]string{
		`true`:                          "true",
		`1 == 2`:                        "false",
		`aws_token.jti == "1" || true`:  "true",
		`aws_token.jti == "1" && false`: "false",
		`aws_token.principal_tags.x == "1" || "a" in ["a"]`: "true",
		`!(has(request.path) && false)`:                     "true",
		`false ? has(aws_token.jti) : true`:                 "true",
		`["a"].all(x, x == "a" || aws_token.jti == x)`:      "true",

		`aws_token.jti == "1"`:              "",
		`aws_token.jti == "1" || false`:     "",
		`aws_token.principal_tags.x == "1"`: "",
		`aws_token.principal_tags["x"] == "1" || aws_token.original_session_exp > request.time`: "",
		`has(aws_token.jti)`:                                   "",
		`!has(aws_token.org.id)`:                               "",
		`request.path == "/"`:                                  "",
		`request.time > timestamp("2026-01-01T00:00:00Z")`:     "",
		`aws_token.aud.exists(a, a == "x")`:                    "",
		`aws_token.org.ou_path.filter(p, p != "").size() == 0`: "",
		`aws_token.claims.x == 5`:                              "",
		`aws_token.principal_tags[?"x"].orValue("") == ""`:     "",
		`in_ou(aws_token.org.ou_path, "ou-1")`:                 "",
		`ip_in(request.remote_ip, "0.0.0.0/0")`:                "",
		`1 / 0 == 1`:                                           "", // it fails, which is no constant
	} {
		if want != "" {
			want = `allow rule "a" (line 1, column ` + "%" + `): the rule is ` + want + " whatever the token and the request say"
		}
		got := about(t, Config{Accounts: []string{"111111111111"}, Allow: []Rule{{Name: "a", Expression: rule}}})
		before, after, _ := strings.Cut(want, "%")
		if want == "" && got != "" || !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
			t.Errorf("%s: %s", rule, got)
		}
	}
}

func TestRequestTagsAlone(t *testing.T) {
	const job = `aws_token.request_tags.job == "nightly"`
	tags := map[string][]string{"job": {"nightly"}}
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"a rule":              {allowRule(job), `allow rule "allow[0]" (line 1, column 28 of the rule): request tags alone decide`},
		"with the audience":   {allowRule(job + ` && "x" in aws_token.aud && request.method == "GET"`), `allow rule "allow[0]" (line 1, column `},
		"by the claims":       {allowRule(`aws_token.claims.request_tags.job == "nightly"`), `allow rule "allow[0]" (line 1, column 35 of the rule): request tags alone decide`},
		"one of two":          {allowRule(`aws_token.source_region == "eu-west-1" && ` + job + ` || ` + job), `allow rule "allow[0]" (line 1, column 113 of the rule): request tags alone decide`},
		"an index":            {allowRule(`aws_token.request_tags["job"] == "nightly"`), `allow rule "allow[0]" (line 1, column 31 of the rule): request tags alone decide`},
		"a requirement":       {Config{RequestTags: tags}, `requirement "request_tag.job": request tags alone decide`},
		"beside a shadow":     {Config{RequestTags: tags, Allow: []Rule{{Name: "s", Expression: `aws_token.source_region == "eu-west-1"`, Shadow: true}}}, `requirement "request_tag.job": request`},
		"a deny rule":         {denyRule(job), ""},
		"with an account":     {Config{Accounts: []string{"111111111111"}, Allow: []Rule{{Expression: job}}}, ""},
		"with an org":         {Config{Orgs: []string{"o-a1b2c3d4e5"}, Allow: []Rule{{Expression: job}}}, ""},
		"with a tag":          {Config{PrincipalTags: tags, Allow: []Rule{{Expression: job}}}, ""},
		"with another":        {allowRule(job + ` && aws_token.source_region == "eu-west-1"`), ""},
		"with another claim":  {allowRule(job + ` && aws_token.claims.other == "x"`), ""},
		"no request tag":      {allowRule(`aws_token.principal_tags.job == "nightly"`), ""},
		"method alone":        {allowRule(`request.method == "GET"`), ""},
		"requirement, org":    {Config{RequestTags: tags, Orgs: []string{"o-a1b2c3d4e5"}}, ""},
		"requirement, rule":   {Config{RequestTags: tags, Allow: []Rule{{Expression: `aws_token.source_region == "eu-west-1"`}}}, ""},
		"requirement, no tag": {Config{PrincipalTags: tags}, ""},
	} {
		got := about(t, tt.cfg)
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestImpossibleLiterals(t *testing.T) {
	for _, tt := range []struct{ bad, good string }{
		{`aws_token.account.id == "1234"`, `aws_token.account.id == "123456789012"`},
		{`"1234" == aws_token.account.id`, `"123456789012" == aws_token.account.id`},
		{`aws_token.account_id != "1234"`, `aws_token.account_id != ""`},
		{`aws_token.principal.account_id in ["123456789012", "1234"]`, `aws_token.principal.account_id in ["123456789012", "210987654321"]`},
		{`aws_token.org.id == "a1b2c3d4e5"`, `aws_token.org.id == "o-a1b2c3d4e5"`},
		{`aws_token.source_region == "Frankfurt"`, `aws_token.source_region == "us-gov-west-1"`},
		{`aws_token.source_region == "eu-central-1a"`, `aws_token.source_region == "eu-central-1"`},
		{`aws_token.iss == "https://a.example/"`, `aws_token.iss == "https://a.example"`},
		{`aws_token.iss == "a.example"`, `aws_token.iss == "https://a.example"`},
		{`aws_token.iss == "http://a.example"`, `aws_token.iss == "http://127.0.0.1:8080"`},
		{`aws_token.sub == "role/x"`, `aws_token.sub == "arn:aws:iam::123456789012:role/x"`},
		{`aws_token.sub == "arn:aws:iam::123456789012:role/*"`, `arn_like(aws_token.sub, "arn:aws:iam::123456789012:role/*")`},
		{`aws_token.sub == "arn:aws:iam::1234:role/x"`, `aws_token.sub == "arn:aws-cn:sts::123456789012:assumed-role/x/y"`},
		{`aws_token.principal.path == "/team"`, `aws_token.principal.path == "/team/"`},
		{`aws_token.principal.path == "team/"`, `aws_token.principal.path == "/"`},
		{`aws_token.principal.type == "Role"`, `aws_token.principal.type == "role"`},
		{`request.method == "get"`, `request.method == "GET"`},
		{`request.method in ["GET", "Head"]`, `request.method in ["GET", "HEAD"]`},
		{`request.host == "API.example"`, `request.host == "api.example"`},
		{`request.host == "api.example:443"`, `request.host == "::1"`},
		{`request.host == "https://api.example"`, `request.host == "api.example"`},
		{`request.path == "v1"`, `request.path == "/v1"`},
		{`request.path == "v1"`, `request.path == "*"`},
		{`in_ou(aws_token.org.ou_path, "Production")`, `in_ou(aws_token.org.ou_path, "ou-ab12-11111111")`},
		{`in_ou(aws_token.org.ou_path, "r-ab12/ou-ab12-11111111")`, `in_ou(aws_token.org.ou_path, "r-ab12")`},
		{`in_ou(aws_token.org.ou_path, "")`, `in_ou(aws_token.org.ou_path, "o-a1b2c3d4e5")`},
		{`aws_token.lambda_source_function_arn == "f"`, `aws_token.lambda_source_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:f"`},
		{`aws_token.ec2_source_instance_arn == "i-abc"`, `aws_token.ec2_source_instance_arn == "arn:aws:ec2:us-east-1:123456789012:instance/i-abc"`},
		{`[1].all(x, aws_token.account.id == "1" + "2" || aws_token.account.id == "12")`, `aws_token.ec2_role_delivery == "2.0"`},
	} {
		if got := about(t, denyRule(tt.bad)); !strings.Contains(got, " is never ") || strings.Contains(got, "\n") {
			t.Errorf("%s: %s", tt.bad, got)
		}
		if got := about(t, denyRule(tt.good)); got != "" {
			t.Errorf("%s: %s", tt.good, got)
		}
	}
	const want = `deny rule "deny[0]" (line 1, column 26 of the rule): aws_token.account.id is never "1234": it is 12 digits`
	if got := about(t, denyRule(`aws_token.account.id in ["1234"]`)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
