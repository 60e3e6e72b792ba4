package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Each mutant still fits the code, and is a change.
func TestMutantsApply(t *testing.T) {
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, m := range mutants() {
		t.Run(m.row+" "+m.control, func(t *testing.T) {
			if name := m.row + m.control; seen[name] {
				t.Error("there are two of this name")
			} else {
				seen[name] = true
			}
			tree := t.TempDir()
			for _, e := range m.edits {
				copyInto(t, root, tree, e.file)
				if e.old == e.new {
					t.Errorf("%s: the edit changes nothing", e.file)
				}
			}
			if _, err := m.apply(tree); err != nil {
				t.Error(err)
			}
		})
	}
}

func copyInto(t *testing.T, root, tree, file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(tree, file)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readPage returns what stands before the table of the page, and the table.
func readPage(t *testing.T) (root, threats, written string) {
	t.Helper()
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	threats, written, _, err = cutTable(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return root, threats, written
}

// The page shows the run of these mutants and no others, and none survived.
func TestTableOfPage(t *testing.T) {
	_, _, written := readPage(t)
	lines := strings.Split(strings.TrimSpace(written), "\n")[2:]
	all := mutants()
	if len(lines) != len(all) {
		t.Fatalf("the page has %d mutants, there are %d; make mutants WRITE=1 writes it", len(lines), len(all))
	}
	for i, m := range all {
		if want := m.begin(); !strings.HasPrefix(lines[i], want) || strings.Contains(lines[i], "**nothing**") {
			t.Errorf("the page has %s, want %s…; make mutants WRITE=1 writes it", lines[i], want)
		}
	}
}

// Where the page says that a control is, there is a file, and the mutants of the
// row are in those files.
func TestWhereOfPage(t *testing.T) {
	root, threats, _ := readPage(t)
	where := make(map[string][]string)
	for _, match := range regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$`).FindAllStringSubmatch(threats, -1) {
		where[match[1]] = strings.Split(match[2], ", ")
		for _, file := range where[match[1]] {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: %v", match[1], err)
			}
		}
	}
	for _, m := range mutants() {
		for _, e := range m.edits {
			if !slices.Contains(where[m.row], e.file) {
				t.Errorf("%s: %q is switched off in %s, which the page does not name", m.row, m.control, e.file)
			}
		}
	}
}

// Lines of mutants that were not tried stay as they are; those of mutants that
// are gone go.
func TestTableKeepsOtherLines(t *testing.T) {
	first, second := mutants()[0], mutants()[1]
	whole := table("", []outcome{{first, "a"}, {second, "b | c"}})
	if want := "| row | switched off: | noticed by |\n|---|---|---|\n" + first.begin() + "a |\n" + second.begin() + `b \| c` + " |\n"; whole != want {
		t.Errorf("got\n%s\nwant\n%s", whole, want)
	}
	again := table(whole+"| C1 | gone | x |\n", []outcome{{first, ""}})
	if want := strings.Replace(whole, "| a |", "| **nothing** |", 1); again != want {
		t.Errorf("got\n%s\nwant\n%s", again, want)
	}
}

// What is read from the output of the attacks.
func TestNoticers(t *testing.T) {
	for _, tt := range []struct{ output, want string }{
		{"--- FAIL: TestRows (1s)\n    --- FAIL: TestRows/H2 (1s)\n        --- FAIL: TestRows/H2/one_line (1s)\n            --- FAIL: TestRows/H2/one_line/h1 (1s)\n", "one line"},
		{"        --- FAIL: TestRows/H2/one_line (1s)\n        --- FAIL: TestRows/H2/two_lines (1s)\n", "one line and 1 more"},
		{"PASS\nLEAK (row O1): the log holds a part of a token\n", "the search for canaries"},
		{"panic: test timed out after 5m0s\n", "a probe that never ended"},
		{"        --- FAIL: TestRows/H2/b (1s)\n        --- FAIL: TestRows/H2/a (1s)\n", "a and 1 more"},
		{"no space left on device", ""},
	} {
		if got, err := noticers("H2", tt.output); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%q: got %q, %v, want %q", tt.output, got, err, tt.want)
		}
	}
}

func TestUndo(t *testing.T) {
	tree := t.TempDir()
	file := filepath.Join(tree, "a")
	if err := os.WriteFile(file, []byte("one two"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range []mutant{
		off("C1", "both", "a", "one", "1").and("a", "two", "2"),
		off("C1", "the second does not fit", "a", "one", "1").and("a", "three", "3"),
	} {
		undo, err := m.apply(tree)
		if fails := m.control != "both"; fails != (err != nil) {
			t.Errorf("%s: %v", m.control, err)
		}
		if err := undo(); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "one two" {
			t.Error(fmt.Sprintf("%s: %q", m.control, text), err)
		}
	}
}
