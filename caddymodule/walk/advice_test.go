package walk

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const remedyOfTable = "what the table says"

func tokenCheck(name, found, wanted string) *Handler {
	return &Handler{Claimed: "111122223333", Checks: []Check{
		{Kind: Token, Name: verifier.CheckForm, State: Passed, Found: "1 byte"},
		{Kind: Token, Name: name, State: Failed, Decisive: true, Found: found, Wanted: wanted},
	}}
}

func ruleCheck(kind Kind, rule Rule) *Handler {
	return &Handler{Checks: []Check{{Kind: kind, Name: "x", State: Failed, Decisive: true, Rule: &rule}}}
}

func requirement(name, found, wanted string) *Handler {
	return &Handler{Checks: []Check{{Kind: Requirement, Name: name, State: Failed, Decisive: true, Found: found, Wanted: wanted}}}
}

// and is a rule of two parts.
func and(first, second string) *Rule {
	return &Rule{Expression: "a &&\n b", Result: "false", Operator: "&&", Parts: []Part{{Expression: "a", Result: first}, {Expression: "b", Result: second}}}
}

// Advice can be read by itself: it has what was wanted and what to write.
func TestAdvise(t *testing.T) {
	issuer := tokenCheck(verifier.CheckIssuer, `"https://i.example"`, "one of a, b")
	anonymous := tokenCheck(verifier.CheckIssuer, `"https://i.example"`, "")
	anonymous.Claimed = ""
	account := tokenCheck(verifier.CheckAccount, "111122223333", "444455556666")
	account.Checks = append(account.Checks, Check{Kind: Token, Name: verifier.CheckIssuer, State: Passed, Found: `"https://i.example"`})
	for name, tt := range map[string]struct {
		handler *Handler
		want    string
	}{
		"nothing decided":    {&Handler{Checks: []Check{{Kind: Token, Name: verifier.CheckAudience, State: Failed, Found: "a", Wanted: "b"}}}, remedyOfTable},
		"the request":        {&Handler{Checks: []Check{{Kind: Request, Name: "missing_token", Decisive: true}}}, remedyOfTable},
		"a header":           {&Handler{Checks: []Check{{Kind: Header, Name: "unsafe_header_value", Decisive: true}}}, remedyOfTable},
		"the signature":      {tokenCheck(verifier.CheckSignature, "", ""), remedyOfTable},
		"expired":            {tokenCheck(verifier.CheckExpiry, "yesterday", "after today"), remedyOfTable},
		"unknown issuer":     {issuer, "if you trust account 111122223333 and `aws iam get-outbound-web-identity-federation-info` prints this issuer there, write: issuer https://i.example 111122223333"},
		"nobody's issuer":    {anonymous, remedyOfTable},
		"account":            {account, `if issuer "https://i.example" is account 111122223333's own, correct the account of its issuer line to 111122223333`},
		"audience":           {tokenCheck(verifier.CheckAudience, `"demo"`, "orders.internal"), `ask STS for orders.internal as the audience (--audience), or add "demo" to audience`},
		"one of audiences":   {tokenCheck(verifier.CheckAudience, `"demo"`, "one of a, b"), `ask STS for one of a, b as the audience (--audience), or add "demo" to audience`},
		"two audiences":      {tokenCheck(verifier.CheckAudience, `"a", "b"`, "a, and no other (single_audience)"), `ask STS for a, and no other (single_audience): one --audience in the call; or change the lines audience and single_audience`},
		"no audience":        {tokenCheck(verifier.CheckAudience, "", "a"), remedyOfTable},
		"algorithm":          {tokenCheck(verifier.CheckAlgorithm, "RS256", "ES384"), `ask STS for ES384 (--signing-algorithm), or add RS256 to algorithm`},
		"lifetime":           {tokenCheck(verifier.CheckLifetime, "20m0s", "at most 10m0s"), `ask STS for a life of at most 10m0s (--duration-seconds), or raise max_lifetime to 20m0s`},
		"principal tag":      {requirement("principal_tag.team", "", "[orders]"), `in AWS, tag the role (or its session) "team" with one of [orders]; or change the line principal_tag team`},
		"request tag":        {requirement("request_tag.job id", "", "[nightly]"), `pass the tag "job id" with one of [nightly] in the call of GetWebIdentityToken; or change the line request_tag "job id"`},
		"account wanted":     {requirement("account", `"111122223333"`, "[444455556666]"), `call from an account that the line account names, or add "111122223333" to it`},
		"deny":               {ruleCheck(Deny, Rule{Expression: "a ||\n b", Result: "true", Operator: "||", Parts: []Part{{Expression: "a", Result: "false"}, {Expression: "b", Result: "true"}}}), `if the caller may do this, change deny rule "x": b`},
		"deny, one part":     {ruleCheck(Deny, Rule{Expression: "a\n  < b", Result: "true"}), `if the caller may do this, change deny rule "x": a < b`},
		"deny that failed":   {ruleCheck(Deny, Rule{Expression: "a", Result: "error", Error: "no such key"}), `mend deny rule "x": what the table says`},
		"allow":              {ruleCheck(Allow, *and("true", "false")), `make this true of the caller or the request, or change allow rule "x": b`},
		"allow, two parts":   {ruleCheck(Allow, *and("error", "false")), `make this true of the caller or the request, or change allow rule "x": a && b`},
		"allow, no parts":    {ruleCheck(Allow, Rule{Expression: "a", Result: "false"}), `make this true of the caller or the request, or change allow rule "x": a`},
		"allow that failed":  {ruleCheck(Allow, Rule{Expression: "a", Result: "error", Error: "no such key"}), `mend allow rule "x": what the table says`},
		"a rule nobody made": {&Handler{Checks: []Check{{Kind: Allow, Name: "x", Decisive: true}}}, remedyOfTable},
		"a hostile audience": {tokenCheck(verifier.CheckAudience, "\x1b[2J", "a"), `ask STS for a as the audience (--audience), or add \x1b[2J to audience`},
	} {
		if got := tt.handler.Advise(remedyOfTable); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
	}
}

