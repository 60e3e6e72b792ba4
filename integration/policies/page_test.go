package policies

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const leastSections = 20

// section is a part of docs/policies.md that shows a policy.
type section struct {
	title, caddyfile, cases string
	lenient                 bool // the policy raises warnings, and its text says so
}

// lenientMark stands in a section whose policy is there to raise a warning.
const lenientMark = "<!-- warnings are meant -->"

func sections(t *testing.T) []section {
	t.Helper()
	var list []section
	for _, part := range stacktest.ReadPage(t, "docs/policies.md").Sections(2) {
		if caddyfile := block(t, part, "caddyfile"); caddyfile != "" {
			list = append(list, section{part.Heading, caddyfile, block(t, part, "yaml"), strings.Contains(part.Text, lenientMark)})
		}
	}
	return list
}

// block returns the one fenced block of a language, or "".
func block(t *testing.T, part stacktest.Page, language string) string {
	t.Helper()
	found := part.Blocks(language)
	if len(found) > 1 {
		t.Errorf("%s has %d blocks of %s, one is run", part.Heading, len(found), language)
	}
	if len(found) == 0 {
		return ""
	}
	return found[0].Text
}

// Each policy of the page lets pass and refuses what its cases say.
func TestPoliciesPage(t *testing.T) {
	list := sections(t)
	if len(list) < leastSections {
		t.Errorf("the page shows %d policies, %d are wanted", len(list), leastSections)
	}
	for _, s := range list {
		t.Run(s.title, func(t *testing.T) {
			if s.cases == "" {
				t.Fatal("the policy has no cases")
			}
			if !refuses.MatchString(s.cases) || !passes.MatchString(s.cases) {
				t.Error("one case that passes and one that does not are wanted")
			}
			output, err := runSection(t, s)
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			checkCoverage(t, output, hasRule.MatchString(s.caddyfile))
		})
	}
}

var (
	passes  = regexp.MustCompile(`outcome: (allowed|anonymous)`)
	refuses = regexp.MustCompile(`outcome: (refused|audited)|would_refuse: `)
	hasRule = regexp.MustCompile(`(?m)^\s+(allow|deny) `)
)

func runSection(t *testing.T, s section) (output string, err error) {
	t.Helper()
	directory := t.TempDir()
	for name, text := range map[string]string{"Caddyfile": s.caddyfile, "cases_test.yaml": s.cases} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--config", "Caddyfile", "cases_test.yaml"}
	if !s.lenient {
		args = append([]string{"--strict"}, args...)
	}
	return run(t, directory, args...)
}

// The control: a case that wants something else than what comes fails, and so
// does a policy with a warning.
func TestThePageIsReallyRun(t *testing.T) {
	list := sections(t)
	good := list[0]
	if output, err := runSection(t, good); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	wrong := good
	wrong.cases = strings.Replace(good.cases, "outcome: allowed", "outcome: anonymous", 1)
	wrong.cases = strings.Replace(wrong.cases, ", headers: {X-Path: /aws/123456789012/production}", "", 1)
	if output, err := runSection(t, wrong); err == nil || !strings.Contains(output, "FAIL") {
		t.Errorf("a wrong case passes: %v\n%s", err, output)
	}
	matching := func(pattern string) section {
		s := good
		s.caddyfile = strings.Replace(good.caddyfile, "\t\taudience ",
			"\t\tdeny tests `aws_token.principal.name.matches(\""+pattern+"\")`\n\t\taudience ", 1)
		return s
	}
	if output, err := runSection(t, matching("test")); err == nil || !strings.Contains(output, "matches") {
		t.Errorf("a policy with a warning passes: %v\n%s", err, output)
	}
	if output, err := runSection(t, matching("^test$")); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
