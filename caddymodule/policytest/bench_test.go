package policytest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// instant is a gateway that costs nothing.
type instant struct{ walk walk.Walk }

func (*instant) Warnings() []string    { return nil }
func (*instant) Host() (string, error) { return "localhost", nil }
func (*instant) Rules() []Rule         { return fakeRules() }

func (i *instant) Walk(context.Context, *http.Request, time.Time) (*walk.Walk, error) {
	return &i.walk, nil
}

// What this package itself costs for each of 1,000 cases: reading the file,
// making the tokens, comparing.
func BenchmarkCases(b *testing.B) {
	const cases = 1000
	var text strings.Builder
	text.WriteString(head + "cases:\n")
	for i := range cases {
		fmt.Fprintf(&text, "  - name: case %d\n    request: {method: POST, path: /orders/%d}\n    claims: {aws: {principal_tags: {team: a%d}}}\n    want: {outcome: allowed, rule: orders-team, headers: {X-Team: orders}}\n", i, i, i)
	}
	path := write(b, text.String())
	gateway := &instant{walk.Walk{Outcome: walk.Allowed, Rule: "orders-team", Upstream: http.Header{"X-Team": {"orders"}}}}
	b.Run("run", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			report, err := Run(b.Context(), []string{path}, opening(gateway), Options{})
			if err != nil || report.Totals.Passed != cases {
				b.Fatal(report, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*cases), "µs/case")
	})
	s := parseSuite([]byte(text.String()), nil, nil)
	b.Run("ask", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if c := s.cases[0].ask(b.Context(), gateway); !c.Passed {
				b.Fatal(c.Problems)
			}
		}
	})
}
