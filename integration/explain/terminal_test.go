package explain

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onTerminal runs a command whose output is a terminal, and returns what it wrote
// there.
func onTerminal(t *testing.T, environment []string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), append([]string{"aws-jwt"}, args...)...)
	command.Env = append(os.Environ(), environment...)
	screen, err := pty.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	text, _ := io.ReadAll(screen) // Linux ends it with an error when the command is gone
	_ = command.Wait()
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func plain(coloured string) string {
	var b strings.Builder
	for len(coloured) > 0 {
		before, rest, found := strings.Cut(coloured, "\x1b[")
		b.WriteString(before)
		if !found {
			break
		}
		_, coloured, _ = strings.Cut(rest, "m")
	}
	return b.String()
}

// Colours are for terminals. What they colour is the same text that is piped.
func TestColours(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token.jwt")
	if err := os.WriteFile(token, []byte(mint(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := filepath.Join(t.TempDir(), "cases.yaml")
	if err := os.WriteFile(cases, []byte("request: {host: orders.example.com}\ncases:\n  - {name: none, no_token: true, want: {outcome: allowed}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := site(t, "principal_tag team billing")
	for name, args := range map[string][]string{
		"explain": {"explain", "--config", config, token},
		"inspect": {"inspect", token},
		"test":    {"test", "--config", config, cases},
		"probe":   {"probe", "--config", config},
	} {
		t.Run(name, func(t *testing.T) {
			coloured := onTerminal(t, []string{"TERM=xterm-256color", "NO_COLOR="}, args...)
			if !strings.Contains(coloured, "\x1b[") {
				t.Errorf("no colour on a terminal: %q", coloured)
			}
			if piped := run(t, "", args...); strings.Contains(piped.stdout, "\x1b") || piped.stdout == "" {
				t.Errorf("piped: %q", piped.stdout)
			} else if name == "explain" && withoutTimes(plain(coloured)) != withoutTimes(piped.stdout) {
				t.Errorf("on a terminal:\n%s\npiped:\n%s", plain(coloured), piped.stdout)
			}
			for _, environment := range [][]string{{"TERM=xterm-256color", "NO_COLOR=1"}, {"TERM=dumb", "NO_COLOR="}} {
				if text := onTerminal(t, environment, args...); strings.Contains(text, "\x1b[3") {
					t.Errorf("%v: %q", environment, text)
				}
			}
		})
	}
}

// withoutTimes leaves out the lines that tell the time.
func withoutTimes(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "wanted after") && !strings.Contains(line, "wanted not after") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
