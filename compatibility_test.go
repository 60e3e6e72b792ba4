package awsjwt_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/compatibility.md has the versions of Caddy that go.mod and the script have.
func TestVersionsOfCaddy(t *testing.T) {
	version := func(file, pattern string) string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		return found[1]
	}
	page, err := os.ReadFile("docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := version("go.mod", `github\.com/caddyserver/caddy/v2 v([\d.]+)`)
	oldest := version("scripts/oldest-caddy", `(?m)^oldest=v([\d.]+)$`)
	if built := version("xcaddy.json", `"caddy_version": "v([\d.]+)"`); built != newest {
		t.Errorf("xcaddy.json has Caddy %s, and go.mod %s", built, newest)
	}
	for _, row := range []string{"| " + newest + " | the version of `go.mod`", "| " + oldest + " | the oldest that is supported", "caddy/v2@v" + oldest + "\n", "ones than " + newest + " |"} {
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/compatibility.md lacks %q", row)
		}
	}
}
