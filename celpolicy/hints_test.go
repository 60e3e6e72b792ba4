package celpolicy

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Each mistake stands beside a token that fails without it, and so is told less.
func TestHints(t *testing.T) {
	team := Config{PrincipalTags: map[string][]string{"team": {"orders"}}}
	job := Config{RequestTags: map[string][]string{"job": {"nightly"}}}
	tags := func(list ...string) *awstoken.Token {
		token := &awstoken.Token{PrincipalTags: map[string]string{}}
		for i := 0; i < len(list); i += 2 {
			token.PrincipalTags[list[i]] = list[i+1]
		}
		return token
	}
	chosen := func(list ...string) *awstoken.Token {
		token := tags(list...)
		token.PrincipalTags, token.RequestTags = nil, token.PrincipalTags
		return token
	}
	none := &awstoken.Token{}
	const rule = `aws_token.principal_tags.team == "orders"`
	const cost = `aws_token.principal_tags["team"] == "orders" && request.method == "GET"`
	for _, tt := range []struct {
		name         string
		cfg          Config
		token, plain *awstoken.Token
		want         string // at the end of the hint
	}{
		{"a key in another case", team, tags("Team", "orders"), tags("Teams", "orders"),
			`; the token has the principal tag "Team", and keys are compared byte for byte`},
		{"a key with white space", team, tags("team ", "orders"), none, `; the token has the principal tag "team ", and keys are compared byte for byte`},
		{"a request tag's key in another case", job, chosen("JOB", "nightly"), tags("JOB", "nightly"),
			`; the token has the request tag "JOB", and keys are compared byte for byte`},
		{"a request tag", team, chosen("team", "orders"), none,
			`; there is a request tag "team", but those are chosen by the caller: the tag must be on the role or passed as a session tag`},
		{"a value in another case", team, tags("team", "Orders"), tags("team", "Order"), `; it differs from "orders" in case, and values are compared byte for byte`},
		{"a value with white space", team, tags("team", "orders "), tags("team", "order"),
			`; it differs from "orders" by white space at its ends, and values are compared byte for byte`},
		{"an account with white space", Config{Accounts: []string{"111111111111"}}, &awstoken.Token{AccountID: " 111111111111"}, &awstoken.Token{AccountID: "111111111112"},
			`; it differs from "111111111111" by white space at its ends, and values are compared byte for byte`},

		{"rule: a key in another case", allowRule(rule), tags("Team", "orders"), none, `; the token has the principal tag "Team", and keys are compared byte for byte`},
		{"deny rule: a key in another case", denyRule(rule), tags("Team", "orders"), none, `; the token has the principal tag "Team", and keys are compared byte for byte`},
		{"rule: a request tag", allowRule(rule), chosen("team", "orders"), none,
			`; there is a request tag "team", but those are chosen by the caller: the tag must be on the role or passed as a session tag`},
		{"rule: a value in another case", allowRule(rule), tags("team", "Orders"), tags("team", "Order"),
			`; aws_token.principal_tags.team differs from "orders" in case, and values are compared byte for byte`},
		{"rule: a list, white space", allowRule(`aws_token.jti in ["b", "a"]`), &awstoken.Token{ID: "a "}, &awstoken.Token{ID: "c"},
			`; aws_token.jti differs from "a" by white space at its ends, and values are compared byte for byte`},
		{"rule: an attribute that chaining loses", allowRule(`aws_token.federated_provider == "x"`), none, &awstoken.Token{FederatedProvider: "y"},
			`[allow[0]] is true; the token lacks aws_token.federated_provider (Who federated the session; it is lost by role chaining)`},
		{"rule: an absent timestamp", allowRule(`aws_token.original_session_exp > request.time`), none, &awstoken.Token{OriginalSessionExpiry: testTime},
			`failed: aws_token.original_session_exp is absent (When the role's session ends)`},
		{"rule: an absent tag that is asked for", allowRule(`has(aws_token.principal_tags.team)`), none, tags("team", "x"),
			`[allow[0]] is true; the token lacks aws_token.principal_tags.team`},
		{"rule: an OU that moved", allowRule(`in_ou(aws_token.org.ou_path, "ou-1") && aws_token.jti == ""`),
			&awstoken.Token{OUPath: []string{"o-a/r-b/ou-2/"}}, &awstoken.Token{OUPath: []string{"o-a/ou-1/"}},
			`is true; in_ou(aws_token.org.ou_path, "ou-1") is false (aws_token.org.ou_path is ["o-a/r-b/ou-2/"])`},
		{"rule: the OU comes first", allowRule(`aws_token.jti == "" && aws_token.sub == "" && aws_token.iss == "" && false || in_ou(aws_token.org.ou_path, "ou-1")`),
			&awstoken.Token{OUPath: []string{"o-a/ou-2/"}, ID: "1", Subject: "2", Issuer: "3"}, &awstoken.Token{OUPath: []string{"o-a/ou-1/"}},
			`is true; aws_token.org.ou_path is ["o-a/ou-2/"], aws_token.jti is "1", aws_token.sub is "2", …`},
		{"rule: one of two parts", allowRule(cost), tags("team", "search"), tags("team", "orders"),
			`is true; aws_token.principal_tags["team"] == "orders" is false (aws_token.principal_tags["team"] is "search")`},
		{"rule: three parts", allowRule(`has(request.path) && request.method == "PUT" && request.method == "POST" && request.path == "/x"`), none, nil,
			`is true; request.method == "PUT" is false (request.method is "GET")`},
	} {
		hint := ask(t, tt.cfg, tt.token).Hint
		if !strings.HasSuffix(hint, tt.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, hint, tt.want)
		}
		if tt.plain != nil && strings.HasSuffix(ask(t, tt.cfg, tt.plain).Hint, tt.want) {
			t.Errorf("%s: the control is told the same", tt.name)
		}
		if e := mustCompile(t, tt.cfg).Explain(t.Context(), tt.token, Request{Method: "GET", EscapedPath: "/", Time: testTime}); e.Checks[len(e.Checks)-1].Passed ||
			!strings.HasSuffix(e.Checks[len(e.Checks)-1].Hint, tail(tt.want)) {
			t.Errorf("%s: %+v", tt.name, e.Checks)
		}
	}
}

// tail is what the hint of a decision and that of a check have in common.
func tail(hint string) string {
	_, after, found := strings.Cut(hint, "is true; ")
	if found {
		return after
	}
	return hint
}

// Text from a token is quoted and cut in what is said of mistakes, too.
func TestHintsQuote(t *testing.T) {
	evil := "\x1b[31m\u202e" + strings.Repeat("x", 300)
	token := &awstoken.Token{ID: evil, PrincipalTags: map[string]string{"TEAM": evil}, OUPath: []string{evil, evil, evil}}
	for _, cfg := range []Config{
		allowRule(`aws_token.jti == "1"`),
		allowRule(`in_ou(aws_token.org.ou_path, "ou-1") && aws_token.jti == "1"`),
		allowRule(`aws_token.principal_tags.exists(k, k == "1")`),
		allowRule(`aws_token.principal_tags.team == "x"`),
	} {
		p := mustCompile(t, cfg)
		e := p.Explain(t.Context(), token, Request{})
		for _, hint := range []string{e.Decision.Hint, e.Checks[0].Hint} {
			if strings.ContainsAny(hint, "\x1b\u202e") || len(hint) > 1000 {
				t.Errorf("%d bytes: %q", len(hint), hint)
			}
		}
	}
}
