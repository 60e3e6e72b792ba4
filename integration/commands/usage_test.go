package commands

import (
	"strings"
	"testing"
)

// What cannot be done is told in one line on standard error, with exit 2 and
// nothing on standard output. No line has any of the token in it.
func TestMisuse(t *testing.T) {
	s := newScene(t)
	for _, misuse := range []struct {
		name string
		args []string
		says string
	}{
		{"no such command", []string{"explian", "token.jwt"}, "did you mean explain?"},
		{"token for a command", []string{s.token}, "not taken from the command line"},

		{"inspect, unknown flag", []string{"inspect", "--nonsense", "token.jwt"}, "--nonsense"},
		{"inspect, no token", []string{"inspect"}, "name one file"},
		{"inspect, two tokens", []string{"inspect", "token.jwt", "token.jwt"}, "name one file"},
		{"inspect, token", []string{"inspect", s.token}, "not taken from the command line"},
		{"inspect, bearer token", []string{"inspect", "Bearer " + s.token}, "not taken from the command line"},
		{"inspect, no such file", []string{"inspect", "none.jwt"}, "none.jwt"},
		{"inspect, no such configuration", []string{"inspect", "--config", "none", "token.jwt"}, "none"},
		{"inspect, both", []string{"inspect", "--config", "Caddyfile", "--issuer", s.issuer, "token.jwt"}, "issuer"},
		{"inspect, no issuer", []string{"inspect", "--issuer", "nobody", "token.jwt"}, "nobody"},

		{"explain, unknown flag", []string{"explain", "--nonsense", "token.jwt"}, "--nonsense"},
		{"explain, no token", []string{"explain", "--config", "Caddyfile"}, "name one file"},
		{"explain, token", []string{"explain", "--config", "Caddyfile", s.token}, "not taken from the command line"},
		{"explain, no configuration", []string{"explain", "token.jwt"}, "--config is missing"},
		{"explain, no such configuration", []string{"explain", "--config", "none", "token.jwt"}, "none"},
		{"explain, token for a configuration", []string{"explain", "--config", s.token, "-"}, ""},
		{"explain, token for a path", []string{"explain", "--config", "Caddyfile", "--path", s.token, "-"}, ""},
		{"explain, token for a flag", []string{"explain", "--config", "Caddyfile", "--" + s.token, "-"}, ""},
		{"explain, no path", []string{"explain", "--config", "Caddyfile", "--path", "orders", "-"}, "slash"},
		{"explain, no address", []string{"explain", "--config", "Caddyfile", "--remote-ip", "here", "-"}, "here"},

		{"test, unknown flag", []string{"test", "--nonsense", "policies_test.yaml"}, "--nonsense"},
		{"test, no file", []string{"test"}, "at least one file"},
		{"test, token", []string{"test", s.token}, ""},
		{"test, no pattern", []string{"test", "--run", "(", "policies_test.yaml"}, "--run"},

		{"probe, unknown flag", []string{"probe", "--nonsense"}, "--nonsense"},
		{"probe, no configuration", []string{"probe"}, "--config is missing"},
		{"probe, no such configuration", []string{"probe", "--config", "none"}, "none"},
		{"probe, token", []string{"probe", "--config", "Caddyfile", s.token}, ""},
	} {
		t.Run(misuse.name, func(t *testing.T) {
			o := s.run(t, misuse.args...)
			if o.code != 2 || o.stdout != "" || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, misuse.says) {
				t.Errorf("exit %d, wanted 2 and a line with %q:\n%s%s", o.code, misuse.says, o.stdout, o.stderr)
			}
		})
	}
}

// A file of cases, or its configuration, that is missing is a fault in the
// report.
func TestMissingCases(t *testing.T) {
	s := newScene(t)
	for _, args := range [][]string{{"none.yaml"}, {"--config", "none", "policies_test.yaml"}} {
		o := s.run(t, append([]string{"test"}, args...)...)
		if o.code != 2 || !strings.Contains(o.stdout, "none") || !strings.Contains(o.stdout, "FAIL") || o.stderr != "" {
			t.Errorf("%v: exit %d:\n%s%s", args, o.code, o.stdout, o.stderr)
		}
	}
}

// The control: with nothing missing, each command does what it is asked for.
func TestUse(t *testing.T) {
	s := newScene(t)
	for _, args := range [][]string{
		{"inspect", "token.jwt"}, {"inspect", "-"}, {"inspect", "--issuer", s.issuer, "token.jwt"},
		{"explain", "--config", "Caddyfile", "-"}, {"test", "--run", "writes", "policies_test.yaml"}, {"probe", "--config", "Caddyfile"},
	} {
		if o := s.run(t, args...); o.code != 0 || o.stdout == "" || o.stderr != "" {
			t.Errorf("%v: exit %d:\n%s%s", args, o.code, o.stdout, o.stderr)
		}
	}
}
