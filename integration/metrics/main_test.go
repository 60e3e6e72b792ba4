package metrics

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		defer browser.Close()
		return m.Run()
	}, "caddy-awsjwt"))
}

// tool finds a program of Prometheus. The test fails, and does not skip, where
// it is missing: a run without it would say nothing about the rules.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing (Debian has it in the package prometheus): run \"make deps\": %v", name, err)
	}
	return path
}

// promtool runs it on some input, and returns what it says.
func promtool(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "promtool"), args...)
	cmd.Stdin = strings.NewReader(input)
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// deployed is a file of deploy/.
func deployed(t *testing.T, name ...string) string {
	t.Helper()
	root, err := stack.Root()
	must(t, err)
	return filepath.Join(append([]string{root, "deploy"}, name...)...)
}

var must, eventually = stacktest.Must, stacktest.Eventually
