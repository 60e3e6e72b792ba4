package explain

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// sgr is what sets colours and the like (ECMA-48, section 8.3.117).
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func plain(coloured string) string { return sgr.ReplaceAllString(coloured, "") }

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
			if !sgr.MatchString(coloured) {
				t.Errorf("no colour on a terminal: %q", coloured)
			}
			if piped := run(t, "", args...); strings.Contains(piped.stdout, "\x1b") || piped.stdout == "" {
				t.Errorf("piped: %q", piped.stdout)
			} else if withoutTimes(plain(coloured)) != withoutTimes(piped.stdout) {
				t.Errorf("on a terminal:\n%s\npiped:\n%s", plain(coloured), piped.stdout)
			}
			for _, environment := range [][]string{{"TERM=xterm-256color", "NO_COLOR=1"}, {"TERM=dumb", "NO_COLOR="}} {
				text := onTerminal(t, environment, args...)
				if sgr.MatchString(text) {
					t.Errorf("%v: %q", environment, text)
				}
				if piped := run(t, "", args...); withoutTimes(text) != withoutTimes(piped.stdout) {
					t.Errorf("%v: on a terminal:\n%s\npiped:\n%s", environment, text, piped.stdout)
				}
			}
		})
	}
}

// clearLine takes away the line that tells how far a command is.
const clearLine = "\r\x1b[K"

var (
	duration = regexp.MustCompile(`\b\d+(\.\d+)?( (d|h|m|s|ms)( \d+ (h|m|s))?\b|s\b)`)
	moment   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

// withoutTimes leaves out what differs from one run to the next, and the line
// that only a terminal has.
func withoutTimes(text string) string {
	if end := strings.LastIndex(text, clearLine); end >= 0 {
		text = text[end+len(clearLine):]
	}
	return moment.ReplaceAllString(duration.ReplaceAllString(text, "DURATION"), "TIME")
}
