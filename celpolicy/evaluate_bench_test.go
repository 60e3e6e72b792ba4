package celpolicy

import (
	"context"
	"fmt"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// taggedToken has the team "orders" and n-1 tags more.
func taggedToken(n int) *awstoken.Token {
	t := fullToken()
	t.PrincipalTags = map[string]string{"team": "orders"}
	for i := 1; i < n; i++ {
		t.PrincipalTags[fmt.Sprintf("tag-%02d", i)] = fmt.Sprintf("value-%02d", i)
	}
	return t
}

// evaluated are policies of n rules, each of which is asked.
func evaluated(n int) map[string]Config {
	allow, deny := make([]Rule, n), make([]Rule, n)
	for i := range n {
		allow[i].Expression = fmt.Sprintf(`aws_token.principal_tags.team == "team-%d"`, i)
		deny[i].Expression = fmt.Sprintf(`aws_token.account.id == "v-account" && aws_token.principal_tags.team == "team-%d"`, i)
	}
	allow[n-1].Expression = `aws_token.principal_tags.team == "orders"`
	return map[string]Config{"allow": {Allow: allow}, "deny": {Deny: deny}}
}

// A rule takes less than a microsecond, and nothing that it allocates grows
// with the token's tags.
func BenchmarkEvaluate(b *testing.B) {
	request := Request{Method: "GET", Host: "api.example", EscapedPath: "/v1/orders", RemoteIP: "203.0.113.9", Time: testTime}
	for _, kind := range []string{"allow", "deny"} {
		for _, rules := range []int{1, 10, 100} {
			p := mustCompile(b, evaluated(rules)[kind])
			for _, tags := range []int{1, 50} {
				token := taggedToken(tags)
				b.Run(fmt.Sprintf("%s/rules=%d/tags=%d", kind, rules, tags), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if d := p.Evaluate(context.Background(), token, request); !d.Allowed {
							b.Fatalf("%+v", d)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rules), "ns/rule")
				})
			}
		}
	}
}

// The first time takes the rules apart, which is not measured here.
func BenchmarkExplain(b *testing.B) {
	p := mustCompile(b, evaluated(10)["deny"])
	b.ReportAllocs()
	for b.Loop() {
		p.Explain(context.Background(), taggedToken(10), Request{})
	}
}
