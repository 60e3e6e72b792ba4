package snippets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Every block of every page is what its language says.
func TestSnippets(t *testing.T) {
	for _, path := range pages(t) {
		for _, block := range stacktest.ReadPage(t, path).Blocks("all") {
			t.Run(fmt.Sprintf("%s:%d", path, block.Line), func(t *testing.T) {
				t.Parallel()
				for _, fault := range faults(t.Context(), block, t.TempDir()) {
					t.Errorf("%s:%d: %v", path, block.Line+fault.line, fault.err)
				}
			})
		}
	}
}

// pages are the paths of all pages within the project.
func pages(t *testing.T) []string {
	t.Helper()
	root := projectRoot(t)
	found := []string{"README.md", "SECURITY.md", "CONTRIBUTING.md"}
	stacktest.Must(t, filepath.WalkDir(filepath.Join(root, "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".md") {
			var within string
			within, err = filepath.Rel(root, path)
			found = append(found, filepath.ToSlash(within))
		}
		return err
	}))
	if len(found) < 20 {
		t.Fatalf("there are only %d pages", len(found))
	}
	return found
}

func projectRoot(t *testing.T) string {
	t.Helper()
	root, err := stack.Root()
	stacktest.Must(t, err)
	return root
}

// fault is what is wrong with a block.
type fault struct {
	line int // of the block, from 0 on
	err  error
}

// found is a fault of a whole block, or of none.
func found(err error) []fault {
	if err == nil {
		return nil
	}
	return []fault{{0, err}}
}

// in is one with what it is a fault of.
func (f fault) in(what string) fault { return fault{f.line, fmt.Errorf("%s: %w", what, f.err)} }

// check has the faults of a text. The directory is empty, and its own.
type check func(ctx context.Context, text, directory string) []fault

// languages are those that a block may be of.
var languages map[string]check

func init() {
	languages = map[string]check{
		"caddyfile": caddyfileFaults,
		"crontab":   crontabFaults,
		"console":   consoleFaults,
		"go":        goFaults,
		"haproxy":   haproxyFaults,
		"hcl":       hclFaults,
		"ini":       iniFaults,
		"json":      jsonFaults,
		"nginx":     nginxFaults,
		"python":    pythonFaults,
		"sh":        shellFaults,
		"text":      nothing, // pictures, grammars and what programs print
		"toml":      tomlFaults,
		"yaml":      yamlFaults,
		"yml":       yamlFaults,
	}
}

func nothing(context.Context, string, string) []fault { return nil }

// faults are those of a block. One without a language is a directive's grammar.
func faults(ctx context.Context, block stacktest.Block, directory string) []fault {
	if block.Language == "" {
		if first, _, _ := strings.Cut(block.Text, "\n"); strings.HasPrefix(first, "aws_jwt") && strings.Contains(first, "[<matcher>]") {
			return nil
		}
		return found(errors.New("the block has no language; a picture or what a program prints is text"))
	}
	of, known := languages[block.Language]
	if !known {
		return found(fmt.Errorf("%q is no language of this project's pages: there are %v", block.Language, slices.Sorted(maps.Keys(languages))))
	}
	return of(ctx, block.Text, directory)
}

func write(directory, name, text string) (string, error) {
	file := filepath.Join(directory, name)
	return file, os.WriteFile(file, []byte(text), 0o600)
}
