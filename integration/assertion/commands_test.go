package assertion

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// command runs caddy-awsjwt with a standard input, and returns its exit code and
// all that it wrote.
func command(t *testing.T, w *world, stdin string, args ...string) (int, string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), args...)
	c.Dir = w.directory
	c.Env = []string{"HOME=" + w.directory, "XDG_DATA_HOME=" + w.directory, "XDG_CONFIG_HOME=" + w.directory}
	c.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String()
}

// No command makes a key: one in whose storage there is one has been run. What
// the assertion would say is shown all the same.
func TestCommandsMakeNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := filepath.Join(w.directory, "Caddyfile")
	must(t, os.WriteFile(file, []byte(w.caddyfile(quick)), 0o600))
	cases := filepath.Join(w.directory, "cases_test.yaml")
	must(t, os.WriteFile(cases, fmt.Appendf(nil, `config: Caddyfile
claims:
  iss: %s
  aud: orders.internal
  sub: arn:aws:iam::111122223333:role/orders
  aws: {principal_tags: {team: orders}}
request: {host: "127.0.0.1:%s"}
cases:
  - name: with its tag
    want: {outcome: allowed}
  - name: without
    claims: {aws: {principal_tags: null}}
    want: {outcome: refused, reason: assertion_failed}
`, issuerURL(t, orders), w.address[strings.LastIndex(w.address, ":")+1:]), 0o600))
	untagged := mint(t, func(_, aws map[string]any) { delete(aws, "principal_tags") })
	sloping := mint(t, func(_, aws map[string]any) {
		aws["principal_tags"] = map[string]any{"team": "orders/../billing"}
	})
	for what, tt := range map[string]struct {
		stdin string
		args  []string
		code  int
		says  []string
	}{
		"adapt":    {"", []string{"adapt", "--config", file}, 0, []string{`"assertion"`, `"aws_jwt_issuer"`}},
		"validate": {"", []string{"validate", "--config", file}, 0, []string{"Valid configuration"}},
		"explain": {mint(t, nil), []string{"aws-jwt", "explain", "--config", file, "-"}, 0, []string{
			"X-Aws-Token-Assertion", "(signed by the gateway, ES256)", `"sub":"spiffe://corp.example/aws/111122223333/orders"`, `"aud":"orders-upstream"`,
		}},
		"explain, no tag":  {untagged, []string{"aws-jwt", "explain", "--config", file, "-"}, 1, []string{"assertion_failed", "aws_token.principal_tags.team, which the token lacks"}},
		"explain, a slash": {sloping, []string{"aws-jwt", "explain", "--config", file, "-"}, 1, []string{"assertion_failed", "has the character '/'"}},
		"test":             {"", []string{"aws-jwt", "test", cases}, 0, []string{"2 cases"}},
	} {
		code, out := command(t, w, tt.stdin, tt.args...)
		if code != tt.code {
			t.Errorf("%s: code %d\n%s", what, code, out)
		}
		if strings.Contains(out, "not known here") {
			t.Errorf("%s: it does not know its own handlers:\n%s", what, out)
		}
		for _, part := range tt.says {
			if !strings.Contains(out, part) {
				t.Errorf("%s: it does not say %s:\n%s", what, part, out)
			}
		}
		if files := w.keyFiles(); len(files) > 0 {
			t.Errorf("%s: it made %q", what, files)
		}
	}
	w.start(quick)
	w.asserted("127.0.0.1", mint(t, nil))
	w.keyFile()
}

// An issuer and its assertions by two rotations are no configuration; sites by one
// are. A reload may change it for all.
func TestRotationsThatDisagree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := filepath.Join(w.directory, "Caddyfile")
	for rotation, good := range map[string]bool{"1h": true, "2h": false, "24h": false} {
		must(t, os.WriteFile(file, []byte(w.caddyfile(oneSite("rotation 1h", "rotation "+rotation))), 0o600))
		code, out := command(t, w, "", "validate", "--config", file)
		if (code == 0) != good || strings.Contains(out, "all that share its keys have to agree") == good {
			t.Errorf("%s: code %d\n%s", rotation, code, out)
		}
	}
	w.start(oneSite("rotation 1h", "rotation 1h"))
	if a := w.load(oneSite("rotation 2h", "rotation 2h")); a.status != 200 {
		t.Errorf("a reload: status %d %s", a.status, a.body)
	}
	if a := w.load(oneSite("rotation 2h", "rotation 1h")); a.status == 200 {
		t.Error("a reload by two rotations passes")
	}
}
