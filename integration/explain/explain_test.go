package explain

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

const twoSites = `
a.example.com {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		principal_tag team orders
	}
	reverse_proxy 127.0.0.1:1
}
b.example.com:8443 {
	handle /open/* {
		respond "open"
	}
	handle /rest/* {
		uri strip_prefix /rest
		aws_jwt {
			issuer ISSUER 111122223333
			audience orders.internal
			allow rest ` + "`request.path == \"/x\" && request.method == \"GET\" && request.remote_ip == \"192.0.2.7\"`" + `
			header X-Team {aws_token.principal_tags.team}
		}
		reverse_proxy 127.0.0.1:1
	}
	aws_jwt /loose/* {
		issuer ISSUER 111122223333
		audience orders.internal
		optional
		mode audit
		deny all true
	}
}
`

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "Caddyfile")
	text = strings.ReplaceAll(text, "ISSUER", issuerURL(t, ordersAccount))
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// explainJSON runs explain --json.
func explainJSON(t *testing.T, token, config string, args ...string) (int, *walk.Walk) {
	t.Helper()
	got := run(t, token, append([]string{"explain", "--json", "--config", config, "-"}, args...)...)
	w := new(walk.Walk)
	if err := json.Unmarshal([]byte(got.stdout), w); err != nil {
		t.Fatalf("exit %d, %v: %s%s", got.code, err, got.stdout, got.stderr)
	}
	return got.code, w
}

// A request meets the handlers that it would meet in the gateway, with the path
// that they would see.
func TestRequestsMeetTheirHandlers(t *testing.T) {
	config := write(t, twoSites)
	for _, tt := range []struct {
		name    string
		args    []string
		outcome walk.Outcome
		code    int
		reason  string
	}{
		{"the first site", []string{"--site", "a.example.com"}, walk.Allowed, 0, ""},
		{"an open path", []string{"--site", "b.example.com", "--path", "/open/x"}, walk.Unprotected, 0, ""},
		{"a rewritten path", []string{"--site", "b.example.com", "--path", "/rest/x?y=1", "--remote-ip", "192.0.2.7"}, walk.Allowed, 0, ""},
		{"another path", []string{"--site", "b.example.com", "--path", "/rest/y", "--remote-ip", "192.0.2.7"}, walk.Refused, 1, "policy_denied"},
		{"another method", []string{"--site", "b.example.com", "--path", "/rest/x", "--remote-ip", "192.0.2.7", "--method", "POST"}, walk.Refused, 1, "policy_denied"},
		{"another address", []string{"--site", "b.example.com", "--path", "/rest/x"}, walk.Refused, 1, "policy_denied"},
		{"by the port", []string{"--site", "b.example.com:8443", "--path", "/rest/y"}, walk.Refused, 1, "policy_denied"},
		{"audited", []string{"--site", "b.example.com", "--path", "/loose/x"}, walk.Audited, 0, "policy_denied"},
		{"in another case", []string{"--site", "A.Example.com"}, walk.Allowed, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, w := explainJSON(t, mint(t), config, tt.args...)
			if code != tt.code || w.Outcome != tt.outcome || w.Reason != tt.reason {
				t.Errorf("exit %d, %s, reason %q; want %d, %s, %q", code, w.Outcome, w.Reason, tt.code, tt.outcome, tt.reason)
			}
		})
	}
	if got := run(t, mint(t), "explain", "--config", config, "-"); got.code != 2 || !strings.Contains(got.stderr, "a.example.com, b.example.com") {
		t.Errorf("without --site: exit %d, %s", got.code, got.stderr)
	}
	for site, says := range map[string]string{
		"b.example.com:99":      `no server of the configuration listens on the port of "b.example.com:99"`,
		"c.example.com":         `no site of the configuration is "c.example.com"; there are a.example.com, b.example.com`,
		"a.example.com.":        `no site of the configuration is "a.example.com."; there are`,
		"a.example.com:8443":    `no site of the configuration is "a.example.com:8443"; there are b.example.com`,
		"https://a.example.com": "write a.example.com",
		"b.example.com/rest/x":  "write b.example.com, and the path by itself",
		"":                      "it is empty",
	} {
		got := run(t, mint(t), "explain", "--config", config, "--site", site, "-")
		if got.code != 2 || got.stdout != "" || !strings.Contains(got.stderr, "Error: --site: ") || !strings.Contains(got.stderr, says) {
			t.Errorf("%q: exit %d, %s%s; want %s", site, got.code, got.stdout, got.stderr, says)
		}
	}
}

