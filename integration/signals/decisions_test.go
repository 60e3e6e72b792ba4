package signals

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/decisionlog"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// decisionSites are sites that are told apart by their host.
func decisionSites(down, hanging string) string {
	var b strings.Builder
	site := func(host string, lines ...string) {
		b.WriteString("http://" + host + ".test:PORT {\n\taws_jwt {\n\t\taudience " + audience + "\n\t\t" + strings.Join(lines, "\n\t\t") + "\n\t}\n\trespond 204\n}\n")
	}
	const trust = "issuer ISSUER 111122223333"
	site("plain", trust)
	site("es384", trust, "algorithm ES384")
	site("single", trust, "single_audience")
	site("organization", "organization o-devsts0001 {\n\tissuer_template "+"TEMPLATE"+"\n}")
	site("tag", trust, "principal_tag team billing")
	site("denied", trust, "deny everybody `aws_token.account.id != \"\"`")
	site("erring", trust, "allow tagged `aws_token.principal_tags.absent == \"x\"`")
	site("path", trust, "allow orders `request.path.startsWith(\"/orders\")`")
	site("header", trust, "header X-Long {aws_token.request_tags.k}")
	site("audit", trust, "mode audit", "deny everybody `aws_token.account.id != \"\"`")
	site("optional", trust, "optional")
	site("shadow", trust, "deny shadow trial `aws_token.account.id != \"\"`")
	site("opening", trust, "allow nobody `aws_token.account.id == \"x\"`", "allow shadow trial `aws_token.account.id != \"\"`")
	site("sampled", trust, "log_passes 1")
	site("down", "issuer "+down)
	const assertion = "assertion {\n\tissuer https://gateway.test\n\taudience orders\n"
	site("asserting", trust, assertion+"\tsubject spiffe://example.com/{aws_token.principal_tags.absent}\n}")
	site("unsigned", trust, assertion+"}")
	b.WriteString("http://asked.test:PORT {\n\taws_jwt_authorize {\n\t\toriginal {\n\t\t\turi X-Original-URI\n\t\t}\n\t\taws_jwt {\n\t\t\taudience " + audience + "\n\t\t\t" + trust + "\n\t\t}\n\t}\n}\n")
	site("hanging", "issuer "+hanging+" {\n\tjwks_url "+hanging+"\n}")
	return b.String()
}

