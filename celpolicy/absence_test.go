package celpolicy

import (
	"encoding/json"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// What a rule makes of a tag that is there, and of one that is absent: an error
// never allows, and a deny that fails refuses.
func TestAbsentTag(t *testing.T) {
	const (
		ok  = "allowed"
		no  = string(ReasonPolicyDenied)
		bad = string(ReasonPolicyError)
	)
	tests := []struct {
		rule                          string
		allowPresent, allowAbsent     string
		denyPresent, denyAbsent       string
		allowOtherwise, denyOtherwise string // the tag has another value
	}{
		{`aws_token.principal_tags.env == "prod"`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags["env"] == "prod"`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags.env != "prod"`, no, bad, ok, bad, ok, no},
		{`!(aws_token.principal_tags.env == "prod")`, no, bad, ok, bad, ok, no},
		{`aws_token.principal_tags.env == "prod" || true`, ok, ok, no, no, ok, no},
		{`true || aws_token.principal_tags.env == "prod"`, ok, ok, no, no, ok, no},
		{`aws_token.principal_tags.env == "prod" || false`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags.env == "prod" && true`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags.env == "prod" && false`, no, no, ok, ok, no, ok},
		{`!(aws_token.principal_tags.env == "prod" && false)`, ok, ok, no, no, ok, no},
		{`aws_token.principal_tags.env == "prod" ? true : true`, ok, bad, no, bad, ok, no},
		{`aws_token.principal_tags.env in ["prod"]`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags.env.startsWith("prod")`, ok, bad, no, bad, no, ok},
		{`has(aws_token.principal_tags.env)`, ok, no, no, ok, ok, no},
		{`"env" in aws_token.principal_tags`, ok, no, no, ok, ok, no},
		{`has(aws_token.principal_tags.env) && aws_token.principal_tags.env == "prod"`, ok, no, no, ok, no, ok},
		{`has(aws_token.principal_tags.env) && aws_token.principal_tags.env != "prod"`, no, no, ok, ok, ok, no},
		{`!has(aws_token.principal_tags.env) || aws_token.principal_tags.env == "prod"`, ok, ok, no, no, no, ok},
		{`aws_token.principal_tags[?"env"].orValue("") == "prod"`, ok, no, no, ok, no, ok},
		{`aws_token.principal_tags.?env.orValue("prod") == "prod"`, ok, ok, no, no, no, ok},
		{`aws_token.principal_tags[?"env"].value() == "prod"`, ok, bad, no, bad, no, ok},
		{`aws_token.principal_tags.all(k, aws_token.principal_tags[k] == "prod")`, ok, ok, no, no, no, ok},
		{`["env"].exists(k, aws_token.principal_tags[k] == "prod")`, ok, bad, no, bad, no, ok},
		{`["env", "on"].exists(k, k == "on" || aws_token.principal_tags[k] == "prod")`, ok, ok, no, no, ok, no},
		{`["env"].all(k, aws_token.principal_tags[k] == "prod")`, ok, bad, no, bad, no, ok},
	}
	present := &awstoken.Token{PrincipalTags: map[string]string{"env": "prod"}}
	otherwise := &awstoken.Token{PrincipalTags: map[string]string{"env": "test"}}
	for _, tt := range tests {
		for _, c := range []struct {
			name  string
			cfg   Config
			token *awstoken.Token
			want  string
		}{
			{"allow, present", allowRule(tt.rule), present, tt.allowPresent},
			{"allow, absent", allowRule(tt.rule), &awstoken.Token{}, tt.allowAbsent},
			{"allow, otherwise", allowRule(tt.rule), otherwise, tt.allowOtherwise},
			{"deny, present", denyRule(tt.rule), present, tt.denyPresent},
			{"deny, absent", denyRule(tt.rule), &awstoken.Token{}, tt.denyAbsent},
			{"deny, otherwise", denyRule(tt.rule), otherwise, tt.denyOtherwise},
		} {
			if got := verdict(ask(t, c.cfg, c.token)); got != c.want {
				t.Errorf("%s: %s: %s, want %s", tt.rule, c.name, got, c.want)
			}
		}
	}
}

// Claims are the one place where a type can be wrong at run time.
func TestClaimOfWrongType(t *testing.T) {
	const ok, no, bad = "allowed", string(ReasonPolicyDenied), string(ReasonPolicyError)
	right := map[string]any{"level": json.Number("5"), "flag": true, "list": []any{"a"}}
	wrong := map[string]any{"level": "5", "flag": "yes", "list": "a"}
	tests := []struct {
		rule                 string
		right, wrong, absent string
	}{
		{`aws_token.claims.level == 5`, ok, no, bad},
		{`aws_token.claims.level >= 5`, ok, bad, bad},
		{`aws_token.claims.level + 1 == 6`, ok, bad, bad},
		{`!(aws_token.claims.level > 7)`, ok, bad, bad},
		{`aws_token.claims.level > 7 || true`, ok, ok, ok},
		{`bool(aws_token.claims.flag)`, ok, bad, bad},
		{`aws_token.claims.flag == true`, ok, no, bad},
		{`aws_token.claims.flag && true`, ok, bad, bad},
		{`"a" in aws_token.claims.list`, ok, bad, bad},
		{`in_ou(aws_token.claims.list, "a")`, ok, bad, bad},
		{`aws_token.claims.list[0] == "a"`, ok, bad, bad},
		{`has(aws_token.claims.level)`, ok, ok, no},
		{`has(aws_token.claims.level) && aws_token.claims.level == 5`, ok, no, no},
		{`aws_token.claims.level != "5"`, ok, no, bad}, // as the documentation warns
	}
	for _, tt := range tests {
		for _, c := range []struct {
			claims map[string]any
			want   string
		}{{right, tt.right}, {wrong, tt.wrong}, {nil, tt.absent}} {
			if got := verdict(ask(t, allowRule(tt.rule), &awstoken.Token{Other: c.claims})); got != c.want {
				t.Errorf("%s with %v: %s, want %s", tt.rule, c.claims, got, c.want)
			}
		}
	}
}

func TestAbsentTimestamp(t *testing.T) {
	present := &awstoken.Token{OriginalSessionExpiry: testTime.Add(1)}
	for rule, absent := range map[string]string{
		`aws_token.original_session_exp > request.time`:                                         "policy_error",
		`!(aws_token.original_session_exp < request.time)`:                                      "policy_error",
		`has(aws_token.original_session_exp)`:                                                   "policy_denied",
		`has(aws_token.original_session_exp) && aws_token.original_session_exp > request.time`:  "policy_denied",
		`!has(aws_token.original_session_exp) || aws_token.original_session_exp > request.time`: "allowed",
		`aws_token.original_session_exp - request.time < duration("1s")`:                        "policy_error",
		`aws_token.original_session_exp.getFullYear() == 2026`:                                  "policy_error",
	} {
		if d := ask(t, allowRule(rule), present); !d.Allowed {
			t.Errorf("%s: present: %+v", rule, d)
		}
		if got := verdict(ask(t, allowRule(rule), &awstoken.Token{})); got != absent {
			t.Errorf("%s: absent: %s, want %s", rule, got, absent)
		}
	}
	d := ask(t, allowRule(`aws_token.iat < request.time`), &awstoken.Token{})
	if want := `allow rule "allow[0]" failed: aws_token.iat is absent (When the token was issued)`; d.Hint != want {
		t.Errorf("hint %q, want %q", d.Hint, want)
	}
}
