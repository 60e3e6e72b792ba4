package caddymodule

import (
	"fmt"
	"strings"
	"testing"
)

const trust = "issuer https://a.example\naudience https://orders.example\n"

// inBlock is a Caddyfile with the lines in the directive's block; the first of
// them is line 3.
func inBlock(lines string) string {
	text := strings.ReplaceAll("\n"+strings.TrimSuffix(lines, "\n"), "\n", "\n\t\t")
	return ":8080 {\n\taws_jwt {" + text + "\n\t}\n}\n"
}

func checkCaddyfileError(t *testing.T, caddyfile, want string, line int) {
	t.Helper()
	got, adapted := adapt(t, caddyfile)
	if adapted {
		t.Fatalf("it was accepted:\n%s", caddyfile)
	}
	full := fmt.Sprintf("parsing caddyfile tokens for 'aws_jwt': %s, at Caddyfile:%d\n", want, line)
	if got != full {
		t.Errorf("error:\n%swant:\n%s", got, full)
	}
}

// once has each subdirective that may stand once, with good arguments.
var once = []string{
	"jwks {\n\tttl 1m\n}", "audience x", "single_audience", "algorithm RS256", "leeway 1s", "max_lifetime 30m",
	"account 111122223333", "org o-a1b2c3d4e5", "default_headers on", "forward_token", "realm x", "explain_errors",
	"mode audit", "token_source basic", "optional", "allow_upgrade websocket", "max_stream 1h", "log_passes 100",
	"assertion {\n\tissuer https://gateway.example\n}",
}

func TestCaddyfileOnce(t *testing.T) {
	for _, line := range once {
		name, _, _ := strings.Cut(line, " ")
		t.Run(name, func(t *testing.T) {
			if text, adapted := adapt(t, inBlock("issuer https://a.example\n"+line)); !adapted {
				t.Fatalf("once: %s", text)
			}
			lines := strings.Count(line, "\n") + 1
			checkCaddyfileError(t, inBlock("issuer https://a.example\n"+line+"\n"+line),
				name+" stands here already; write it once", 4+lines)
		})
	}
}

func TestCaddyfileOnceInBlocks(t *testing.T) {
	for _, tt := range []struct{ block, line string }{
		{"issuer https://a.example", "account 111122223333"},
		{"issuer https://a.example", "audience x"},
		{"issuer https://a.example", "algorithm RS256"},
		{"issuer https://a.example", "jwks_url https://a.example/jwks"},
		{"issuer https://a.example", "jwks_file keys.json"},
		{"jwks", "ttl 1m"},
		{"jwks", "cooldown 1m"},
		{"jwks", "timeout 1m"},
		{"jwks", "allow_private_addresses"},
		{"assertion", "issuer https://gateway.example"},
		{"assertion", "audience x"},
		{"assertion", "subject x"},
		{"assertion", "claims aws_token.sub"},
		{"assertion", "header X-A"},
		{"assertion", "ttl 1m"},
		{"assertion", "algorithm ES256"},
		{"assertion", "rotation 1h"},
	} {
		name, _, _ := strings.Cut(tt.line, " ")
		t.Run(tt.block+"/"+name, func(t *testing.T) {
			once := tt.block + " {\n\t" + tt.line + "\n"
			if text, adapted := adapt(t, inBlock(once+"}")); !adapted {
				t.Fatalf("once: %s", text)
			}
			checkCaddyfileError(t, inBlock(once+"\t"+tt.line+"\n}"), name+" stands here already; write it once", 5)
		})
	}
}

func TestCaddyfileRepeatable(t *testing.T) {
	lines := trust + "issuer https://b.example\n" +
		"principal_tag a x\nprincipal_tag b x\nrequest_tag a x\nrequest_tag b x\n" +
		"deny `false`\ndeny `false`\nallow `true`\nallow `true`\nheader X-A a\nheader X-B b\n"
	if text, adapted := adapt(t, inBlock(lines)); !adapted {
		t.Error(text)
	}
}

