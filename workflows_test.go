package awsjwt_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what is read of a workflow; actionlint, which make lint runs, judges
// the rest.
type workflow struct {
	On          yaml.Node         `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Minutes     int               `yaml:"timeout-minutes"`
		Permissions map[string]string `yaml:"permissions"`
		Container   yaml.Node         `yaml:"container"`
		Strategy    struct {
			Matrix struct {
				Command []string `yaml:"command"`
			} `yaml:"matrix"`
		} `yaml:"strategy"`
		Steps []struct {
			Uses string `yaml:"uses"`
			Run  string `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// commands are what the jobs run.
func (w workflow) commands() (commands []string) {
	for _, job := range w.Jobs {
		commands = append(commands, job.Strategy.Matrix.Command...)
		for _, step := range job.Steps {
			if step.Run != "" && step.Run != "${{ matrix.command }}" {
				commands = append(commands, step.Run)
			}
		}
	}
	slices.Sort(commands)
	return commands
}

// Continuous integration is .ci/run, race, fuzz and the oldest Caddy, and nothing
// that a contributor could not run.
func TestWorkflowsRunWhatContributorsRun(t *testing.T) {
	if have, want := workflowsOf(t)["ci.yml"].commands(), []string{".ci/run", "make fuzz FUZZTIME=30s", "make oldest-caddy", "make race"}; !slices.Equal(have, want) {
		t.Errorf("ci.yml runs %q, want %q", have, want)
	}
	makefile := read(t, "Makefile")
	for name, w := range workflowsOf(t) {
		if len(w.commands()) == 0 {
			t.Errorf("%s runs nothing", name)
		}
		for _, command := range w.commands() {
			if command == ".ci/run" {
				continue
			}
			words := strings.Fields(command)
			if words[0] != "make" || len(words) < 2 {
				t.Errorf("%s runs %q, which is no target of the Makefile", name, command)
			}
			for _, word := range words[1:] {
				if !strings.Contains(word, "=") && !strings.Contains(makefile, "\n"+word+":") {
					t.Errorf("%s runs %q: the Makefile has no %s", name, command, word)
				}
			}
		}
	}
}

// What workflows use is pinned, may only read, ends in time and has the Go of
// go.mod.
func TestWorkflowsAreSafe(t *testing.T) {
	for name, w := range workflowsOf(t) {
		for _, fault := range workflowFaults(w, read(t, "go.mod")) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

func TestFaultsOfWorkflowsAreFound(t *testing.T) {
	const goMod = "module m\n\ngo 1.26.4\n"
	const good = "on: {pull_request: }\npermissions: {contents: read}\njobs:\n  a:\n    timeout-minutes: 5\n    container: golang:1.26-bookworm\n    steps:\n      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n      - run: make test\n"
	if faults := workflowFaults(parseWorkflow(t, good), goMod); len(faults) > 0 {
		t.Errorf("a good workflow has faults: %q", faults)
	}
	for name, replaced := range map[string][2]string{
		"an action by its tag":        {"@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4"},
		"no time limit":               {"    timeout-minutes: 5\n", ""},
		"a permission to write":       {"contents: read", "contents: write"},
		"no permissions named":        {"permissions: {contents: read}\n", ""},
		"a job's permission to write": {"    timeout-minutes", "    permissions: {contents: write}\n    timeout-minutes"},
		"secrets for strangers":       {"pull_request: ", "pull_request_target: "},
		"a title as a command":        {"make test", "echo ${{ github.event.pull_request.title }}"},
		"another Go":                  {"golang:1.26-", "golang:1.25-"},
		"a machine of no known Go":    {"    container: golang:1.26-bookworm\n", ""},
	} {
		if !strings.Contains(good, replaced[0]) {
			t.Fatalf("%s: nothing to replace", name)
		}
		if faults := workflowFaults(parseWorkflow(t, strings.Replace(good, replaced[0], replaced[1], 1)), goMod); len(faults) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

var (
	pinnedAction = regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
	goOfModule   = regexp.MustCompile(`(?m)^go (\d+\.\d+)`)
)

func workflowFaults(w workflow, goMod string) (faults []string) {
	onlyReads := func(permissions map[string]string) bool {
		for _, access := range permissions {
			if access != "read" && access != "none" {
				return false
			}
		}
		return true
	}
	if len(w.Permissions) == 0 || !onlyReads(w.Permissions) {
		faults = append(faults, "its token may more than read")
	}
	on, _ := yaml.Marshal(&w.On)
	if strings.Contains(string(on), "pull_request_target") || strings.Contains(string(on), "workflow_run") {
		faults = append(faults, "strangers' changes run with the repository's rights")
	}
	goVersion := goOfModule.FindStringSubmatch(goMod)[1]
	for name, job := range w.Jobs {
		if job.Minutes == 0 {
			faults = append(faults, name+" has no timeout-minutes")
		}
		if !onlyReads(job.Permissions) {
			faults = append(faults, name+" may more than read")
		}
		if container, _ := yaml.Marshal(&job.Container); !strings.Contains(string(container), "golang:"+goVersion+"-") {
			faults = append(faults, fmt.Sprintf("%s does not run in golang:%s", name, goVersion))
		}
		for _, step := range job.Steps {
			if step.Uses != "" && !pinnedAction.MatchString(step.Uses) {
				faults = append(faults, step.Uses+" is not pinned by a commit")
			}
			if strings.Contains(strings.ReplaceAll(step.Run, "${{ matrix.command }}", ""), "${{") {
				faults = append(faults, name+" has an expression in a command")
			}
		}
	}
	return faults
}

func workflowsOf(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(".github", "workflows", "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no workflows", err)
	}
	workflows := make(map[string]workflow)
	for _, file := range files {
		workflows[filepath.Base(file)] = parseWorkflow(t, read(t, file))
	}
	return workflows
}

func parseWorkflow(t *testing.T, text string) (w workflow) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// Issue forms and the rest of .github are YAML, and their links lead to files.
func TestFormsOfTheRepository(t *testing.T) {
	forms, err := filepath.Glob(filepath.Join(".github", "ISSUE_TEMPLATE", "*.yml"))
	if err != nil || len(forms) < 3 {
		t.Fatalf("%d forms: %v", len(forms), err)
	}
	for _, file := range append(forms, filepath.Join(".github", "dependabot.yml"), filepath.Join(".github", "PULL_REQUEST_TEMPLATE.md")) {
		text := read(t, file)
		var form map[string]any
		if err := yaml.Unmarshal([]byte(text), &form); strings.HasSuffix(file, ".yml") && err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if body, has := form["body"]; has && (form["name"] == nil || form["description"] == nil || body == nil) {
			t.Errorf("%s lacks a name, a description or a body", file)
		}
		for _, named := range regexp.MustCompile(`\b(?:docs/[\w/.-]+\.md|SECURITY\.md|CHANGELOG\.md)`).FindAllString(text, -1) {
			if _, err := os.Stat(filepath.FromSlash(named)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// Each module of the tree is kept up to date.
func TestDependabotKnowsEachModule(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(".github", "dependabot.yml"))), &config); err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for _, update := range config.Updates {
		if update.Ecosystem == "gomod" {
			have = append(have, update.Directories...)
		}
	}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.Name() == "go.mod":
			want = append(want, "/"+strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "."))
		}
		return nil
	})
	slices.Sort(have)
	slices.Sort(want)
	if err != nil || !slices.Equal(have, want) {
		t.Errorf("dependabot.yml has the modules %q, the tree %q: %v", have, want, err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
