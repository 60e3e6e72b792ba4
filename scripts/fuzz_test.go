package scripts

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fuzz runs the script of a tree.
func fuzz(t *testing.T, tree string, environment []string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(tree, "scripts", "fuzz"), args...)
	cmd.Env = append(os.Environ(), environment...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// No fuzz target of the tree is forgotten: the script finds those that the
// parser of Go finds.
func TestFuzzFindsEveryTarget(t *testing.T) {
	got, code := fuzz(t, "..", []string{"FUZZ="}, "-list")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, got)
	}
	found := strings.Split(strings.TrimSpace(got), "\n")
	slices.Sort(found)
	if want := parsedTargets(t, ".."); !slices.Equal(found, want) {
		t.Errorf("the script found\n%s\nand there are\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

func parsedTargets(t *testing.T, tree string) (targets []string) {
	t.Helper()
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != tree && (strings.Trim(d.Name()[:1], "._") == "" || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(tree, filepath.Dir(path))
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				targets = append(targets, f.Name.Name+" ./"+filepath.ToSlash(relative))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(targets)
	return targets
}

// A failure is told and does not keep the other targets from running; the exit
// code tells it, too.
func TestFuzzTellsFailures(t *testing.T) {
	script, err := os.ReadFile("fuzz")
	if err != nil {
		t.Fatal(err)
	}
	const target = "package %s\n\nimport \"testing\"\n\nfunc Fuzz%s(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(t *testing.T, n int) {\n\t\tif %t {\n\t\t\tt.Error(\"what went wrong\")\n\t\t}\n\t})\n}\n"
	tree := t.TempDir()
	for path, text := range map[string]string{
		"scripts/fuzz":         string(script),
		"go.mod":               "module example\n\ngo 1.26\n",
		"a/a_test.go":          fmt.Sprintf(target, "a", "Bad", true),
		"b/inner/b_test.go":    fmt.Sprintf(target, "inner", "Good", false),
		"testdata/not_test.go": fmt.Sprintf(target, "a", "Ignored", true),
	} {
		path = filepath.Join(tree, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, want string
		code       int
		omits      string
	}{
		{"", "1 of 2 fuzz targets failed:\n  FuzzBad (a)\n", 1, "Ignored"},
		{"Bad", "what went wrong", 1, "FuzzGood"},
		{"FuzzGood", "FuzzGood (b/inner): 5x … ok, ", 0, "FuzzBad"},
		{"FuzzGood", "1 fuzz targets, no failure", 0, "FAILED"},
		{"FuzzNone", "no fuzz target matches FUZZ=FuzzNone", 2, "…"},
	} {
		got, code := fuzz(t, tree, []string{"FUZZTIME=5x", "FUZZ=" + tt.name, "GOWORK=off"})
		if code != tt.code || !strings.Contains(got, tt.want) || strings.Contains(got, tt.omits) {
			t.Errorf("FUZZ=%s: exit %d, want %d with %q and without %q:\n%s", tt.name, code, tt.code, tt.want, tt.omits, got)
		}
	}
}