// The subdirectives of later versions are unknown to this one: a setting that
// would be passed over could open a gate.
func TestCaddyfileUnknown(t *testing.T) {
	const known = "known are [account algorithm allow allow_upgrade assertion audience cache default_headers deny explain_errors forward_token " +
		"header issuer issuers_file jwks leeway log_passes max_lifetime max_stream mode optional org organization principal_tag realm " +
		"request_tag signature_share single_audience token_source]"
	const knownJWKS = "known are [allow_private_addresses ca cooldown max_stale persist proxy timeout ttl]"
	const knownIssuer = "known are [account algorithm audience jwks_file jwks_url]"
	for _, tt := range []struct{ lines, want string }{
		{"issuers https://a.example", `unknown subdirective "issuers"; did you mean "issuer"?`},
		{"Audience x", `unknown subdirective "Audience"; did you mean "audience"?`},
		{"principal_tags a x", `unknown subdirective "principal_tags"; did you mean "principal_tag"?`},
		{"default_header off", `unknown subdirective "default_header"; did you mean "default_headers"?`},
		{"frobnicate", `unknown subdirective "frobnicate"; ` + known},
		{"allow_upgrades websocket", `unknown subdirective "allow_upgrades"; did you mean "allow_upgrade"?`},
		{"caches off", `unknown subdirective "caches"; did you mean "cache"?`},
		{"cache {\n\tsizes 5\n}", `unknown subdirective "sizes"; did you mean "size"?`},
		{"jwks {\n\tfrobnicate 24h\n}", `unknown subdirective "frobnicate"; ` + knownJWKS},
		{"assertion {\n\tsubjects x\n}", `unknown subdirective "subjects"; did you mean "subject"?`},
		{"organization o-a1b2c3d4e5 {\n\taudience x\n}", `unknown subdirective "audience"; known are [issuer_template]`},
		{"jwks {\n\ttimeouts 24h\n}", `unknown subdirective "timeouts"; did you mean "timeout"?`},
		{"issuer https://b.example {\n\taccounts 111122223333\n}", `unknown subdirective "accounts"; did you mean "account"?`},
		{"issuer https://b.example {\n\tissuer_template x\n}", `unknown subdirective "issuer_template"; ` + knownIssuer},
	} {
		t.Run(tt.lines, func(t *testing.T) {
			checkCaddyfileError(t, inBlock(trust+tt.lines), tt.want, 5+strings.Count(tt.lines, "{"))
		})
	}
}

func TestCaddyfileArguments(t *testing.T) {
	const (
		count    = "wrong argument count or unexpected line ending after '%s'"
		oneRule  = "a rule is [<name>] <cel>; put the expression between backquotes, so that it is one argument and not %d"
		duration = "%q is not a duration such as 30s or 15m"
	)
	for _, tt := range []struct{ line, want string }{
		{"issuer", fmt.Sprintf(count, "issuer")},
		{"issuers_file", fmt.Sprintf(count, "issuers_file")},
		{"issuers_file a b", fmt.Sprintf(count, "a")},
		{"organization", fmt.Sprintf(count, "organization")},
		{"jwks x", fmt.Sprintf(count, "x")},
		{"assertion https://gateway.example", fmt.Sprintf(count, "https://gateway.example")},
		{"audience", fmt.Sprintf(count, "audience")},
		{"single_audience on", fmt.Sprintf(count, "on")},
		{"algorithm", fmt.Sprintf(count, "algorithm")},
		{"leeway", fmt.Sprintf(count, "leeway")},
		{"leeway 1s 2s", fmt.Sprintf(count, "1s")},
		{"leeway soon", fmt.Sprintf(duration, "soon")},
		{"leeway 30", fmt.Sprintf(duration, "30")},
		{"max_lifetime 1x", fmt.Sprintf(duration, "1x")},
		{"max_lifetime", fmt.Sprintf(count, "max_lifetime")},
		{"account", fmt.Sprintf(count, "account")},
		{"org", fmt.Sprintf(count, "org")},
		{"principal_tag", fmt.Sprintf(count, "principal_tag")},
		{"principal_tag team", fmt.Sprintf(count, "team")},
		{"principal_tag a x\nprincipal_tag a y", `tag "a" stands here already; name all its values on one line`},
		{"request_tag", fmt.Sprintf(count, "request_tag")},
		{"request_tag team", fmt.Sprintf(count, "team")},
		{"request_tag a x\nrequest_tag a x", `tag "a" stands here already; name all its values on one line`},
		{"deny", fmt.Sprintf(oneRule, 0)},
		{"allow", fmt.Sprintf(oneRule, 0)},
		{`allow aws_token.account.id == "111122223333"`, fmt.Sprintf(oneRule, 3)},
		{`deny name request.method != "GET"`, fmt.Sprintf(oneRule, 4)},
		{`deny shadow "false"`, "a shadow rule has a name: deny shadow <name> <cel>"},
		{`allow shadow "true"`, "a shadow rule has a name: allow shadow <name> <cel>"},
		{`allow shadow "" "true"`, "a shadow rule has a name: allow shadow <name> <cel>"},
		{`deny shadowed new "true"`, fmt.Sprintf(oneRule, 3)},
		{`deny shadow new request.method != "GET"`, fmt.Sprintf(oneRule, 5)},
		{"header", fmt.Sprintf(count, "header")},
		{"header X-A", fmt.Sprintf(count, "X-A")},
		{"header X-A a b", fmt.Sprintf(count, "a")},
		{"default_headers", fmt.Sprintf(count, "default_headers")},
		{"default_headers maybe", `"maybe" is neither on nor off; write one of them`},
		{"default_headers on off", fmt.Sprintf(count, "on")},
		{"forward_token yes", fmt.Sprintf(count, "yes")},
		{"token_source", fmt.Sprintf(count, "token_source")},
		{"realm", fmt.Sprintf(count, "realm")},
		{"realm orders of example", fmt.Sprintf(count, "orders")},
		{`realm ""`, "the value is empty"},
		{"explain_errors on", fmt.Sprintf(count, "on")},
	} {
		t.Run(tt.line, func(t *testing.T) {
			checkCaddyfileError(t, inBlock("issuer https://a.example\n"+tt.line), withUsage(tt.want, tt.line, handlerLines), 4+strings.Count(tt.line, "\n"))
		})
	}
}

