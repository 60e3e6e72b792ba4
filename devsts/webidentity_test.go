package devsts

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestWebIdentityAnswer(t *testing.T) {
	p := startIDP(t, "/tenant", httptest.NewServer)
	e := start(t, federated(p))
	a := e.assume(t, p.token(t, nil, nil))
	w := assumed(t, a)
	want := webAnswer{
		Subject: subject, Audience: clientID, Provider: "arn:aws:iam::444455556666:oidc-provider/" + strings.TrimPrefix(p.url, "http://"),
		ARN: "arn:aws:sts::444455556666:assumed-role/partner/run-1", ID: w.ID, KeyID: w.KeyID, Secret: w.Secret, SessionToken: w.SessionToken,
		Expiration: "2026-04-21T08:32:10.000Z",
	}
	if w != want {
		t.Errorf("got %+v, want %+v", w, want)
	}
	for pattern, value := range map[string]string{`^ASIA[A-Z2-7]{16}$`: w.KeyID, `^[A-Za-z0-9+/]{40}$`: w.Secret, `^[A-Za-z0-9+/]{100,}=*$`: w.SessionToken, `^AROA[A-Z2-7]{17}:run-1$`: w.ID} {
		if !regexp.MustCompile(pattern).MatchString(value) {
			t.Errorf("%q is not %s", value, pattern)
		}
	}
	if !strings.HasPrefix(a.raw, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>`) {
		t.Errorf("got %s", a.raw)
	}
	if again := assumed(t, e.assume(t, p.token(t, nil, nil))); again.KeyID == w.KeyID || again.Secret == w.Secret || again.SessionToken == w.SessionToken {
		t.Error("two sessions share credentials")
	}
	azp := assumed(t, e.assume(t, p.token(t, nil, edits{"aud": []string{"a", "b"}, "azp": clientID})))
	if azp.Audience != clientID {
		t.Errorf("audience %s", azp.Audience)
	}
}

// TestWebIdentityLimits has each limit beside the nearest call that keeps it.
func TestWebIdentityLimits(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	c := federated(p)
	c.Accounts[1].Roles[1].MaxSessionSeconds = 43200
	e := start(t, c)
	token := p.token(t, nil, nil)
	long := func(n int, s string) string { return strings.Repeat(s, n) }
	const invalid = "ValidationError"
	for _, c := range []struct {
		name      string
		good, bad []string
		code      string
		text      string
	}{
		{"no role", nil, []string{"RoleArn", "-"}, invalid, "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"},
		{"no session name", nil, []string{"RoleSessionName", "-"}, invalid, "Value null at 'roleSessionName'"},
		{"no token", nil, []string{"WebIdentityToken", "-"}, invalid, "Value null at 'webIdentityToken'"},
		{"no role's ARN", nil, []string{"RoleArn", "arn:aws:iam::444455556666:user/team/partner"}, invalid, "Request ARN is invalid"},
		{"a short ARN", nil, []string{"RoleArn", "arn:aws:iam::1:role"}, invalid, "greater than or equal to 20"},
		{"a session name of 1", []string{"RoleSessionName", "ab"}, []string{"RoleSessionName", "a"}, invalid, "greater than or equal to 2"},
		{"a session name of 65", []string{"RoleSessionName", long(64, "a")}, []string{"RoleSessionName", long(65, "a")}, invalid, "less than or equal to 64"},
		{"a character in a session name", []string{"RoleSessionName", "a_+=,.@-"}, []string{"RoleSessionName", "a b"}, invalid, `Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{"a token of 3", nil, []string{"WebIdentityToken", "a.b"}, invalid, "'<not shown>' at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		{"899 seconds", []string{"DurationSeconds", "900"}, []string{"DurationSeconds", "899"}, invalid, "greater than or equal to 900"},
		{"43201 seconds", []string{"DurationSeconds", "43200"}, []string{"DurationSeconds", "43201"}, invalid, "less than or equal to 43200"},
		{"a duration in words", nil, []string{"DurationSeconds", "1h"}, invalid, "whole number"},
		{"a provider of OAuth 2.0", nil, []string{"ProviderId", "www.amazon.com"}, invalid, "ProviderId is for OAuth 2.0 access tokens"},
		{"a policy that is no JSON", nil, []string{"Policy", "{"}, "MalformedPolicyDocument", "invalid Json"},
		{"a policy", nil, []string{"Policy", "{}"}, invalid, "does not evaluate session policies"},
		{"a managed policy", nil, []string{"PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"}, invalid, "does not evaluate session policies"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assumed(t, e.assume(t, token, c.good...))
			a := e.assume(t, token, c.bad...)
			wantCode(t, a, 400, c.code, c.text)
			if strings.Contains(a.raw, token) {
				t.Error("the token is in the answer")
			}
		})
	}
}

