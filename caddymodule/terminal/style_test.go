package terminal

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

// pseudo opens a pseudo-terminal, whose other side is read until the end.
func pseudo(t *testing.T) (tty *os.File, written func() string) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	text := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(master) // ends with EIO when the terminal is closed
		text <- string(all)
	}()
	return tty, func() string { _ = tty.Close(); return <-text }
}

// Colour is for a terminal that wants it, and for nothing else.
func TestStyleColours(t *testing.T) {
	tty, written := pseudo(t)
	defer written()
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, tt := range map[string]struct {
		w           io.Writer
		environment map[string]string
		want        string
	}{
		"a terminal":               {tty, map[string]string{"TERM": "xterm"}, "\x1b[32mok\x1b[0m"},
		"a terminal without TERM":  {tty, nil, "\x1b[32mok\x1b[0m"},
		"a terminal, NO_COLOR":     {tty, map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, "ok"},
		"a terminal, NO_COLOR= ''": {tty, map[string]string{"TERM": "xterm", "NO_COLOR": ""}, "\x1b[32mok\x1b[0m"},
		"a dumb terminal":          {tty, map[string]string{"TERM": "dumb"}, "ok"},
		"a file":                   {file, map[string]string{"TERM": "xterm"}, "ok"},
		"a buffer":                 {new(bytes.Buffer), map[string]string{"TERM": "xterm"}, "ok"},
	} {
		if got := NewStyle(tt.w, environment(tt.environment)).Good("ok"); got != tt.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestStyles(t *testing.T) {
	plain, coloured := (*Style)(nil), &Style{coloured: true}
	seen := make(map[string]bool)
	for _, style := range []func(*Style, string) string{(*Style).Good, (*Style).Bad, (*Style).Warn, (*Style).Dim, (*Style).Bold} {
		if got := style(plain, "text"); got != "text" {
			t.Errorf("nil: %q", got)
		}
		if got := style(new(Style), "text"); got != "text" {
			t.Errorf("the zero value: %q", got)
		}
		got := style(coloured, "text")
		if seen[got] || got == "text" {
			t.Errorf("%q is no style of its own", got)
		}
		seen[got] = true
		if got := style(coloured, ""); got != "" {
			t.Errorf("nothing is painted as %q", got)
		}
	}
}