// withUsage is what is wanted of a line with the wrong number of arguments: it
// ends with the line as it should be.
func withUsage[T any](want, line string, known lines[T]) string {
	if !strings.HasPrefix(want, "wrong argument count") {
		return want
	}
	name, _, _ := strings.Cut(line, " ")
	return want + "; write " + known[name].written(name)
}

func TestCaddyfileUsage(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"leeway", "wrong argument count or unexpected line ending after 'leeway'; write leeway <duration>"},
		{"optional on", "wrong argument count or unexpected line ending after 'on'; write optional"},
		{"issuer", "wrong argument count or unexpected line ending after 'issuer'; write issuer <url> [<account-id>...] [{ … }]"},
		{"jwks x", "wrong argument count or unexpected line ending after 'x'; write jwks { … }"},
		{"jwks_file x", `unknown subdirective "jwks_file"; it belongs into issuer { … }`},
		{"ttl 5m", `unknown subdirective "ttl"; it belongs into assertion { … } or cache { … } or jwks { … }`},
	} {
		t.Run(tt.line, func(t *testing.T) { checkCaddyfileError(t, inBlock(trust+tt.line), tt.want, 5) })
	}
}

func TestCaddyfileArgumentsInBlocks(t *testing.T) {
	for _, tt := range []struct{ block, line, want string }{
		{"issuer https://a.example", "account", "wrong argument count or unexpected line ending after 'account'"},
		{"issuer https://a.example", "audience", "wrong argument count or unexpected line ending after 'audience'"},
		{"issuer https://a.example", "algorithm", "wrong argument count or unexpected line ending after 'algorithm'"},
		{"issuer https://a.example", "jwks_url", "wrong argument count or unexpected line ending after 'jwks_url'"},
		{"issuer https://a.example", "jwks_url x y", "wrong argument count or unexpected line ending after 'x'"},
		{"issuer https://a.example", `jwks_url ""`, "the value is empty"},
		{"issuer https://a.example", "jwks_file", "wrong argument count or unexpected line ending after 'jwks_file'"},
		{"issuer https://a.example", `jwks_file ""`, "the value is empty"},
		{"jwks", "ttl", "wrong argument count or unexpected line ending after 'ttl'"},
		{"jwks", "ttl often", `"often" is not a duration such as 30s or 15m`},
		{"jwks", "cooldown 5", `"5" is not a duration such as 30s or 15m`},
		{"jwks", "max_stale 1d 2d", "wrong argument count or unexpected line ending after '1d'"},
		{"jwks", "ca", "wrong argument count or unexpected line ending after 'ca'"},
		{"jwks", "proxy", "wrong argument count or unexpected line ending after 'proxy'"},
		{"jwks", "persist", "wrong argument count or unexpected line ending after 'persist'"},
		{"jwks", "persist maybe", `"maybe" is neither on nor off; write one of them`},
		{"organization o-a1b2c3d4e5", "issuer_template", "wrong argument count or unexpected line ending after 'issuer_template'"},
		{"jwks", "timeout 5s 6s", "wrong argument count or unexpected line ending after '5s'"},
		{"jwks", "allow_private_addresses on", "wrong argument count or unexpected line ending after 'on'"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			want := tt.want
			switch block, _, _ := strings.Cut(tt.block, " "); block {
			case "issuer":
				want = withUsage(want, tt.line, issuerLines)
			case "jwks":
				want = withUsage(want, tt.line, jwksLines)
			default:
				want = withUsage(want, tt.line, organizationLines)
			}
			checkCaddyfileError(t, inBlock(tt.block+" {\n\t"+tt.line+"\n}"), want, 4)
		})
	}
}

func TestCaddyfileDirectiveTakesOnlyAMatcher(t *testing.T) {
	checkCaddyfileError(t, ":8080 {\n\taws_jwt orders {\n\t\tissuer https://a.example\n\t}\n}\n",
		"wrong argument count or unexpected line ending after 'orders'; write aws_jwt [<matcher>] { … }", 2)
	checkCaddyfileError(t, ":8080 {\n\taws_jwt /a/* /b/* {\n\t\tissuer https://a.example\n\t}\n}\n",
		"wrong argument count or unexpected line ending after '/b/*'; write aws_jwt [<matcher>] { … }", 2)
}

// Per cent are for shares alone; the control is the same line without them.
func TestPerCent(t *testing.T) {
	checkCaddyfileError(t, inBlock(trust+"cache {\n\tsize 5%\n}"), `a size is a number above 0, not "5%"`, 6)
	for _, lines := range []string{"cache {\n\tsize 5\n}", "signature_share 5%", "signature_share 5"} {
		if text, adapted := adapt(t, inBlock(trust+lines)); !adapted {
			t.Errorf("%s: %s", lines, text)
		}
	}
}
