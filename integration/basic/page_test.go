package basic

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/awsside"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// What the page has its reader do in AWS can be done, and its table names reasons.
// That its blocks and links are good, integration/snippets and integration/site hold.
func TestPage(t *testing.T) {
	t.Parallel()
	p := stacktest.ReadPage(t, page)
	awsside.Check(t, p)
	seen := 0
	for _, row := range regexp.MustCompile(`(?m)^\| .* \| (.*) \| .* \|$`).FindAllStringSubmatch(p.Section("## What goes wrong").Text, -1) {
		for _, reason := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			if _, known := remedy.Of(reason[1]); !known {
				t.Errorf("%s is no reason", reason[1])
			}
			seen++
		}
	}
	if seen == 0 {
		t.Error("its table names no reason")
	}
}

// Debian's units are those that the page's lines go into.
func TestUnits(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"fcgiwrap.socket", "fcgiwrap.service"} {
		unit, err := os.ReadFile(filepath.Join("/lib/systemd/system", name))
		must(t, err)
		block := stacktest.ReadPage(t, page).BlockWith("ini", name+".d/")
		for _, line := range regexp.MustCompile(`(?m)^(\w+)=`).FindAllStringSubmatch(block, -1) {
			if !strings.Contains(string(unit), "\n"+line[1]+"=") {
				t.Errorf("%s has no %s", name, line[1])
			}
		}
	}
}

// aws-jwt test asks the page's policy with the token in Basic, as it takes no other.
func TestPolicy(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	suite := `config: Caddyfile
request: {host: git.example.com, method: POST, path: /app.git/git-receive-pack}
claims:
  iss: https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws
  aud: https://git.example.com
  sub: arn:aws:iam::123456789012:role/builds
  https://sts.amazonaws.com/: {aws_account: "123456789012", principal_tags: {team: orders}}
cases:
  - name: orders may not push
    want: {outcome: refused, reason: policy_denied}
  - name: orders may clone
    request: {path: /app.git/git-upload-pack}
    want: {outcome: allowed, headers: {Authorization: null, X-Aws-Token-Account-Id: "123456789012"}}
  - name: release may push
    claims: {"https://sts.amazonaws.com/": {principal_tags: {team: release}}}
    want: {outcome: allowed}
  - name: orders may not push an image
    request: {host: registry.example.com, path: /v2/orders/app/blobs/uploads/}
    claims: {aud: https://registry.example.com}
    want: {outcome: refused, reason: policy_denied}
  - name: a token in Bearer is none
    authorization: Bearer a.b.c
    want: {outcome: refused, reason: missing_token}
  - name: a password that is no token
    authorization: Basic eDp5
    want: {outcome: refused, reason: malformed_token}
`
	must(t, os.WriteFile(filepath.Join(directory, "Caddyfile"), []byte(stacktest.ReadPage(t, page).BlockWith("caddyfile", "git.example.com")), 0o600))
	must(t, os.WriteFile(filepath.Join(directory, "suite.yaml"), []byte(suite), 0o600))
	command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "aws-jwt", "test", filepath.Join(directory, "suite.yaml"))
	command.Env = append(os.Environ(), "HOME="+directory, "XDG_DATA_HOME="+directory)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
