package celpolicy

import (
	"context"
	"maps"
	"slices"
	"testing"
)

func BenchmarkCompile(b *testing.B) {
	cfg := Config{Allow: []Rule{{Expression: T}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(cfg); err != nil {
			b.Fatal(err)
		}
	}
}

// Two rules as people write them, beside an account.
func BenchmarkTypical(b *testing.B) {
	p := mustCompile(b, Config{
		Accounts: []string{"v-account", "111111111111"}[1:],
		Deny:     []Rule{{Expression: `request.path.startsWith("/admin/") && request.method != "GET"`}},
		Allow:    []Rule{{Expression: `aws_token.principal_tags.p == "v-p" && "v-aud" in aws_token.aud`}},
	})
	token := fullToken()
	token.AccountID = "111111111111"
	request := Request{Method: "POST", Host: "api.example", EscapedPath: "/v1/orders", Time: testTime}
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Evaluate(context.Background(), token, request); !d.Allowed {
			b.Fatalf("%+v", d)
		}
	}
}

func BenchmarkRequirementsOnly(b *testing.B) {
	p := mustCompile(b, Config{Accounts: []string{"111111111111"}, PrincipalTags: map[string][]string{"p": {"v-p"}}})
	token := fullToken()
	token.AccountID = "111111111111"
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Evaluate(context.Background(), token, Request{}); !d.Allowed {
			b.Fatalf("%+v", d)
		}
	}
}

// The rules that take longest, each until it ends or the cost limit ends it.
func BenchmarkWorst(b *testing.B) {
	rules := heavyRules()
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		p := mustCompile(b, allowRule(rules[name]))
		token, request := heavyToken(), heavyRequest()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Evaluate(context.Background(), token, request)
			}
		})
	}
}
