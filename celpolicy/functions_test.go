package celpolicy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func TestInOU(t *testing.T) {
	token := &awstoken.Token{OUPath: []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/", "/x//y"}}
	for id, want := range map[string]bool{
		"ou-ab12-11111111": true, "ou-ab12-22222222": true, "o-a1b2c3d4e5": true, "r-ab12": true, "y": true,
		"ou-ab12-1": false, "ou-ab12-111111111": false, "OU-AB12-11111111": false, "": false, "/": false,
		"r-ab12/ou-ab12-11111111": false, "ou-ab12-11111111/": false, "ou-ab12-*": false, "\x20y": false,
	} {
		d := ask(t, allowRule(fmt.Sprintf("in_ou(aws_token.org.ou_path, %q)", id)), token)
		if d.Allowed != want {
			t.Errorf("in_ou(…, %q): %+v", id, d)
		}
		if d := ask(t, allowRule(fmt.Sprintf("in_ou(aws_token.org.ou_path, %q)", id)), &awstoken.Token{}); d.Reason != ReasonPolicyDenied {
			t.Errorf("in_ou([], %q): %+v", id, d)
		}
	}
}

func TestARNLike(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/team/ci-Deploy"
	const function = "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"
	tests := []struct {
		arn, pattern string
		want         bool
	}{
		{role, role, true},
		{role, "arn:aws:iam::123456789012:role/*", true},
		{role, "arn:aws:iam::123456789012:role/team/ci-*", true},
		{role, "arn:aws:iam::123456789012:role/team/??-Deploy", true},
		{role, "arn:*:iam::*:*", true},
		{role, "arn:*:*:*:*:*", true},
		{role, "*:*:*:*:*:*", true},
		{role, "arn:aws:iam::1234567890??:role/*", true},
		{role, "arn:aws:iam::*:*ci*oy", true},
		{role, "arn:aws:iam:*:123456789012:role/**", true},
		{role, "arn:aws:iam:?:123456789012:role/*", false}, // the region is empty
		{role, "arn:aws:iam::123456789012:role/ci-*", false},
		{role, "arn:aws:iam::123456789012:role/team/ci-", false},
		{role, "arn:aws:iam::123456789012:ROLE/*", false},
		{role, "arn:aws:iam::12345678901?:user/*", false},
		{role, "arn:aws:iam::1234567890123:role/*", false},
		{role, "arn:aws:iam::*ci-Deploy:*", false}, // a star ends at its colon
		{role, "arn:*:role/team/ci-Deploy:::", false},
		{role, "arn:aws:iam::*:", false},
		{role, "arn:aws:iam::*:role/team/ci-Deploy?", false},
		{function, "arn:aws:lambda:*:*:function:orders:*", true},
		{function, "arn:aws:lambda:*:*:function:*", true},
		{function, "arn:aws:lambda:*:*:*", true},
		{function, "arn:aws:lambda:*:*:function:orders", false},
		{function, "arn:aws:lambda:*:*:*:*:*:*", false},
		{"arn:aws:s3:::é", "arn:aws:s3:::?", true},
		{"arn:aws:s3:::é", "arn:aws:s3:::??", false},
		{"arn:aws:s3:::a*b", "arn:aws:s3:::a*b", true},
		{"", "arn:*:*:*:*:*", false},
		{"", "*:*:*:*:*:*", false},
		{"arn:aws:iam::123456789012", "*:*:*:*:*:*", false},
	}
	for _, tt := range tests {
		d := ask(t, allowRule(fmt.Sprintf("arn_like(aws_token.sub, %q)", tt.pattern)), &awstoken.Token{Subject: tt.arn})
		if d.Allowed != tt.want || d.Reason == ReasonPolicyError {
			t.Errorf("arn_like(%q, %q): %+v", tt.arn, tt.pattern, d)
		}
	}
	// A pattern that is no literal is only seen when it is used.
	token := &awstoken.Token{Subject: role, PrincipalTags: map[string]string{"good": "arn:aws:iam::*:role/*", "bad": "arn:aws:iam"}}
	for tag, want := range map[string]string{"good": "allowed", "bad": "policy_error"} {
		if got := verdict(ask(t, allowRule("arn_like(aws_token.sub, aws_token.principal_tags."+tag+")"), token)); got != want {
			t.Errorf("pattern from tag %s: %s, want %s", tag, got, want)
		}
	}
}

// A backtracking matcher would not end within the lifetime of the machine.
func TestGlobTakesNoExponentialTime(t *testing.T) {
	start := time.Now()
	if matchGlob(strings.Repeat("a", 4000), strings.Repeat("a*", 1000)+"b") {
		t.Error("it matches")
	}
	if !matchGlob(strings.Repeat("a", 4000), strings.Repeat("a*", 1000)) {
		t.Error("the control does not match")
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestIPIn(t *testing.T) {
	tests := []struct {
		ip, cidr, want string
	}{
		{"10.1.2.3", "10.0.0.0/8", "allowed"},
		{"11.1.2.3", "10.0.0.0/8", "policy_denied"},
		{"10.1.2.3", "10.1.2.3/32", "allowed"},
		{"10.1.2.4", "10.1.2.3/32", "policy_denied"},
		{"10.1.2.3", "0.0.0.0/0", "allowed"},
		{"10.1.2.3", "::/0", "policy_denied"},
		{"::ffff:10.1.2.3", "10.0.0.0/8", "allowed"},
		{"::ffff:11.1.2.3", "10.0.0.0/8", "policy_denied"},
		{"10.1.2.3", "::ffff:10.0.0.0/104", "allowed"},
		{"2001:db8::1", "2001:db8::/32", "allowed"},
		{"2001:db9::1", "2001:db8::/32", "policy_denied"},
		{"fe80::1%eth0", "fe80::/10", "allowed"},
		{"", "10.0.0.0/8", "policy_error"},
		{"10.1.2.3:80", "10.0.0.0/8", "policy_error"},
		{"10.1.2", "10.0.0.0/8", "policy_error"},
		{"010.1.2.3", "10.0.0.0/8", "policy_error"},
	}
	for _, tt := range tests {
		p := mustCompile(t, allowRule(fmt.Sprintf("ip_in(request.remote_ip, %q)", tt.cidr)))
		d := p.Evaluate(context.Background(), &awstoken.Token{}, Request{RemoteIP: tt.ip})
		if got := verdict(d); got != tt.want {
			t.Errorf("ip_in(%q, %q): %+v, want %s", tt.ip, tt.cidr, d, tt.want)
		}
	}
	p := mustCompile(t, allowRule(`ip_in(request.remote_ip, aws_token.principal_tags.net)`))
	for cidr, want := range map[string]string{"10.0.0.0/8": "allowed", "10.0.0.1/8": "policy_error", "10.0.0.0": "policy_error", "": "policy_error"} {
		token := &awstoken.Token{PrincipalTags: map[string]string{"net": cidr}}
		if got := verdict(p.Evaluate(context.Background(), token, Request{RemoteIP: "10.1.2.3"})); got != want {
			t.Errorf("network %q: %s, want %s", cidr, got, want)
		}
	}
}

func TestExtensions(t *testing.T) {
	token := &awstoken.Token{Audience: []string{"a", "b"}, SourceRegion: "eu-west-1"}
	for rule, want := range map[string]bool{
		`aws_token.source_region.upperAscii() == "EU-WEST-1"`: true,
		`aws_token.source_region.split("-")[0] == "eu"`:       true,
		`sets.intersects(aws_token.aud, ["b", "c"])`:          true,
		`sets.intersects(aws_token.aud, ["c"])`:               false,
		`sets.contains(["a", "b", "c"], aws_token.aud)`:       true,
		`sets.contains(["a"], aws_token.aud)`:                 false,
		`aws_token.aud.first().orValue("") == "a"`:            true,
	} {
		if d := ask(t, allowRule(rule), token); d.Allowed != want || d.Reason == ReasonPolicyError {
			t.Errorf("%s: %+v", rule, d)
		}
	}
}
