package explain

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// siteWith is a site with these directives around one aws_jwt, in their order.
func siteWith(t *testing.T, before, behind string) string {
	t.Helper()
	return write(t, "orders.example.com {\nroute {\n"+before+"\naws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n}\n"+behind+"\n}\n}\n")
}

// A request that the site itself ends with an error passes nothing, before
// aws_jwt or behind it.
func TestSiteAnswersItself(t *testing.T) {
	const proxy = "reverse_proxy 127.0.0.1:1"
	for _, tt := range []struct {
		name, before, behind string
		outcome              walk.Outcome
		code, status         int
		says                 string
	}{
		{"respond before", "respond 403", "", walk.Answered, 1, 403, "answered: no aws_jwt handler was asked: the site itself answers 403 Forbidden"},
		{"error before", "error 404", "", walk.Answered, 1, 404, "the site itself answers 404 Not Found"},
		{"abort before", "abort", "", walk.Answered, 1, 0, "the site itself hangs up"},
		{"respond behind", "", "respond 403", walk.Allowed, 1, 403, "and yet: behind aws_jwt the site itself answers 403 Forbidden"},
		{"abort behind", "", "abort", walk.Allowed, 1, 0, "and yet: behind aws_jwt the site itself hangs up"},
		{"redir before", "redir https://x.example", "", walk.Unprotected, 0, 0, "unprotected: "},
		{"respond 200 before", "respond hi", "", walk.Unprotected, 0, 0, "unprotected: "},
		{"respond 200 behind", "", "respond hi", walk.Allowed, 0, 0, "allowed"},
		{"the control", "", proxy, walk.Allowed, 0, 0, "allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := siteWith(t, tt.before, tt.behind)
			code, w := explainJSON(t, mint(t), config)
			if code != tt.code || w.Outcome != tt.outcome || w.Status != tt.status || w.Ended != (tt.code == 1) || w.Passes() != (tt.code == 0) || (w.Upstream != nil) != w.Passes() {
				t.Errorf("exit %d: %+v", code, w)
			}
			if got := run(t, mint(t), "explain", "--config", config, "-"); !strings.Contains(got.stdout, tt.says) {
				t.Errorf("%s", got.stdout)
			}
		})
	}
}

