package celpolicy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// What is said of a mistake is said where little is to be looked at, and not
// where it is among thousands.
func TestHintsLookAtLittle(t *testing.T) {
	team := Config{PrincipalTags: map[string][]string{"team": {"orders"}}}
	beside := func(n, size int) *awstoken.Token {
		token := manyTags(n, size)
		token.PrincipalTags["Team"] = "orders"
		return token
	}
	values := func(at int) Config {
		list := manyValues(10_000)
		list[at] = "Orders"
		return Config{PrincipalTags: map[string][]string{"team": list}}
	}
	reads := func(n int) Config { return allowRule(absentReads(n) + ` || aws_token.principal_tags.team == "orders"`) }
	const exactly = "compared byte for byte"
	for name, tt := range map[string]struct {
		few, many           Config
		fewToken, manyToken *awstoken.Token
		want                string
	}{
		"tags of a requirement": {team, team, beside(50, 124), beside(1400, 4), exactly},
		"tags of a rule":        {reads(0), reads(0), beside(50, 124), beside(1400, 4), exactly},
		"reads":                 {reads(20), reads(40), beside(5, 4), beside(5, 4), exactly},
		"tags in all":           {reads(4), reads(6), beside(49, 4), beside(49, 4), exactly},
		"a key padded": {team, team, &awstoken.Token{PrincipalTags: map[string]string{strings.Repeat(" ", 60) + "team": ""}},
			&awstoken.Token{PrincipalTags: map[string]string{strings.Repeat(" ", 600) + "team": ""}}, exactly},
		"wanted values": {values(50), values(150), taggedToken(1), taggedToken(1), exactly},
		"keys of a map": {allowRule(`aws_token.principal_tags[?aws_token.jti].hasValue()`), allowRule(`aws_token.principal_tags[?aws_token.jti].hasValue()`),
			manyTags(100, 4), manyTags(101, 4), `"0000": "v"`},
	} {
		if hint := ask(t, removeEmpty(tt.few), tt.fewToken).Hint; !strings.Contains(hint, tt.want) {
			t.Errorf("%s, control: %s", name, hint)
		}
		if d := ask(t, removeEmpty(tt.many), tt.manyToken); d.Hint == "" || strings.Contains(d.Hint, tt.want) {
			t.Errorf("%s: %s", name, d.Hint)
		}
	}
}

// removeEmpty mends a rule of no absent reads.
func removeEmpty(cfg Config) Config {
	for i := range cfg.Allow {
		cfg.Allow[i].Expression = strings.TrimPrefix(cfg.Allow[i].Expression, " || ")
	}
	return cfg
}

// Of several that could be meant the hint names always the same.
func TestHintsAreTheSame(t *testing.T) {
	token := &awstoken.Token{PrincipalTags: map[string]string{"Team": "", "TEAM": "", "tEAM": "", " team": "", "team ": ""}}
	for range 50 {
		if d := ask(t, Config{PrincipalTags: map[string][]string{"team": {"x"}}}, token); !strings.Contains(d.Hint, `the principal tag " team"`) {
			t.Fatalf("%s", d.Hint)
		}
	}
}

// No refusal compares more than maxLooks times, and what is made for its hint
// does not grow with the token.
func TestRefusalsAreBounded(t *testing.T) {
	for name, r := range refusals() {
		p := mustCompile(t, r.cfg)
		a := &activation{variables: p.variables, token: r.token, request: &Request{}}
		p.enforced.askAllow(t.Context(), a)
		if a.looks.made > maxLooks {
			t.Errorf("%s: %d comparisons", name, a.looks.made)
		}
	}
	for name, cfg := range map[string]Config{
		"requirement": {PrincipalTags: map[string][]string{"team": {"x"}}},
		"rule":        allowRule(absentReads(20)),
		"map":         allowRule(`aws_token.principal_tags[?aws_token.jti].hasValue()`),
	} {
		p := mustCompile(t, cfg)
		count := func(tags int) float64 {
			token := manyTags(tags, 4)
			return testing.AllocsPerRun(100, func() { p.Evaluate(t.Context(), token, Request{}) })
		}
		if few, many := count(20), count(1400); many > few {
			t.Errorf("%s: %v allocations with 20 tags, %v with 1400", name, few, many)
		}
	}
}