// The nearest rule is the first with the fewest parts that are not true.
func TestNearest(t *testing.T) {
	allow := func(name string, rule *Rule) Check {
		state := Failed
		if rule.Result == "true" {
			state = Passed
		}
		return Check{Kind: Allow, Name: name, State: state, Rule: rule}
	}
	shadow := and("true", "false")
	shadow.Shadow = true
	for name, tt := range map[string]struct {
		checks []Check
		want   string
	}{
		"none":             {nil, ""},
		"one":              {[]Check{allow("a", and("false", "false"))}, "a"},
		"the second":       {[]Check{allow("a", and("false", "false")), allow("b", and("true", "false"))}, "b"},
		"a draw":           {[]Check{allow("a", and("false", "true")), allow("b", and("true", "false"))}, "a"},
		"a rule in shadow": {[]Check{allow("a", and("false", "false")), allow("b", shadow)}, "a"},
		"one without":      {[]Check{allow("a", and("false", "false")), allow("b", &Rule{Expression: "c", Result: "false"})}, "b"},
		"one that holds":   {[]Check{allow("a", and("true", "false")), allow("b", &Rule{Expression: "c", Result: "true"})}, ""},
		"a deny rule":      {[]Check{{Kind: Deny, Name: "a", State: Failed, Rule: and("true", "false")}}, ""},
	} {
		got := ""
		if nearest := (&Handler{Checks: tt.checks}).Nearest(); nearest != nil {
			got = nearest.Name
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// Long text of a token does not make long lines.
func TestAdviceIsBounded(t *testing.T) {
	h := tokenCheck(verifier.CheckAudience, strings.Repeat("x", 1<<20), strings.Repeat("y", 1<<20))
	if got := h.Advise(remedyOfTable); len(got) > 4096 {
		t.Errorf("%d bytes", len(got))
	}
}
