package packaging

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// What TestMain builds, once.
var (
	binaries  string // the directory with devsts
	dist      string // what make dist made
	elsewhere string // what make deb made in another directory
)

// version and epoch stand for those of a commit with a tag.
const (
	version = "0.1.0"
	epoch   = "1790000000"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "aws" {
		os.Exit(awsCLI(context.Background(), os.Args[1:])) // in the machine
	}
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries, dist, elsewhere = directory, filepath.Join(directory, "dist"), filepath.Join(directory, "elsewhere")
		if err := build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}, "devsts"))
}

// build makes all that is handed to others, and the package once more, in a copy
// of the tree.
func build() error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	if err := run(root, "make", "dist", "DIST="+dist, "VERSION="+version, "ARCHES="+runtime.GOARCH); err != nil {
		return err
	}
	other := filepath.Join(binaries, "a", "copy")
	if err := copyTree(other, root); err != nil {
		return err
	}
	return run(other, "make", "deb", "DIST="+elsewhere, "VERSION=v"+version)
}

func run(directory, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir = directory
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+epoch)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s %s: %w\n%s", program, strings.Join(args, " "), err, output)
	}
	return nil
}

// copyTree copies what the tree holds but for what git ignores or keeps. It reads
// each file, so that go test does not repeat a result that a changed file may
// have changed.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && (relative == ".git" || relative == ".tools" || relative == "bin" || relative == "dist" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		case !entry.Type().IsRegular() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), content, info.Mode().Perm())
	})
}

// tool runs a program of Debian, and returns what it says. The test fails, and
// does not skip, where the program is missing.
func tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: run \"make deps\": %v", name, err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// debian is the package in a directory.
func debian(directory string) string {
	return filepath.Join(directory, "caddy-awsjwt_"+version+"_"+runtime.GOARCH+".deb")
}

// packaged is a file of the tree.
func packaged(t *testing.T, name ...string) string {
	t.Helper()
	root, err := stack.Root()
	must(t, err)
	return filepath.Join(append([]string{root}, name...)...)
}

var must, eventually = stacktest.Must, stacktest.Eventually