// A refusal compiles nothing: the parts of a rule are there before, or only
// Explain makes them.
func TestPartsAreCompiledEarly(t *testing.T) {
	short := `aws_token.jti == "1" && request.method == "GET"`
	long := short + ` && request.path != "` + strings.Repeat("x", 1024) + `"`
	loop := short + ` && aws_token.aud.all(a, a != "")`
	either := `aws_token.jti == "1" || request.method == "PUT"`
	for rule, early := range map[string]bool{short: true, long: false, loop: false, either: false} {
		p := mustCompile(t, allowRule(rule))
		token := &awstoken.Token{ID: "2"}
		if got := len(p.rules[0].parts) > 0; got != early {
			t.Errorf("%.60s: compiled early: %t", rule, got)
		}
		before := len(p.rules[0].parts)
		if d := p.Evaluate(t.Context(), token, Request{EscapedPath: "/"}); d.Allowed || !strings.Contains(d.Hint, `aws_token.jti is "2"`) {
			t.Errorf("%.60s: %+v", rule, d)
		}
		if len(p.rules[0].parts) != before {
			t.Errorf("%.60s: a refusal takes it apart", rule)
		}
		if e := p.Explain(t.Context(), token, Request{EscapedPath: "/"}); len(e.Checks[len(e.Checks)-1].Rule.Parts) < 2 {
			t.Errorf("%.60s: Explain has no parts", rule)
		}
	}
	if p := mustCompile(t, denyRule(short)); p.rules[0].parts != nil {
		t.Error("the parts of a deny rule are compiled early")
	}
}

// A number is read at the price of a read, so it must be as short as one.
func TestLongNumbers(t *testing.T) {
	rule := allowRule(`aws_token.claims.n < 2.0`)
	for digits, want := range map[int]string{62: "allowed", 63: "policy_error", 11_000: "policy_error"} {
		n := json.Number("1." + strings.Repeat("1", digits))
		d := ask(t, rule, &awstoken.Token{Other: map[string]any{"n": n}})
		if verdict(d) != want || !d.Allowed && !strings.Contains(d.Hint, "a number is too long") {
			t.Errorf("%d digits: %+v", digits, d)
		}
	}
}

// The claims are made once for a decision, however often a rule reads them.
func TestClaimsAreMadeOnce(t *testing.T) {
	vars := newVariables()
	a := &activation{variables: vars, token: fullToken()}
	claims, _ := vars[claimsPath].value(a).(map[string]any)
	if !maps.Equal(toText(claims), toText(fullToken().Claims())) {
		t.Fatalf("%v", claims)
	}
	claims["mark"] = true
	again, _ := vars[claimsPath].value(a).(map[string]any)
	if again["mark"] != true || vars[presencePrefix+claimsPath].value(a) != true {
		t.Error("they are made twice")
	}
}

func toText(m map[string]any) map[string]string {
	text := make(map[string]string)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		text[key] = fmt.Sprint(m[key])
	}
	return text
}

// A host that is not UTF-8 grows when it is put in lower case.
func TestHostLimit(t *testing.T) {
	p := mustCompile(t, allowRule(`request.host != ""`))
	for host, want := range map[string]string{
		strings.Repeat("A", MaxTextBytes): "allowed", strings.Repeat("A", MaxTextBytes+1): "policy_error", strings.Repeat("\xff", MaxTextBytes): "policy_error",
	} {
		if d := p.Evaluate(t.Context(), fullToken(), Request{Host: host}); verdict(d) != want {
			t.Errorf("%d bytes: %+v", len(host), d)
		}
	}
}