func TestMaxSession(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	for most, tt := range map[int]struct{ good, bad string }{0: {"3600", "3601"}, 7200: {"7200", "7201"}} {
		c := federated(p)
		c.Accounts[1].Roles[1].MaxSessionSeconds = most
		e := start(t, c)
		assumed(t, e.assume(t, p.token(t, nil, nil), "DurationSeconds", tt.good))
		wantCode(t, e.assume(t, p.token(t, nil, nil), "DurationSeconds", tt.bad), 400, "ValidationError", "exceeds the MaxSessionDuration set for this role")
	}
}

// TestNotTrusted: AWS answers the same about a role that there is not.
func TestNotTrusted(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	e := start(t, federated(p))
	for name, tt := range map[string]struct{ role, token string }{
		"another subject":      {partnerARN, p.token(t, nil, edits{"sub": "arn:aws:iam::999988887777:role/stranger"})},
		"another audience":     {partnerARN, p.token(t, nil, edits{"aud": "other"})},
		"a role without trust": {"arn:aws:iam::444455556666:role/billing-ec2", p.token(t, nil, nil)},
		"no role":              {"arn:aws:iam::444455556666:role/partner", p.token(t, nil, nil)},
	} {
		a := e.assume(t, tt.token, "RoleArn", tt.role)
		wantCode(t, a, 403, "AccessDenied", "")
		if a.Text != "Not authorized to perform sts:AssumeRoleWithWebIdentity" {
			t.Errorf("%s: %q", name, a.Text)
		}
	}
	assumed(t, e.assume(t, p.token(t, nil, nil)))
}

// TestProviderOfAnotherAccount: a provider is for the roles of its account.
func TestProviderOfAnotherAccount(t *testing.T) {
	p, q := startIDP(t, "", httptest.NewServer), startIDP(t, "", httptest.NewServer)
	c := federated(p)
	c.Accounts[0].OIDCProviders = []OIDCProvider{{URL: q.url, ClientIDs: []string{clientID}, AllowLoopback: true}}
	e := start(t, c)
	assumed(t, e.assume(t, p.token(t, nil, nil)))
	wantCode(t, e.assume(t, q.token(t, nil, nil)), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+q.url)
}

// TestOwnIssuer: tokens of GetWebIdentityToken are for other partitions alone.
func TestOwnIssuer(t *testing.T) {
	c := DefaultConfig()
	e := start(t, c)
	own := e.url + "/11112222-3333-4111-8111-111122223333"
	trusting := func(partition string) Config {
		c := DefaultConfig()
		name := strings.TrimPrefix(own, "http://")
		c.Accounts[1].OIDCProviders = []OIDCProvider{{URL: own, ClientIDs: []string{clientID}, AllowLoopback: true}}
		c.Accounts[1].Roles = []Role{{ARN: "arn:" + partition + ":iam::444455556666:role/partner", Trust: []TrustStatement{{Provider: own,
			Condition: map[string]map[string][]string{operatorLike: {name + ":sub": {"*"}}}}}}}
		return c
	}
	for partition, ok := range map[string]bool{"aws": false, "aws-cn": true} {
		// The second server stands where the first one's issuers are.
		second, err := New(trusting(partition))
		if err != nil {
			t.Fatal(err)
		}
		second.now = testClock
		if err := second.SetBaseURL(e.url); err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(second.Handler())
		t.Cleanup(web.Close)
		token := e.call(t, orders, goodCall("Audience.member.1", clientID)).Token
		a := emulator{second, web.URL}.assume(t, token, "RoleArn", "arn:"+partition+":iam::444455556666:role/partner")
		if ok {
			assumed(t, a)
			continue
		}
		wantCode(t, a, 400, "InvalidIdentityToken", "cannot be used in the partition that issued it")
	}
}