// A wildcard is for the hosts that Caddy has it for, and a site without a host
// for all of them.
func TestSites(t *testing.T) {
	const handler = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\nprincipal_tag team orders\n}\nreverse_proxy 127.0.0.1:1\n}\n"
	for _, tt := range []struct {
		config, site string
		good         bool
	}{
		{"*.example.com {\n" + handler, "a.example.com", true},
		{"*.example.com {\n" + handler, "a.b.example.com", false},
		{"*.example.com {\n" + handler, "example.com", false},
		{"http://:8080 {\n" + handler, "whatever.example.com", true},
		{"http://:8080 {\n" + handler + "http://a.example.com:8081 {\n" + handler, "whatever.example.com:8080", true},
		{"http://:8080 {\n" + handler + "http://a.example.com:8081 {\n" + handler, "whatever.example.com:8081", false},
		{"http://a.example.com:8080 {\n" + handler, "whatever.example.com", false},
	} {
		got := run(t, mint(t), "explain", "--config", write(t, tt.config), "--site", tt.site, "-")
		if want := map[bool]int{true: 0, false: 2}[tt.good]; got.code != want {
			t.Errorf("%s at %s: exit %d, want %d: %s%s", tt.site, tt.config, got.code, want, got.stdout, got.stderr)
		}
	}
	if got := run(t, mint(t), "explain", "--config", write(t, "*.example.com {\n"+handler), "-"); got.code != 2 || !strings.Contains(got.stderr, "--site is missing") {
		t.Errorf("a wildcard alone: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
}

// What is found of several handlers says of which, and of one it need not.
func TestHandlersAreTold(t *testing.T) {
	config := write(t, twoSites)
	_, w := explainJSON(t, mint(t), config, "--site", "b.example.com", "--path", "/rest/x")
	if h := w.Handlers[0]; h.Where != "b.example.com /rest/*" {
		t.Errorf("it is %q", h.Where)
	}
	_, w = explainJSON(t, mint(t), config, "--site", "b.example.com", "--path", "/loose/x")
	if h := w.Handlers[0]; h.Where != "b.example.com /loose/*" || len(h.Warnings) != 1 {
		t.Errorf("%q has the warnings %q", h.Where, h.Warnings)
	}
	if got := run(t, mint(t), "explain", "--config", config, "--site", "b.example.com", "--path", "/loose/x", "-"); !strings.Contains(got.stdout, "\nwarning: ") {
		t.Errorf("no warning is shown:\n%s", got.stdout)
	}
	_, w = explainJSON(t, mint(t), site(t, "principal_tag team orders"))
	if h := w.Handlers[0]; h.Where != "" || len(h.Warnings) != 0 {
		t.Errorf("the control: %q has the warnings %q", h.Where, h.Warnings)
	}
	if got := run(t, "", "probe", "--config", config); !strings.Contains(got.stdout, "a.example.com: issuers[0]") {
		t.Errorf("probe:\n%s", got.stdout)
	}
	if got := run(t, "", "probe", "--config", site(t, "")); strings.Contains(got.stdout, ": issuers[0]") {
		t.Errorf("probe, the control:\n%s", got.stdout)
	}
}

// What shadow rules would change of a token that was not verified is nothing.
func TestShadowOfABadToken(t *testing.T) {
	config := site(t, "principal_tag team orders\nallow team `aws_token.principal_tags.team == \"billing\"`\nallow shadow all `true`")
	wrong := mint(t, func(p *parts) { p.claims["aud"] = "demo" })
	if _, w := explainJSON(t, wrong, config); w.Handlers[0].Shadow != nil || w.Reason != "wrong_audience" {
		t.Errorf("%+v", w.Handlers[0])
	}
	if got := run(t, wrong, "explain", "--config", config, "-"); strings.Contains(got.stdout, "without the word shadow") || !strings.Contains(got.stdout, "allow shadow all") {
		t.Errorf("%s", got.stdout)
	}
	if _, w := explainJSON(t, mint(t), config); w.Handlers[0].Shadow == nil || w.Reason != "policy_denied" {
		t.Errorf("the control: %+v", w.Handlers[0])
	}
}

// A rule that failed is mended as the table says.
func TestFailedRules(t *testing.T) {
	const rule = " old `aws_token.principal_tags.nobody == \"x\"`"
	for _, kind := range []string{"deny", "allow"} {
		got := run(t, mint(t), "explain", "--config", site(t, kind+rule), "-")
		if want := "change: mend " + kind + ` rule "old": ask for what may be absent with has(…)`; got.code != 1 || !strings.HasPrefix(got.lastLine(), want) {
			t.Errorf("%s: exit %d: %s", kind, got.code, got.stdout)
		}
	}
	if got := run(t, mint(t), "explain", "--config", site(t, "allow old `aws_token.principal_tags.team == \"x\"`"), "-"); strings.Contains(got.lastLine(), "mend") {
		t.Errorf("the control: %s", got.stdout)
	}
}

// What the upstream would see is what the gateway would send.
func TestUpstreamHeaders(t *testing.T) {
	_, w := explainJSON(t, mint(t), write(t, twoSites), "--site", "b.example.com", "--path", "/rest/x", "--remote-ip", "192.0.2.7")
	for name, want := range map[string]string{
		"X-Team": "orders", "X-Aws-Token-Account-Id": ordersAccount, "Authorization": "",
	} {
		if got := w.Upstream.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if code, w := explainJSON(t, mint(t), write(t, twoSites), "--site", "b.example.com", "--path", "/rest/y"); w.Upstream != nil || code != 1 {
		t.Errorf("refused, and yet the upstream sees %v", w.Upstream)
	}
}

// Exactly one check decides, with what was found and wanted, and the policy is
// walked behind it.
func TestJSON(t *testing.T) {
	config := site(t, "principal_tag team orders\nallow role `aws_token.principal.name == \"x\" || request.method == \"POST\"`")
	code, w := explainJSON(t, mint(t, func(p *parts) { p.claims["aud"] = "demo" }), config)
	if code != 1 || len(w.Handlers) != 1 {
		t.Fatalf("exit %d, %+v", code, w)
	}
	decisive := 0
	var names []string
	for _, c := range w.Handlers[0].Checks {
		names = append(names, c.Name)
		if c.Decisive {
			decisive++
			if c.Name != "audience" || c.Found != `"demo"` || c.Wanted != "orders.internal" || c.State != walk.Failed {
				t.Errorf("%+v", c)
			}
		}
		if c.Kind == walk.Allow && (c.Rule.Result != "false" || len(c.Rule.Parts) != 2 || len(c.Rule.Reads) != 2) {
			t.Errorf("%+v", c.Rule)
		}
	}
	if decisive != 1 || !strings.Contains(strings.Join(names, " "), "form payload issuer algorithm expiry audience key signature claims") {
		t.Errorf("%d of %v decide", decisive, names)
	}
	if !w.Handlers[0].Verified {
		t.Error("the signature is the issuer's, and yet it is not verified")
	}
}

// What keeps explain from telling is not taken for a refusal.
func TestCouldNotTell(t *testing.T) {
	unreachable := caddyfile(t, "issuer http://127.0.0.1:1/x 111122223333\naudience orders.internal")
	if got := run(t, mint(t, func(p *parts) { p.claims["iss"] = "http://127.0.0.1:1/x" }), "explain", "--config", unreachable, "-"); got.code != 2 ||
		!strings.Contains(got.stdout, "unknown: keys_unavailable") || !strings.Contains(got.lastLine(), "aws-jwt probe") {
		t.Errorf("exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
	good := site(t, "")
	for name, args := range map[string][]string{
		"no configuration":        {"explain", "-"},
		"a missing configuration": {"explain", "--config", "/does/not/exist", "-"},
		"a broken configuration":  {"explain", "--config", site(t, "allow x `1`"), "-"},
		"no token":                {"explain", "--config", good},
		"a path without a slash":  {"explain", "--config", good, "--path", "x", "-"},
		"an empty path":           {"explain", "--config", good, "--path", "", "-"},
		"a path with a space":     {"explain", "--config", good, "--path", "/a b", "-"},
		"no address":              {"explain", "--config", good, "--remote-ip", "x", "-"},
		"a method in lower case":  {"explain", "--config", good, "--method", "get", "-"},
		"an empty method":         {"explain", "--config", good, "--method", "", "-"},
		"a site without aws_jwt":  {"explain", "--config", write(t, "a.example.com {\nrespond hi\n}"), "-"},
	} {
		if got := run(t, mint(t), args...); got.code != 2 || got.stdout != "" || strings.Count(got.stderr, "Error: ") != 1 {
			t.Errorf("%s: exit %d: %s%s", name, got.code, got.stdout, got.stderr)
		} else if len(args) == 6 && !strings.Contains(got.stderr, "Error: "+args[3]+": ") {
			t.Errorf("%s: %s is not named: %s", name, args[3], got.stderr)
		}
	}
	// A fault of a handler is told without the modules that Caddy came through.
	if got := run(t, mint(t), "explain", "--config", site(t, "allow x `1`"), "-"); !strings.HasPrefix(got.stderr, "Error: configuring aws_jwt: ") {
		t.Errorf("a broken configuration: %s", got.stderr)
	}
	if got := run(t, mint(t), "explain", "--config", good, "-"); got.code != 0 {
		t.Errorf("the control: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
}

// A signature that does not fit is found, and what follows is marked as not
// verified.
func TestForgedToken(t *testing.T) {
	token := mint(t)
	forged := token[:len(token)-8] + "AAAAAAAA"
	got := run(t, forged, "explain", "--config", site(t, "principal_tag team orders"), "-")
	if got.code != 1 || !strings.Contains(got.stdout, "refused: bad_signature") || !strings.Contains(got.stdout, "The token is not verified.") {
		t.Errorf("exit %d: %s", got.code, got.stdout)
	}
	if got := run(t, token, "explain", "--config", site(t, "principal_tag team orders"), "-"); strings.Contains(got.stdout, "not verified") {
		t.Errorf("the control: %s", got.stdout)
	}
}
