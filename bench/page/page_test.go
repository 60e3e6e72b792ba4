package page

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFill(t *testing.T) {
	const (
		begin = "# Page\n<!-- flood: by hand -->\nx\n<!-- micro: written by make -->\n"
		end   = "<!-- micro: end -->\nbelow\n"
	)
	path := filepath.Join(t.TempDir(), "page.md")
	for _, old := range []string{"", "\nold\n\n", "\n<!-- flood: end -->\n"} {
		if err := os.WriteFile(path, []byte(begin+old+end), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // what it has written it can write again
			if err := Fill(path, "micro", "\n| a | b |\n"); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != begin+"\n| a | b |\n\n"+end {
				t.Errorf("%q: got %v %s", old, err, got)
			}
		}
	}
}

func TestFillNeedsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := Fill(path, "micro", "x"); err == nil {
		t.Error("a page that is not there was filled")
	}
	for _, text := range []string{
		"", "<!-- other: here -->\n<!-- other: end -->\n", "<!-- micro: here -->\nx\n", "<!-- micro: end -->\n<!-- micro: here -->\n",
		"<!-- micro: here\n-->\n<!-- micro: end -->\n", "<!-- micro: here -->",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Fill(path, "micro", "x"); err == nil {
			t.Errorf("%q: it was filled", text)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q: it became %v %q", text, err, got)
		}
	}
}
