package policies

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// root is the module's directory, and gateway the program under test.
var root, gateway string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-")
	if err == nil {
		root, err = stack.Root()
	}
	if err == nil {
		err = stack.Build(context.Background(), directory, "caddy-awsjwt")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	gateway = filepath.Join(directory, "caddy-awsjwt")
	code := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// run runs aws-jwt test in a directory, away from the user's own Caddy.
func run(t *testing.T, directory string, args ...string) (output string, err error) {
	t.Helper()
	lookAtSources(t)
	command := exec.Command(gateway, append([]string{"aws-jwt", "test"}, args...)...)
	command.Dir = directory
	home := t.TempDir()
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + home}
	text, err := command.CombinedOutput()
	return string(text), err
}

// lookAtSources has go test see what the program is built from: it repeats a
// result as long as no file changed that the test looked at.
func lookAtSources(t *testing.T) {
	t.Helper()
	for _, part := range []string{"go.mod", "awstoken", "caddymodule", "celpolicy", "cmd", "identity", "verifier"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasSuffix(path, "_test.go") {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var coverage = regexp.MustCompile(`(?m)^rules: (\d+) of (\d+) were seen both true and false`)

// checkCoverage wants each rule to have been both true and false. A policy of
// requirements alone has no such line.
func checkCoverage(t *testing.T, output string, rules bool) {
	t.Helper()
	line := coverage.FindStringSubmatch(output)
	switch {
	case line == nil && rules:
		t.Errorf("no line says which rules were seen true and false:\n%s", output)
	case line != nil && line[1] != line[2]:
		t.Errorf("a rule was not seen both true and false:\n%s", output)
	}
}
