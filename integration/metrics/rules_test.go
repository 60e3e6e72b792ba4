package metrics

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// ruleFile is a file of rules, as Prometheus reads it.
type ruleFile struct {
	Groups []ruleGroup
}

type ruleGroup struct {
	Name  string
	Rules []rule
}

type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

func readRules(t *testing.T, name string) ruleFile {
	t.Helper()
	text, err := os.ReadFile(deployed(t, "prometheus", name))
	must(t, err)
	var file ruleFile
	must(t, yaml.Unmarshal(text, &file))
	return file
}

// all are the rules of a file.
func (f ruleFile) all() (rules []rule) {
	for _, group := range f.Groups {
		rules = append(rules, group.Rules...)
	}
	return rules
}

var ruleFiles = []string{"recording.yml", "alerts.yml"}

// promtool finds no fault with the rules, and they fire and keep silent as their
// tests say.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, name := range ruleFiles {
		if output, err := promtool(t, "", "check", "rules", "--lint=all", "--lint-fatal", deployed(t, "prometheus", name)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, output)
		}
	}
	for _, name := range []string{"alerts_test.yml", "outage_test.yml"} {
		if output, err := promtool(t, "", "test", "rules", deployed(t, "prometheus", name)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, output)
		}
	}
}

// The tests of an alert, which name it, notice when it never fires, and when it
// always does. The control is the alert as it is.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	for _, alert := range readRules(t, "alerts.yml").all() {
		t.Run(alert.Alert, func(t *testing.T) {
			t.Parallel()
			never, always := alert, alert
			never.Expr = "vector(1) < 0"
			always.Expr, always.For = alwaysLike(alert), ""
			if output, err := testsOf(t, alert); err != nil {
				t.Errorf("as it is: %v\n%s", err, output)
			}
			for name, changed := range map[string]rule{"never": never, "always": always} {
				if _, err := testsOf(t, changed); err == nil {
					t.Errorf("no test notices that it %s fires", name)
				}
			}
		})
	}
}

// testsOf runs those of alerts_test.yml that name an alert, with this instead of
// the one of its name. The others have nothing to say of it.
func testsOf(t *testing.T, alert rule) (string, error) {
	t.Helper()
	rules, directory := readRules(t, "alerts.yml"), t.TempDir()
	for i := range rules.Groups[0].Rules {
		if rules.Groups[0].Rules[i].Alert == alert.Alert {
			rules.Groups[0].Rules[i] = alert
		}
	}
	tests, err := os.ReadFile(deployed(t, "prometheus", "alerts_test.yml"))
	must(t, err)
	var file map[string]any
	must(t, yaml.Unmarshal(tests, &file))
	all, _ := file["tests"].([]any)
	file["tests"] = slices.DeleteFunc(all, func(test any) bool {
		text, err := yaml.Marshal(test)
		must(t, err)
		return !strings.Contains(string(text), alert.Alert)
	})
	recording, err := os.ReadFile(deployed(t, "prometheus", "recording.yml"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(directory, "recording.yml"), recording, 0o600))
	for name, content := range map[string]any{"alerts.yml": rules, "alerts_test.yml": file} {
		text, err := yaml.Marshal(content)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(directory, name), text, 0o600))
	}
	return promtool(t, "", "test", "rules", filepath.Join(directory, "alerts_test.yml"))
}

// alwaysLike is what the alert would be without its condition.
func alwaysLike(alert rule) string {
	expression, _, found := strings.Cut(alert.Expr, " > ")
	if !found {
		return "vector(1)"
	}
	return expression
}

// runbook returns the sections of docs/operations.md by their titles.
func runbook(t *testing.T) map[string]string {
	t.Helper()
	root, err := stack.Root()
	must(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	must(t, err)
	sections := make(map[string]string)
	for _, section := range regexp.MustCompile(`(?m)^#+ `).Split(string(text), -1) {
		title, body, _ := strings.Cut(section, "\n")
		sections[title] = body
	}
	return sections
}

// Each alert says how bad it is, what it is, what to look at, and where the
// operator finds what to do.
func TestAlertsAreExplained(t *testing.T) {
	sections := runbook(t)
	for _, alert := range readRules(t, "alerts.yml").all() {
		if !slices.Contains([]string{"critical", "warning"}, alert.Labels["severity"]) {
			t.Errorf("%s: severity %q", alert.Alert, alert.Labels["severity"])
		}
		if alert.Annotations["summary"] == "" || !regexp.MustCompile(`\bLook at\b`).MatchString(alert.Annotations["description"]) {
			t.Errorf("%s: annotations %q", alert.Alert, alert.Annotations)
		}
		if want := "https://github.com/caddy-awsjwt/caddy-awsjwt/blob/main/docs/operations.md#" + strings.ToLower(alert.Alert); alert.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url %q, want %s", alert.Alert, alert.Annotations["runbook_url"], want)
		}
		for _, part := range []string{"**It means**", "**Look at**", "**On the console**", "**Do**"} {
			if !strings.Contains(sections[alert.Alert], part) {
				t.Errorf("docs/operations.md, %s: there is no %s", alert.Alert, part)
			}
		}
	}
}
