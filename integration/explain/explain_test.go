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
		{"a host that is nobody's", []string{"--site", "c.example.com"}, walk.Unprotected, 0, ""},
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
	if got := run(t, mint(t), "explain", "--config", config, "--site", "b.example.com:99", "-"); got.code != 2 {
		t.Errorf("at a port where nobody listens: exit %d, %s%s", got.code, got.stdout, got.stderr)
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
		"no address":              {"explain", "--config", good, "--remote-ip", "x", "-"},
		"a site without aws_jwt":  {"explain", "--config", write(t, "a.example.com {\nrespond hi\n}"), "-"},
	} {
		if got := run(t, mint(t), args...); got.code != 2 || got.stdout != "" || strings.Count(got.stderr, "Error: ") != 1 {
			t.Errorf("%s: exit %d: %s%s", name, got.code, got.stdout, got.stderr)
		}
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