// Every reason that a client can bring about from outside, and every way to pass,
// is logged as the schema says. What needs a flood is in
// TestOverloadedObeysTheSchema.
func TestDecisionsObeyTheSchema(t *testing.T) {
	sts := newIssuers(t)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) })
	const down = "http://127.0.0.1:1/none"
	url := sts.Issuer(accountID)
	sites := strings.ReplaceAll(decisionSites(down, hanging.URL), "TEMPLATE", url[:strings.LastIndexByte(url, '/')+1]+"<uuid>")
	storage := t.TempDir()
	if err := os.WriteFile(filepath.Join(storage, "locks"), nil, 0o600); err != nil { // so that nothing can be locked
		t.Fatal(err)
	}
	gateway := startGateway(t, sts, "{\n\tadmin off\n\tdebug\n\tstorage file_system "+storage+"\n}\n"+sites)

	good := sts.good()
	claim := func(name string, value any) string {
		return sts.mint(accountID, "orders-lambda", func(_, claims, _ map[string]any) { claims[name] = value })
	}
	header := func(name string, value any) string {
		return sts.mint(accountID, "orders-lambda", func(header, _, _ map[string]any) { header[name] = value })
	}
	aws := func(name string, value any) string {
		return sts.mint(accountID, "orders-lambda", func(_, _, aws map[string]any) { aws[name] = value })
	}
	strangers := sts.mint(stranger, "stranger", nil)
	parts := strings.Split(good, ".")
	other := strings.Split(claim("jti", "other"), ".")
	field := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add(name, value) }
	}
	cases := []struct {
		host, token  string
		change       func(*http.Request)
		msg, outcome string // the reason, or what else of the line
	}{
		{"plain", "", nil, "refused", "missing_token"},
		{"plain", good, field("Authorization", "Bearer x"), "refused", "malformed_request"},
		{"plain", "a.b", nil, "refused", "malformed_token"},
		{"plain", strings.Repeat("a", 13<<10) + "." + strings.Repeat("b", 4<<10) + ".c", nil, "refused", "too_large"},
		{"es384", header("alg", "RS256"), nil, "refused", "algorithm_not_allowed"},
		{"plain", strangers, nil, "refused", "unknown_issuer"},
		{"plain", header("kid", "EC384_9"), nil, "refused", "unknown_key"},
		{"plain", parts[0] + "." + parts[1] + "." + other[2], nil, "refused", "bad_signature"},
		{"plain", claim("sub", "nobody"), nil, "refused", "invalid_claims"},
		{"plain", claim("aud", "demo"), nil, "refused", "wrong_audience"},
		{"single", claim("aud", []any{audience, "b"}), nil, "refused", "wrong_audience"},
		{"plain", claim("exp", 1), nil, "refused", "expired"},
		{"plain", sts.mint(accountID, "orders-lambda", func(_, claims, _ map[string]any) {
			claims["iat"], claims["exp"] = 4102444800, 4102444900
		}), nil, "refused", "not_yet_valid"},
		{"plain", claim("exp", 4102444800), nil, "refused", "lifetime_too_long"},
		{"plain", aws("aws_account", stranger), nil, "refused", "account_mismatch"},
		{"organization", strangers, nil, "refused", "org_mismatch"},
		{"tag", good, nil, "refused", "requirement_failed"},
		{"denied", good, nil, "refused", "policy_denied"},
		{"erring", good, nil, "refused", "policy_error"},
		{"plain", good, func(r *http.Request) { field("Connection", "Upgrade")(r); field("Upgrade", "websocket")(r) }, "refused", "upgrade_refused"},
		{"path", good, func(r *http.Request) { r.URL.Path = "/orders//x" }, "refused", "unsafe_path"},
		{"header", aws("request_tags", map[string]any{"k": strings.Repeat("v", 5000)}), nil, "refused", "unsafe_header_value"},
		{"asserting", good, nil, "refused", "assertion_failed"},
		{"unsigned", good, nil, "refused", "signing_unavailable"},
		{"asked", good, field("X-Original-URI", "/orders"), "refused", "untrusted_proxy"},
		{"down", claim("iss", down), nil, "refused", "keys_unavailable"},
		{"hanging", claim("iss", hanging.URL), func(r *http.Request) {
			ctx, hangUp := context.WithCancel(r.Context())
			*r = *r.WithContext(ctx)
			go func() { <-arrived; hangUp() }()
		}, "refused", "internal_error"},
		{"plain", claim("sub", "\x1b[31m"+strings.Repeat("é", 300)), nil, "refused", "invalid_claims"},
		{"plain", good, nil, "allowed", ""},
		{"sampled", good, nil, "allowed", ""},
		{"audit", good, nil, "audited", "policy_denied"},
		{"optional", "", nil, "anonymous", ""},
		{"shadow", good, nil, "would refuse", "policy_denied"},
		{"opening", good, nil, "would allow", ""},
	}
	for _, c := range cases {
		ask(t, gateway, c.host+".test", c.token, c.change)
	}
	var decisions []map[string]any
	eventually(t, "each request has its line", func() bool {
		var err error
		if decisions, err = decisionlog.Check(gateway.Log()); err != nil {
			t.Fatal(err)
		}
		return len(decisions) >= len(cases)+2 // a shadow line has that of the decision beside it
	})
	seen := make(map[string]bool)
	for _, d := range decisions {
		reason, _ := d["reason"].(string)
		msg, _ := d["msg"].(string)
		host, _ := d["host"].(string)
		seen[strings.Join([]string{host, msg, reason}, " ")] = true
	}
	for _, c := range cases {
		if line := strings.Join([]string{c.host + ".test", c.msg, c.outcome}, " "); !seen[line] {
			t.Errorf("no line of %s", line)
		}
	}
	checkReasons(t, decisions)
}

// checkReasons wants each reason that the schema knows, but one.
func checkReasons(t *testing.T, decisions []map[string]any) {
	t.Helper()
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "decision-log.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Reason struct{ Enum []string } `json:"reason"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil || len(schema.Defs.Reason.Enum) == 0 {
		t.Fatalf("%v, %v", schema, err)
	}
	for _, reason := range schema.Defs.Reason.Enum {
		if reason != "overloaded" && !slices.ContainsFunc(decisions, func(d map[string]any) bool { return d["reason"] == reason }) {
			t.Errorf("nothing was refused as %s", reason)
		}
	}
}
