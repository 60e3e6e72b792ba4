package caddymodule

import (
	"strings"
	"testing"
	"time"
)

func TestPolicyFaults(t *testing.T) {
	for _, row := range []faultRow{
		{"account", func(h *Handler) { h.Accounts = []string{ordersAccount} }, func(h *Handler) { h.Accounts = []string{"11112222333"} },
			`accounts[0]: "11112222333" is not 12 digits`},
		{"org", func(h *Handler) { h.Orgs = []string{"o-a1b2c3d4e5"} }, func(h *Handler) { h.Orgs = []string{"O-A1B2C3D4E5"} },
			`orgs[0]: "O-A1B2C3D4E5" is not the ID of an organization, such as "o-a1b2c3d4e5"`},
		{"tag without values", func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {""}} },
			func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {}} }, `principal_tags["team"]: the list of values is empty`},
		{"tag without a key", func(h *Handler) { h.RequestTags = map[string][]string{"a.b": {"x"}} },
			func(h *Handler) { h.RequestTags = map[string][]string{"": {"x"}} }, `request_tags[""]: the key is empty`},
		{"does not compile", allow(Rule{Expression: "true && true"}), allow(Rule{Expression: "true &&"}),
			"allow[0] (line 1, column 8 of the rule): syntax error: mismatched input '<EOF>'"},
		{"not bool", allow(Rule{Expression: `aws_token.iss == ""`}), allow(Rule{Expression: "aws_token.iss"}),
			"allow[0]: the rule is string, not bool"},
		{"misspelt attribute", allow(Rule{Expression: `aws_token.account.id == ""`}), allow(Rule{Expression: `aws_token.acount.id == ""`}),
			`allow[0] (line 1, column 1 of the rule): there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?`},
		{"empty", allow(Rule{Expression: "true"}), allow(Rule{}), "allow[0]: the expression is empty"},
		{"one name twice", func(h *Handler) {
			h.Deny, h.Allow = []Rule{{Name: "a", Expression: "false"}}, []Rule{{Name: "b", Expression: "true"}}
		},
			func(h *Handler) {
				h.Deny, h.Allow = []Rule{{Name: "a", Expression: "false"}}, []Rule{{Name: "a", Expression: "true"}}
			}, `allow[0].name: "a" names two rules`},
		{"an automatic name", allow(Rule{Name: "allow", Expression: "true"}), allow(Rule{Name: "allow[1]", Expression: "true"}),
			`allow[0].name: "allow[1]" is how rules without a name are called`},
		{"deny", func(h *Handler) { h.Deny = []Rule{{Expression: "false"}, {Expression: "true"}} },
			func(h *Handler) { h.Deny = []Rule{{Expression: "false"}, {Expression: "1"}} }, "deny[1]: the rule is int, not bool"},
	} {
		row.run(t)
	}
}

func TestHeaderFaults(t *testing.T) {
	good := addHeader("X-Team", "x")
	two := func(a, b string) func(*Handler) {
		return func(h *Handler) { h.Headers = []Header{{a, "1"}, {b, "2"}} }
	}
	taken := func(b, a string) string {
		return `headers[1].field: "` + b + `" is taken by headers[0] ("` + a + `"); case, "-", "_" and "." do not count`
	}
	for _, row := range []faultRow{
		{"case", two("X-Team", "X-Tea"), two("X-Team", "x-team"), taken("x-team", "X-Team")},
		{"underscore", two("X-Team", "XTeam"), two("X-Team", "X_Team"), taken("X_Team", "X-Team")},
		{"dot", two("X-Team", "X-Team-1"), two("X-Team", "X.TEAM"), taken("X.TEAM", "X-Team")},
		{"a default header", func(h *Handler) { h.DefaultHeaders = new(bool); addHeader("x_aws_token_sub", "1")(h) }, addHeader("x_aws_token_sub", "1"),
			`headers[0].field: "x_aws_token_sub" is taken by the default header X-Aws-Token-Sub; set it yourself with default_headers off`},
		{"no name", good, addHeader("", "1"), "headers[0].field: it is empty"},
		{"no field name", good, addHeader("X Team", "1"), `headers[0].field: "X Team" is not the name of a field`},
		{"no value", good, addHeader("X-Team", ""), "headers[0].value: it is empty"},
		{"newline", good, addHeader("X-Team", "a\nb"), "headers[0].value: it holds the byte 0x0A, which is not printable ASCII, outside of a placeholder"},
		{"open brace", addHeader("X-Team", `\{a`), addHeader("X-Team", "{a"), `headers[0].value: it opens a brace and does not close it; a literal brace is written \{`},
		{"unknown path", addHeader("X-Team", "{aws_token.principal_tags.teem}"), addHeader("X-Team", "{aws_token.principal_tag.team}"),
			`headers[0].value: there is no attribute "aws_token.principal_tag.team"; did you mean "aws_token.principal_tags"?`},
		{"unknown path in another case", addHeader("X-Team", "{aws_token.sub}"), addHeader("X-Team", "{AWS_TOKEN.sub}"),
			`headers[0].value: there is no attribute "AWS_TOKEN.sub"`},
	} {
		row.run(t)
	}
	for _, field := range []string{
		"Authorization", "Host", "Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Authorization",
		"Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade", "content_length", "transfer.encoding",
	} {
		faultRow{field, good, addHeader(field, "1"), `headers[0].field: "` + field + `" is a field that connections or credentials need`}.run(t)
	}
}

