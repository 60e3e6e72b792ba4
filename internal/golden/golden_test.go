package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDifference(t *testing.T) {
	for _, tt := range []struct{ has, want, at string }{
		{"a\nb\nc", "a\nx\nc", "line 2\nhas:  b\nwant: x"},
		{"a\nb", "a", "line 2\nhas:  b\nwant: nothing more"},
		{"a", "a\nb", "line 2\nhas:  nothing more\nwant: b"},
		{"a", "a\n", "line 2\nhas:  nothing more\nwant: "},
	} {
		if got := difference(tt.has, tt.want); got != tt.at {
			t.Errorf("%q, %q: got %q, want %q", tt.has, tt.want, got, tt.at)
		}
	}
}

// A file with the text passes; by -update one with another text, or none, gets it.
func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"first\n", "second\n"} {
		*update = true
		Check(t, file, text, "")
		*update = false
		Check(t, file, text, "")
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("got %q %v", got, err)
		}
	}
}

// A file with another text fails, as does one that is not there.
func TestCheckFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + ".gone"} {
		var inner testing.T
		done := make(chan bool)
		go func() { // where it ends at once, that ends the goroutine
			defer close(done)
			Check(&inner, name, "b\n", "make docs")
		}()
		<-done
		if !inner.Failed() {
			t.Errorf("%s passes", name)
		}
	}
}
