package site

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// root is the project's, and built where TestMain has the site built, once.
var root, built string

var must = stacktest.Must

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	defer browser.Close()
	directory, err := os.MkdirTemp("", "caddy-awsjwt-site-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(directory)
	if root, err = stack.Root(); err != nil {
		panic(err)
	}
	built = filepath.Join(directory, "site")
	if output, err := build(root, built); err != nil {
		fmt.Fprintf(os.Stderr, "building the site: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// build makes the site of a project, as make docs does.
func build(project, directory string) (output string, err error) {
	all, err := exec.Command(filepath.Join(project, "docs/site/build"), directory).CombinedOutput()
	return string(all), err
}