// Beside firewall_only only headers make sense; whatever else stands there
// shows that somebody took it for something else.
func TestFirewallOnlyFaults(t *testing.T) {
	load1 := func(member string) error {
		return load(t, []byte(`{"firewall_only": true, "headers": [{"field": "X-Team", "value": "{aws_token.sub}"}], "default_headers": false`+member+`}`))
	}
	for _, control := range []string{"", `, "allow_upgrade": ["websocket"]`} {
		if err := load1(control); err != nil {
			t.Fatalf("the control does not load: %v", err)
		}
	}
	for _, member := range []string{
		`"issuers": [{"url": "https://a.example"}]`, `"jwks": {}`, `"audiences": ["a"]`, `"single_audience": true`,
		`"algorithms": ["RS256"]`, `"leeway": 0`, `"max_lifetime": "1h"`, `"accounts": ["111122223333"]`,
		`"orgs": ["o-a1b2c3d4e5"]`, `"principal_tags": {"a": ["b"]}`, `"request_tags": {"a": ["b"]}`,
		`"deny": [{"expression": "true"}]`, `"allow": [{"expression": "true"}]`,
		`"forward_token": true`, `"token_sources": ["basic"]`, `"realm": "x"`, `"explain_errors": true`,
		`"optional": true`, `"mode": "enforce"`, `"max_stream": "1m"`,
	} {
		t.Run(member[1:strings.Index(member, `":`)], func(t *testing.T) {
			checkFaults(t, load1(", "+member), "firewall_only: only headers, default_headers, assertion and allow_upgrade may stand beside it")
		})
	}
	checkFaults(t, load(t, []byte(`{"firewall_only": true, "headers": [{"field": "Host", "value": "x"}]}`)),
		`headers[0].field: "Host" is a field that connections or credentials need`)
	checkFaults(t, load(t, []byte(`{"firewall_only": true, "allow_upgrade": ["h2c"]}`)),
		`allow_upgrade[0]: "h2c" is not websocket, and no other protocol can be let through`)
}

func TestModeFaults(t *testing.T) {
	upgrades := func(protocols ...string) func(*Handler) { return func(h *Handler) { h.AllowUpgrade = protocols } }
	mode := func(mode string) func(*Handler) { return func(h *Handler) { h.Mode = mode } }
	longest := func(d time.Duration) func(*Handler) { return func(h *Handler) { h.MaxStream = duration(d) } }
	for _, row := range []faultRow{
		{"no mode", mode("audit"), mode("Audit"), `mode: "Audit" is not enforce or audit`},
		{"another protocol", upgrades("websocket"), upgrades("websocket", "h2c"),
			`allow_upgrade[1]: "h2c" is not websocket, and no other protocol can be let through`},
		{"another case", upgrades("websocket"), upgrades("WebSocket"),
			`allow_upgrade[0]: "WebSocket" is not websocket, and no other protocol can be let through`},
		{"no time", longest(time.Nanosecond), longest(0), "max_stream: 0s is not positive"},
		{"before all time", longest(time.Second), longest(-time.Second), "max_stream: -1s is not positive"},
	} {
		row.run(t)
	}
}
