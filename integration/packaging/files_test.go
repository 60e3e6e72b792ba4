package packaging

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// goreleaser judges a configuration by GoReleaser's own schema, which the pinned
// version prints ("goreleaser jsonschema", without its descriptions).
func goreleaser(t *testing.T, text []byte) error {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "goreleaser.schema.json"))
	must(t, err)
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("file:///goreleaser.json", schema))
	compiled, err := compiler.Compile("file:///goreleaser.json")
	must(t, err)
	var config any
	must(t, yaml.Unmarshal(text, &config))
	// The validator takes what encoding/json makes.
	encoded, err := json.Marshal(config)
	must(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	must(t, err)
	return compiled.Validate(value)
}

func TestGoReleaser(t *testing.T) {
	text, err := os.ReadFile(packaged(t, ".goreleaser.yaml"))
	must(t, err)
	if err := goreleaser(t, text); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"nonsense: true\n", "draft: 1\n"} {
		if goreleaser(t, append(bytes.Clone(text), wrong...)) == nil {
			t.Errorf("with %q it passes, too", wrong)
		}
	}
	// Whoever runs it by mistake publishes nothing.
	if !strings.Contains(string(text), "\n  draft: true\n") {
		t.Error("a release is no draft")
	}
}

// instruction is a line of a Dockerfile.
var instruction = regexp.MustCompile(`(?m)^([A-Z]+) (.*)$`)

// dockerfile returns what each kind of instruction says; of all stages, and of the
// last one.
func dockerfile(t *testing.T) (all, last map[string][]string) {
	t.Helper()
	content, err := os.ReadFile(packaged(t, "Dockerfile"))
	must(t, err)
	all = make(map[string][]string)
	for _, line := range instruction.FindAllStringSubmatch(string(content), -1) {
		if line[1] == "FROM" {
			last = make(map[string][]string)
		}
		all[line[1]] = append(all[line[1]], line[2])
		last[line[1]] = append(last[line[1]], line[2])
	}
	return all, last
}

// The Dockerfile is not built here. What it names is there, and what is built in
// it is what packaging/build builds.
func TestDockerfile(t *testing.T) {
	all, last := dockerfile(t)
	root, err := stack.Root()
	must(t, err)
	ignored, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	must(t, err)
	copied := make(map[string]bool)
	for _, line := range all["COPY"] {
		if strings.HasPrefix(line, "--from=build") {
			continue
		}
		sources := strings.Fields(line)
		for _, source := range sources[:len(sources)-1] {
			source = strings.TrimSuffix(source, "/")
			copied[source] = true
			if _, err := os.Stat(filepath.Join(root, source)); err != nil {
				t.Errorf("COPY %s: %v", line, err)
			}
			if let := strings.TrimSuffix(source, "/Caddyfile"); !strings.Contains(string(ignored), "\n!"+let+"\n") {
				t.Errorf("COPY %s: .dockerignore keeps it out", line)
			}
		}
	}
	packages, err := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}", packaged(t, "cmd", "caddy-awsjwt")).Output()
	must(t, err)
	for pkg := range strings.Lines(string(packages)) {
		if top := strings.Split(strings.TrimSpace(pkg), "/")[3]; !copied[top] {
			t.Errorf("%s is not copied", top)
		}
	}
	if builds := strings.Join(all["RUN"], "\n"); !strings.Contains(builds, " packaging/build binary /out/caddy-awsjwt") || strings.Contains(builds, "go build") {
		t.Errorf("the program is not built as the package's is:\n%s", builds)
	}
	image := last["FROM"][0]
	if user := last["USER"]; len(user) != 1 || user[0] != "65532:65532" || !strings.Contains(image, "distroless/static") || !strings.HasSuffix(image, ":nonroot") {
		t.Errorf("user %v of %s", user, image)
	}
}

// The page tells of the image what the Dockerfile makes.
func TestContainerSection(t *testing.T) {
	_, last := dockerfile(t)
	text := page(t).Section("## Container").Text
	for _, port := range strings.Fields(last["EXPOSE"][0]) {
		number, protocol, udp := strings.Cut(port, "/")
		want := " -p " + number + ":" + number
		if udp {
			want += "/" + protocol
		}
		if !strings.Contains(text, want+" ") {
			t.Errorf("the page has no%s", want)
		}
	}
	if n := strings.Count(text, " -p "); n != len(strings.Fields(last["EXPOSE"][0])) {
		t.Errorf("the page opens %d ports", n)
	}
	for _, want := range []string{":" + last["VOLUME"][0] + " ", ":/etc/caddy-awsjwt/Caddyfile:ro", "65532", "Nothing here was run"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// Its start, its reload, its state and its configuration are the unit's.
	unit, err := os.ReadFile(packaged(t, "packaging", "caddy-awsjwt.service"))
	must(t, err)
	var command []string
	must(t, json.Unmarshal([]byte(last["CMD"][0]), &command))
	if start := "ExecStart=/usr/bin/caddy-awsjwt " + strings.Join(command, " ") + "\n"; !strings.Contains(string(unit), start) {
		t.Errorf("the unit does not start by %s", start)
	}
	if !strings.Contains(string(unit), "Environment="+last["ENV"][0]+"\n") {
		t.Errorf("the unit has another environment than %s", last["ENV"][0])
	}
	if reload := regexp.MustCompile(`(?m)^ExecReload=(.*)$`).FindSubmatch(unit); !strings.Contains(text, "docker exec gateway "+string(reload[1])+"\n") {
		t.Errorf("the page does not reload by %s", reload[1])
	}
}

// Both Caddyfiles that are handed out load, and trust nobody.
func TestCaddyfiles(t *testing.T) {
	program := extracted(t)
	for _, name := range [][]string{{"packaging", "Caddyfile"}, {"deploy", "container", "Caddyfile"}} {
		cmd := exec.Command(program, "validate", "--adapter", "caddyfile", "--config", packaged(t, name...))
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", name, err, said)
		}
		adapted, err := exec.Command(program, "adapt", "--adapter", "caddyfile", "--config", packaged(t, name...)).Output()
		must(t, err)
		if strings.Contains(string(adapted), `"issuers"`) || strings.Contains(string(adapted), "reverse_proxy") || !strings.Contains(string(adapted), `"status_code":503`) {
			t.Errorf("%v: %s", name, adapted)
		}
	}
}
