package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// reloadRows are about what is remembered, reloads and floods.
var reloadRows = []row{
	{"D1", d1}, {"D2", d2}, {"D3", d3}, {"D4", d4},
}

// d1: that a token has passed says nothing of the next time, of another site, or
// of a token that is nearly the same.
func d1() []probe {
	probes := []probe{
		{name: "after exp", script: func(t *testing.T) { outlives(t, 0) }},
		{name: "after exp and leeway", script: func(t *testing.T) { outlives(t, time.Second) }},
		{name: "before nbf", script: tooEarly},
		{name: "nearly the same tag", script: near{differ: func(p *parts, i int) {
			p.aws["principal_tags"] = map[string]string{"team": fmt.Sprintf("team-%04d", i)}
		}}.run},
		{name: "nearly the same jti", script: near{differ: func(p *parts, i int) { p.claims["jti"] = fmt.Sprintf("%036d", i) }}.run},
		// sub is the last claim, so that all but a few bytes of the payload are the same.
		{name: "the same but for the end", script: near{differ: func(p *parts, i int) {
			p.aws["request_tags"] = map[string]string{"pad": strings.Repeat("x", 8000)}
			p.claims["jti"] = "one"
			p.claims["sub"] = fmt.Sprintf("%s-%04d", ordersRole, i)
		}}.run},
	}
	for _, each := range otherSites {
		token := mint(func(p *parts) { p.claims["aud"] = []string{audience, "also.internal"} })
		probes = append(probes, probe{
			name: "two sites: " + each.name, site: twoSites(), status: each.status, reason: each.reason,
			attack: call(token).to("/" + strings.ReplaceAll(each.name, " ", "-")), control: call(token).to("/open"),
		})
	}
	return probes
}

// otherSites differ from the open one by what they ask for. A token that opened
// that one opens none of them, before and afterwards.
var otherSites = []struct {
	name, issuer, lines string
	status              int
	reason              string
}{
	{"another issuer", "issuer BILLING 444455556666", "audience orders.internal", 401, "unknown_issuer"},
	{"another pin", "issuer ISSUER 444455556666", "audience orders.internal", 401, "account_mismatch"},
	{"another audience", "issuer ISSUER 111122223333", "audience billing.internal", 401, "wrong_audience"},
	{"an audience of the issuer's", "issuer ISSUER 111122223333 {\naudience billing.internal\n}", "audience orders.internal", 401, "wrong_audience"},
	{"single audience", "issuer ISSUER 111122223333", "audience orders.internal\nsingle_audience", 401, "wrong_audience"},
	{"another algorithm", "issuer ISSUER 111122223333", "audience orders.internal\nalgorithm RS256", 401, "algorithm_not_allowed"},
	{"a shorter life", "issuer ISSUER 111122223333", "audience orders.internal\nmax_lifetime 1m", 401, "lifetime_too_long"},
	{"another account", "issuer ISSUER 111122223333", "audience orders.internal\naccount 444455556666", 403, "requirement_failed"},
	{"another org", "issuer ISSUER 111122223333", "audience orders.internal\norg o-stranger01", 403, "requirement_failed"},
	{"another tag", "issuer ISSUER 111122223333", "audience orders.internal\nprincipal_tag team billing", 403, "requirement_failed"},
	{"a deny", "issuer ISSUER 111122223333", "audience orders.internal\ndeny `aws_token.principal.name == \"orders-lambda\"`", 403, "policy_denied"},
	{"another allow", "issuer ISSUER 111122223333", "audience orders.internal\nallow `aws_token.principal.name == \"billing-ec2\"`", 403, "policy_denied"},
}

func twoSites() string {
	var site strings.Builder
	site.WriteString("handle /open {\naws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n}\nreverse_proxy UPSTREAM\n}\n")
	for _, each := range otherSites {
		fmt.Fprintf(&site, "handle /%s {\naws_jwt {\n%s\n%s\n}\nreverse_proxy UPSTREAM\n}\n", strings.ReplaceAll(each.name, " ", "-"), each.issuer, each.lines)
	}
	return site.String()
}

// outlives has a token pass for as long as it lives, on new connections and on
// kept ones, and no longer.
func outlives(t *testing.T, leeway time.Duration) {
	t.Parallel()
	g := newGate(t, "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\nleeway "+leeway.String()+"\n}\nreverse_proxy UPSTREAM")
	clients := make(map[protocol]*http.Client)
	for _, p := range every {
		clients[p] = g.keptAlive(t, p)
		g.passes(t, p, call(mint(nil))) // the keys are there
	}
	exp := time.Now().Add(4 * time.Second).Unix()
	token := mint(func(p *parts) { p.claims["exp"] = exp })
	end := time.Unix(exp, 0).Add(leeway)
	passed, refused := make(map[protocol]int), make(map[protocol]int)
	for late := false; !late; time.Sleep(20 * time.Millisecond) {
		late = time.Now().After(end.Add(200 * time.Millisecond))
		for _, p := range every {
			began := time.Now()
			a, err := g.visit(t.Context(), clients[p], p, token)
			again := g.send(t, p, call(token))
			if err != nil {
				t.Fatal(err)
			}
			for _, status := range []int{a.status, again.status} {
				switch {
				case status == http.StatusOK && !began.Before(end):
					t.Errorf("%s: it passed %v after its end", p, began.Sub(end))
				case status == http.StatusOK:
					passed[p]++
				case status == http.StatusUnauthorized:
					refused[p]++
				default:
					t.Errorf("%s: status %d", p, status)
				}
			}
		}
	}
	for _, p := range every {
		if passed[p] == 0 || refused[p] == 0 {
			t.Errorf("%s: it passed %d times and was refused %d times", p, passed[p], refused[p])
		}
		g.refuses(t, p, call(token), http.StatusUnauthorized, "expired")
		g.passes(t, p, call(mint(nil)))
	}
}

// tooEarly: a refusal is not remembered, either.
func tooEarly(t *testing.T) {
	t.Parallel()
	g := newGate(t, "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\nleeway 0s\n}\nreverse_proxy UPSTREAM")
	g.passes(t, h1, call(mint(nil)))
	nbf := time.Now().Add(4 * time.Second).Unix()
	token := mint(func(p *parts) { p.claims["nbf"] = nbf })
	for _, p := range every {
		g.refuses(t, p, call(token), http.StatusUnauthorized, "not_yet_valid")
	}
	eventually(t, "it begins to pass", func() bool {
		a, err := g.sendH1(h1, call(token))
		if passed := err == nil && a.status == http.StatusOK; !passed || !time.Now().Before(time.Unix(nbf, 0)) {
			return passed
		}
		t.Error("it passed before its time")
		return true
	})
	for _, p := range every {
		g.passes(t, p, call(token))
	}
}
