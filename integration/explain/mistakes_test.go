package explain

import (
	"strings"
	"testing"
	"time"
)

// mistake is a token and a policy that do not fit. Each of the two that make it
// good, another token or another policy, is the control.
type mistake struct {
	name   string
	token  func(*parts) // what is wrong with the token; nil for nothing
	policy string       // a Caddyfile

	reason string
	why    string // in the line before the last
	change string // in the last line: what to change

	good    func(*parts) // a token that is right by this policy; nil for none
	allowed string       // a policy that is right for this token; "" for none
}

// asItIs is a change of nothing.
func asItIs(*parts) {}

func mistakes(t *testing.T) []mistake {
	team := map[string]any{"principal_tags": map[string]any{"team": "orders"}}
	const teams = "principal_tag team orders"
	// A rule beside that is further from being true, before and behind.
	const further = "allow others `request.method == \"PUT\" && request.path == \"/nowhere\"`"
	const ous = further + "\nallow unit `in_ou(aws_token.org.ou_path, \"ou-ab12-11111111\")`"
	const tag = "allow team `aws_token.principal_tags[?\"team\"].orValue(\"\") == \"orders\"`\n" + further
	const federated = "allow pipeline `aws_token.federated_provider == \"token.actions.githubusercontent.com\"`\n" + further
	return []mistake{
		{
			"wrong audience", func(p *parts) { p.claims["aud"] = "demo" }, site(t, teams), "wrong_audience",
			`audience "demo" is not one of [orders.internal]`, "ask STS for orders.internal as the audience (--audience), or add \"demo\" to audience",
			asItIs, caddyfile(t, "issuer ISSUER 111122223333\naudience demo\n"+teams),
		},
		{
			"another account's or region's issuer", asItIs, caddyfile(t, "issuer BILLING 444455556666\naudience orders.internal"), "unknown_issuer",
			issuerURL(t, ordersAccount), "write: issuer " + issuerURL(t, ordersAccount) + " 111122223333",
			nil, site(t, ""),
		},
		{
			"tag in another case", about(map[string]any{"principal_tags": map[string]any{"Team": "orders"}}), site(t, teams), "requirement_failed",
			`the token has the principal tag "Team"`, `tag the role (or its session) "team" with one of [orders]`,
			about(team), site(t, "principal_tag Team orders"),
		},
		{
			"tag in another case, by a rule", about(map[string]any{"principal_tags": map[string]any{"Team": "orders"}}), site(t, tag), "policy_denied",
			`the token has the principal tag "Team"`, `change allow rule "team": aws_token.principal_tags[?"team"].orValue("") == "orders"`,
			about(team), site(t, strings.Replace(tag, `"team"`, `"Team"`, 1)),
		},
		{
			"tag on the call and not on the role", about(map[string]any{"principal_tags": nil, "request_tags": map[string]any{"team": "orders"}}), site(t, teams), "requirement_failed",
			`there is a request tag "team"`, `tag the role (or its session) "team"`,
			about(team), site(t, "request_tag team orders"),
		},
		{
			// The session that was tagged is another one: of the role itself there is
			// nothing in this token.
			"tag on the session and not on the role", about(map[string]any{"principal_tags": map[string]any{"environment": "production"}}), site(t, teams), "requirement_failed",
			`principal tag "team" is absent`, `tag the role (or its session) "team" with one of [orders]`,
			about(team), site(t, "principal_tag environment production"),
		},
		{
			"account pinned wrongly", asItIs, caddyfile(t, "issuer ISSUER 444455556666\naudience orders.internal"), "account_mismatch",
			"account 111122223333 is not one of [444455556666]", "correct the account of its issuer line to 111122223333",
			nil, site(t, ""),
		},
		{
			"expired", func(p *parts) { p.claims["iat"], p.claims["exp"] = ago(900), ago(600) }, site(t, ""), "expired",
			"the token ended 10m", "ask STS for a new token",
			asItIs, "",
		},
		{
			"clock ahead", func(p *parts) { p.claims["iat"], p.claims["exp"] = ago(-600), ago(-900) }, site(t, ""), "not_yet_valid",
			"iat lies ", "set this machine's clock right",
			asItIs, "",
		},
		{
			"RS256 not allowed", func(p *parts) { p.header["alg"] = "RS256" }, site(t, "algorithm ES384"), "algorithm_not_allowed",
			"algorithm RS256 is not one of [ES384]", "ask STS for ES384 (--signing-algorithm), or add RS256 to algorithm",
			asItIs, site(t, "algorithm RS256 ES384"),
		},
		{
			"unit moved", about(map[string]any{"ou_path": []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-22222222/"}}), site(t, ous), "policy_denied",
			"ou-ab12-22222222", `change allow rule "unit": in_ou(aws_token.org.ou_path, "ou-ab12-11111111")`,
			about(map[string]any{"ou_path": []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"}}), site(t, strings.Replace(ous, "11111111", "22222222", 1)),
		},
		{
			"chained role", about(map[string]any{"federated_provider": nil, "source_identity": "pipeline-7"}), site(t, federated), "policy_denied",
			"it is lost by role chaining", `change allow rule "pipeline": aws_token.federated_provider ==`,
			about(map[string]any{"federated_provider": "token.actions.githubusercontent.com"}), site(t, "allow pipeline `aws_token.source_identity == \"pipeline-7\"`"),
		},
		{
			"two audiences", func(p *parts) { p.claims["aud"] = []string{audience, "another.internal"} }, site(t, "single_audience"), "wrong_audience",
			"the token is made out to 2 audiences", "ask STS for orders.internal, and no other (single_audience): one --audience in the call",
			asItIs, site(t, ""),
		},
	}
}

func ago(seconds int64) int64 { return time.Now().Unix() - seconds }

// Each mistake is named, and the last line says what to change. Without the
// mistake, on either side, the request passes.
func TestMistakes(t *testing.T) {
	for _, m := range mistakes(t) {
		t.Run(m.name, func(t *testing.T) {
			token := mint(t, m.token)
			got := run(t, token, "explain", "--config", m.policy, "-")
			lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
			if got.code != 1 || len(lines) < 4 {
				t.Fatalf("exit %d: %s%s", got.code, got.stdout, got.stderr)
			}
			conclusion, why, change := lines[len(lines)-3], lines[len(lines)-2], lines[len(lines)-1]
			if !strings.HasPrefix(conclusion, "refused: "+m.reason+", the client sees 40") ||
				!strings.HasPrefix(why, "why: ") || !strings.Contains(why, m.why) ||
				!strings.HasPrefix(change, "change: ") || !strings.Contains(change, m.change) {
				t.Errorf("want %s, why %q, change %q; got:\n%s", m.reason, m.why, m.change, got.stdout)
			}
			if n := strings.Count(got.stdout, "\n> "); n != 1 && !strings.HasPrefix(got.stdout, "> ") {
				t.Errorf("%d checks are marked as the one that decided:\n%s", n, got.stdout)
			}
			if m.good != nil {
				if got := run(t, mint(t, m.good), "explain", "--config", m.policy, "-"); got.code != 0 {
					t.Errorf("with another token: exit %d:\n%s%s", got.code, got.stdout, got.stderr)
				}
			}
			if m.allowed != "" {
				if got := run(t, token, "explain", "--config", m.allowed, "-"); got.code != 0 {
					t.Errorf("with another policy: exit %d:\n%s%s", got.code, got.stdout, got.stderr)
				}
			}
		})
	}
}
