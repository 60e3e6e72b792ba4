package celpolicy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// refused is a policy, and a token that it refuses with as dear a hint as we
// know how to make one.
type refused struct {
	cfg   Config
	token *awstoken.Token
}

// absentReads is a rule of n tags that no token has.
func absentReads(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`aws_token.principal_tags.a%03d == "x"`, i))
	}
	return strings.Join(list, " || ")
}

// manyTags has n keys, each of so many bytes.
func manyTags(n, size int) *awstoken.Token {
	t := &awstoken.Token{PrincipalTags: make(map[string]string)}
	for i := range n {
		t.PrincipalTags[fmt.Sprintf("%s%0*d", strings.Repeat("a", max(0, size-8)), min(size, 8), i)] = "v"
	}
	return t
}

func manyValues(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%012d", i))
	}
	return list
}

func refusals() map[string]refused {
	ids := manyValues(10_000)
	return map[string]refused{
		"100 reads, 1400 tags":        {allowRule(absentReads(100)), manyTags(1400, 4)},
		"100 reads, 50 long tags":     {allowRule(absentReads(100)), manyTags(50, 124)},
		"10000 values of a tag":       {Config{PrincipalTags: map[string][]string{"team": ids}}, &awstoken.Token{PrincipalTags: map[string]string{"team": "000000000000x"}}},
		"10000 accounts":              {Config{Accounts: ids}, &awstoken.Token{AccountID: "999999999999"}},
		"all 1400 tags are read":      {allowRule(`aws_token.principal_tags[?aws_token.jti].hasValue()`), manyTags(1400, 4)},
		"a short rule of three parts": {allowRule(`has(aws_token.principal_tags) && aws_token.jti == "1" && request.method == "GET"`), manyTags(50, 124)},
		"a number of 11000 digits": {allowRule(strings.Repeat(`aws_token.claims.n == 7.5 || `, 140) + `false`),
			&awstoken.Token{Other: map[string]any{"n": json.Number(strings.Repeat("1", 11_000) + "e-10990")}}},
	}
}

func BenchmarkRefusal(b *testing.B) {
	for name, r := range refusals() {
		p := mustCompile(b, r.cfg)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := p.Evaluate(context.Background(), r.token, Request{}); d.Allowed {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}

// A long rule, and the first refusal by it, for which nothing was done before.
func BenchmarkFirstRefusal(b *testing.B) {
	cfg := allowRule(strings.Repeat(`aws_token.jti == "1" && `, 160) + "true")
	b.ReportAllocs()
	for b.Loop() {
		mustCompile(b, cfg).Evaluate(context.Background(), new(awstoken.Token), Request{})
	}
}
