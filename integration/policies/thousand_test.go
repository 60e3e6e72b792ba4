package policies

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A thousand cases are run by one command. How long that may take is the
// machine's affair: the test says it, and wants no more than that all were run.
func TestThousandCases(t *testing.T) {
	const cases = 1000
	directory := t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "examples", "orders", "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join(root, "examples", "orders", "policies_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(example), "\ncases:\n")
	if !found {
		t.Fatal("the example has no cases")
	}
	var b strings.Builder
	b.WriteString(head + "\ncases:\n")
	for n := range cases {
		tenant, want := fmt.Sprintf("tenant-%d", n), "{outcome: allowed, rule: own-tenant, headers: {X-Tenant: %s}}"
		path := tenant
		if n%2 == 1 {
			path, want = "acme", "{outcome: refused, reason: policy_denied}"
		}
		if strings.Contains(want, "%s") {
			want = fmt.Sprintf(want, tenant)
		}
		fmt.Fprintf(&b, "  - name: case %d\n    request: {method: POST, path: /tenants/%s/orders}\n    claims: {aws: {principal_tags: {tenant: %s}}}\n    want: %s\n",
			n, path, tenant, want)
	}
	for name, content := range map[string]string{"Caddyfile": string(text), "cases_test.yaml": b.String()} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	output, err := run(t, directory, "--json", "cases_test.yaml")
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%v\n%s", err, output[:min(len(output), 4096)])
	}
	var report struct {
		Totals struct {
			Cases, Passed int
			Seconds       float64
		}
	}
	if err := json.Unmarshal([]byte(output), &report); err != nil {
		t.Fatal(err)
	}
	if report.Totals.Cases != cases || report.Totals.Passed != cases {
		t.Errorf("%d of %d cases passed, %d are wanted", report.Totals.Passed, report.Totals.Cases, cases)
	}
	t.Logf("%d cases took %.2f s, with the start of the program %.2f s", cases, report.Totals.Seconds, took.Seconds())
}