// A case may want that the site itself answers, with its status, and is not
// content with less.
func TestCasesOfAnswers(t *testing.T) {
	cases := filepath.Join(t.TempDir(), "cases.yaml")
	claims := "claims: {iss: " + issuerURL(t, ordersAccount) + ", aud: orders.internal, sub: 'arn:aws:iam::111122223333:role/x'}\n"
	before, behind := siteWith(t, "respond 403", ""), siteWith(t, "", "respond 403")
	for _, tt := range []struct {
		config, want string
		code         int
	}{
		{before, "{outcome: answered, status: 403}", 0},
		{before, "{outcome: answered}", 0},
		{before, "{outcome: answered, status: 404}", 1},
		{before, "{outcome: unprotected}", 1},
		{behind, "{outcome: allowed, status: 403}", 0},
		{behind, "{outcome: allowed}", 1},
		{behind, "{outcome: answered}", 1},
		{siteWith(t, "", "respond 200"), "{outcome: allowed}", 0},
	} {
		if err := os.WriteFile(cases, []byte(claims+"cases:\n  - {name: a, want: "+tt.want+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, "", "test", "--config", tt.config, cases); got.code != tt.code {
			t.Errorf("%s: exit %d: %s%s", tt.want, got.code, got.stdout, got.stderr)
		}
	}
}

// A host at several ports has to have the same rules at each, or the port is to
// be said.
func TestTwinServers(t *testing.T) {
	const twins = "orders.example.com {\naws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n}\nreverse_proxy 127.0.0.1:1\n}\n" +
		"orders.example.com:8443 {\nTWIN\nreverse_proxy 127.0.0.1:1\n}\n:9090 {\nmetrics\n}\n"
	unprotected := write(t, strings.Replace(twins, "TWIN", "", 1))
	got := run(t, mint(t), "explain", "--config", unprotected, "--site", "orders.example.com", "-")
	if got.code != 2 || got.stdout != "" || !strings.Contains(got.stderr, "give the port: orders.example.com:443 (allowed), orders.example.com:8443 (unprotected)") {
		t.Errorf("exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
	for host, want := range map[string]walk.Outcome{"orders.example.com:443": walk.Allowed, "orders.example.com:8443": walk.Unprotected} {
		if _, w := explainJSON(t, mint(t), unprotected, "--site", host); w.Outcome != want {
			t.Errorf("%s: %s", host, w.Outcome)
		}
	}
	same := write(t, strings.Replace(twins, "TWIN", "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n}", 1))
	if code, w := explainJSON(t, mint(t), same, "--site", "orders.example.com"); code != 0 || w.Outcome != walk.Allowed {
		t.Errorf("the control: exit %d, %s", code, w.Outcome)
	}
	cases := filepath.Join(t.TempDir(), "cases.yaml")
	text := "request: {host: orders.example.com}\nclaims: {iss: " + issuerURL(t, ordersAccount) + ", aud: orders.internal, sub: 'arn:aws:iam::111122223333:role/x'}\n" +
		"cases:\n  - {name: a, want: {outcome: allowed}}\n"
	if err := os.WriteFile(cases, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "", "test", "--config", unprotected, cases); got.code != 1 || !strings.Contains(got.stdout, "give the port: ") {
		t.Errorf("test: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if got := run(t, "", "test", "--config", same, cases); got.code != 0 {
		t.Errorf("test, the control: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
}

// A token that a configuration copies is not written. [run] looks for it in all
// that is.
func TestCopiedCredential(t *testing.T) {
	config := write(t, "orders.example.com {\nroute {\nrequest_header X-Copy {http.request.header.Authorization}\nrequest_header X-Other other\n"+
		"uri path_regexp ^/copy /{http.request.header.Authorization}\n"+
		"aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\nheader X-Team {http.request.header.X-Copy}\nheader X-Out {http.request.header.X-Other}\n"+
		"allow it `request.path != \"\"`\n}\nreverse_proxy 127.0.0.1:1\n}\n}\n")
	token := mint(t)
	code, w := explainJSON(t, token, config)
	if code != 0 || w.Upstream.Get("X-Copy") != "…" || w.Upstream.Get("X-Team") != "…" || w.Upstream.Get("X-Out") != "other" {
		t.Errorf("exit %d: %v", code, w.Upstream)
	}
	for _, path := range []string{"/", "/copy"} {
		if got := run(t, token, "explain", "--config", config, "--path", path, "-"); got.code == 2 {
			t.Errorf("exit %d: %s%s", got.code, got.stdout, got.stderr)
		}
	}
}

// What the gateway refuses to load is no good for test either; that the files
// with keys are there is not asked.
func TestOfflineRefusesWhatTheGatewayRefuses(t *testing.T) {
	cases := filepath.Join(t.TempDir(), "cases.yaml")
	if err := os.WriteFile(cases, []byte("cases:\n  - {name: a, no_token: true, want: {outcome: refused}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(config string) error {
		command := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), "validate", "--config", config)
		command.Env = append(os.Environ(), "XDG_DATA_HOME="+t.TempDir())
		return command.Run()
	}
	const trust = "audience a\nissuer https://a.example 111122223333"
	for lines, good := range map[string]bool{
		trust:                                                                true,
		trust + "\njwks {\nttl 1h\n}":                                        true,
		trust + "\njwks {\nttl -1h\n}":                                       false,
		trust + "\njwks {\ntimeout 0s\n}":                                    false,
		trust + "\njwks {\nttl 2h\nmax_stale 1h\n}":                          false,
		trust + "\njwks {\nproxy http://a:3128\n}":                           true,
		trust + "\njwks {\nproxy ftp://a\n}":                                 false,
		trust + " {\njwks_url https://b.example/keys\n}":                     true,
		trust + " {\njwks_url http://b.example/keys\n}":                      false,
		trust + " {\njwks_url https://b.example/keys\njwks_file /missing\n}": false,
	} {
		config := caddyfile(t, lines)
		if err := load(config); (err == nil) != good {
			t.Errorf("the gateway on %q: %v", lines, err)
		}
		if got := run(t, "", "test", "--config", config, cases); (got.code == 0) != good || (got.code == 2) == good {
			t.Errorf("%q: exit %d: %s%s", lines, got.code, got.stdout, got.stderr)
		}
	}
	missing := caddyfile(t, trust+" {\njwks_file /missing\n}\njwks {\nca /missing\n}")
	if got := run(t, "", "test", "--config", missing, cases); got.code != 0 {
		t.Errorf("without the files: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if err := load(missing); err == nil {
		t.Error("the gateway loads without the files")
	}
}

// Names by which Caddy's API finds parts of a configuration are no part of it.
func TestJSONWithIDs(t *testing.T) {
	text := strings.ReplaceAll(`{"@id":"all","apps":{"http":{"servers":{"s":{"@id":"s","listen":[":443"],"routes":[{"@id":"r","handle":[
		{"@id":"gate","handler":"aws_jwt","issuers":[{"@id":"i","url":"ISSUER","accounts":["111122223333"]}],"audiences":["orders.internal"]},
		{"handler":"reverse_proxy","@id":"up","upstreams":[{"dial":"127.0.0.1:1"}]}]}]}}}}}`, "ISSUER", issuerURL(t, ordersAccount))
	for name, text := range map[string]string{"with ids": text, "without": regexp.MustCompile(`,?"@id":"[a-z]+",?`).ReplaceAllStringFunc(text, func(id string) string {
		if strings.HasPrefix(id, ",") {
			return ","
		}
		return ""
	})} {
		config := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, mint(t), "explain", "--config", config, "-"); got.code != 0 {
			t.Errorf("%s: exit %d: %s%s", name, got.code, got.stdout, got.stderr)
		}
	}
}

// A handler that is nobody's here may end a request before aws_jwt: that is told.
func TestUnknownHandler(t *testing.T) {
	text := `{"apps":{"http":{"servers":{"s":{"listen":[":443"],"routes":[{"handle":[{"handler":"HANDLER"},
		{"handler":"aws_jwt","issuers":[{"url":"ISSUER","accounts":["111122223333"]}],"audiences":["orders.internal"],"accounts":["111122223333"]}]}]}}}}}`
	cases := filepath.Join(t.TempDir(), "cases.yaml")
	if err := os.WriteFile(cases, []byte("cases:\n  - {name: a, no_token: true, want: {outcome: refused}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for handler, unknown := range map[string]bool{"rate_limit": true, "encode": false} {
		config := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(config, []byte(strings.NewReplacer("HANDLER", handler, "ISSUER", issuerURL(t, ordersAccount)).Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		got := run(t, mint(t), "explain", "--config", config, "-")
		if got.code != 0 || strings.Contains(got.stdout, "warning: handler rate_limit, before an aws_jwt, is not known here") != unknown {
			t.Errorf("%s: exit %d: %s%s", handler, got.code, got.stdout, got.stderr)
		}
		if got := run(t, "", "test", "--strict", "--config", config, cases); (got.code == 1) != unknown || (got.code == 0) == unknown {
			t.Errorf("%s: exit %d: %s%s", handler, got.code, got.stdout, got.stderr)
		}
	}
}
