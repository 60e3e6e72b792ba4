package subrequest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// docs/recipes/forward-auth.md has a row for each line of original, in its order,
// and links that lead to files. What it says of nginx and HAProxy, the other tests
// show with the files that it names.
func TestPage(t *testing.T) {
	root, err := stack.Root()
	must(t, err)
	directory := filepath.Join(root, "docs", "recipes")
	text, err := os.ReadFile(filepath.Join(directory, "forward-auth.md"))
	must(t, err)
	var have []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+) <field>` \\|").FindAllStringSubmatch(string(text), -1) {
		have = append(have, row[1])
	}
	if want := []string{"method", "host", "uri", "client_ip"}; !slices.Equal(have, want) {
		t.Errorf("the table of original has %v, want %v", have, want)
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)[^)]*\)`).FindAllStringSubmatch(string(text), -1)
	if len(links) < 4 {
		t.Errorf("%d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(directory, link[1])); err != nil {
			t.Errorf("link: %v", err)
		}
	}
}

// A policy of the example can be tested by the host of the request that is asked
// about, and refuses another one.
func TestPolicyOfTheExample(t *testing.T) {
	directory := t.TempDir()
	must(t, os.WriteFile(filepath.Join(directory, "Caddyfile"), []byte(example(t, "Caddyfile")), 0o600))
	cases := filepath.Join(directory, "cases_test.yaml")
	must(t, os.WriteFile(cases, []byte(`config: Caddyfile
claims:
  iss: https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws
  aud: https://orders.example.com
  sub: arn:aws:iam::123456789012:role/orders
request: {host: orders.example.com, path: /orders}
cases:
  - name: this host
    want: {outcome: allowed}
  - name: another host
    request: {host: admin.example.com}
    want: {outcome: refused, reason: policy_denied}
`), 0o600))
	if output, err := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "aws-jwt", "test", cases).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
