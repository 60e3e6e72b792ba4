package commands

import (
	"os"
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
		{"no such command, a flag", []string{"explian", "-c", "Caddyfile"}, "did you mean explain?"},
		{"no such command, a flag before", []string{"--json", "explian"}, "did you mean explain?"},
		{"nothing like a command", []string{"frobnicate"}, "there is no aws-jwt frobnicate; there are inspect, explain, test, probe and issuers"},
		{"a flag alone", []string{"--json"}, "--json belongs to a command"},
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
		{"explain, no path", []string{"explain", "--config", "Caddyfile", "--path", "orders", "-"}, `--path: "orders" does not begin with a slash`},
		{"explain, empty path", []string{"explain", "--config", "Caddyfile", "--path", "", "-"}, "--path: it is empty"},
		{"explain, lower case", []string{"explain", "--config", "Caddyfile", "--method", "post", "-"}, `--method: "post" is not in upper case: write POST`},
		{"explain, no such site", []string{"explain", "--config", "Caddyfile", "--site", "order.example.com", "-"}, "--site: no site of the configuration is"},
		{"explain, a URL", []string{"explain", "--config", "Caddyfile", "--site", "https://orders.example.com/x", "-"}, "write orders.example.com"},
		{"explain, no address", []string{"explain", "--config", "Caddyfile", "--remote-ip", "here", "-"}, `--remote-ip: "here" is no IP address`},

		{"test, unknown flag", []string{"test", "--nonsense", "policies_test.yaml"}, "--nonsense"},
		{"test, no file", []string{"test"}, "at least one file"},
		{"test, token", []string{"test", s.token}, ""},
		{"test, no pattern", []string{"test", "--run", "(", "policies_test.yaml"}, "--run"},

		{"probe, unknown flag", []string{"probe", "--nonsense"}, "--nonsense"},
		{"probe, no configuration", []string{"probe"}, "--config is missing"},
		{"probe, no such configuration", []string{"probe", "--config", "none"}, "none"},
		{"probe, token", []string{"probe", "--config", "Caddyfile", s.token}, ""},

		{"issuers, unknown flag", []string{"issuers", "--nonsense"}, "--nonsense"},
		{"issuers, from nowhere", []string{"issuers", "-o", "i.json"}, "--from-organization is missing"},
		{"issuers, to nowhere", []string{"issuers", "--from-organization"}, "--output is missing"},
		{"issuers, an argument", []string{"issuers", "--from-organization", "-o", "i.json", "--allow-missing", "disabled"}, `"disabled" is one argument too many`},
		{"issuers, JSON twice", []string{"issuers", "--from-organization", "-o", "-", "--json"}, "standard output has the issuers"},
		{"issuers, a trial of nothing", []string{"issuers", "--from-organization", "-o", "-", "--dry-run"}, "standard output has the issuers"},
		{"issuers, resuming nothing", []string{"issuers", "--from-organization", "-o", "-", "--resume"}, "--resume needs --state"},
		{"issuers, no account", []string{"issuers", "--from-organization", "-o", "i.json", "--account", "1234"}, `"1234" is no account`},
		{"issuers, no account to exclude", []string{"issuers", "--from-organization", "-o", "i.json", "--exclude", "orders"}, `"orders" is no account`},
		{"issuers, too many at once", []string{"issuers", "--from-organization", "-o", "i.json", "--parallel", "65"}, "--parallel: 65 is not 1 to 64"},
		{"issuers, none at once", []string{"issuers", "--from-organization", "-o", "i.json", "--parallel", "0"}, "--parallel: 0"},
		{"issuers, what of others", []string{"issuers", "--from-organization", "-o", "i.json", "--others", "drop"}, `"drop" is neither keep nor remove`},
		{"issuers, what of the missing", []string{"issuers", "--from-organization", "-o", "i.json", "--allow-missing=some"}, `"some" is neither all nor disabled`},
		{"issuers, an ARN", []string{"issuers", "--from-organization", "-o", "i.json", "--role", "arn:aws:iam::111122223333:role/reader"}, "--role: "},
		{"issuers, token", []string{"issuers", "--from-organization", "-o", s.token}, ""},
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
		{"issuers", "--from-organization", "--output", "i.json"},
	} {
		if o := s.run(t, args...); o.code != 0 || o.stdout == "" || o.stderr != "" {
			t.Errorf("%v: exit %d:\n%s%s", args, o.code, o.stdout, o.stderr)
		}
	}
}

// What cannot be written is an error, however a command writes.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	s := newScene(t)
	for _, command := range []string{
		"inspect token.jwt", "inspect --json token.jwt", "explain -c Caddyfile token.jwt", "explain -c Caddyfile --json token.jwt",
		"test --run writes policies_test.yaml", "test --run writes --json policies_test.yaml", "probe -c Caddyfile", "probe -c Caddyfile --json",
	} {
		if o := s.shell(t, "caddy-awsjwt aws-jwt "+command+" > /dev/full"); o.code != 2 || !strings.Contains(o.stderr, "no space left") {
			t.Errorf("%s: exit %d: %s", command, o.code, o.stderr)
		}
		if o := s.shell(t, "caddy-awsjwt aws-jwt "+command+" > /dev/null"); o.code == 2 || o.stderr != "" {
			t.Errorf("%s, the control: exit %d: %s", command, o.code, o.stderr)
		}
	}
}

// Help calls the program by its name, and the page that has its commands.
func TestHelp(t *testing.T) {
	s := newScene(t)
	for _, args := range [][]string{{"--help"}, {}, {"help"}, {"explain", "--help"}, {"probe", "-h"}} {
		o := s.run(t, args...)
		if o.code != 0 || o.stderr != "" || !strings.Contains(o.stdout, "caddy-awsjwt aws-jwt") || strings.Contains(o.stdout, "  caddy aws-jwt") ||
			!strings.Contains(o.stdout, "docs/commands.md") || strings.Contains(o.stdout, "caddyserver.com") {
			t.Errorf("%v: exit %d:\n%s%s", args, o.code, o.stdout, o.stderr)
		}
	}
	// The control: Caddy's own commands keep Caddy's page.
	if o := s.shell(t, "caddy-awsjwt version"); o.code != 0 || strings.Contains(o.stdout, "awsjwt") {
		t.Errorf("version: exit %d: %s", o.code, o.stdout)
	}
	if o := s.shell(t, "caddy-awsjwt validate --help"); o.code != 0 || !strings.Contains(o.stdout, "caddyserver.com") {
		t.Errorf("validate: exit %d: %s", o.code, o.stdout)
	}
}

// Under --strict, a name that no case has is not a success.
func TestStrictRunOfNothing(t *testing.T) {
	s := newScene(t)
	for args, code := range map[string]int{"--strict --run typo": 1, "--run typo": 0, "--strict --run writes$": 0} {
		if o := s.run(t, append(strings.Fields("test "+args), "policies_test.yaml")...); o.code != code {
			t.Errorf("%s: exit %d, want %d:\n%s%s", args, o.code, code, o.stdout, o.stderr)
		}
	}
}

// inspect names both issuers when they differ.
func TestInspectByAnotherIssuer(t *testing.T) {
	s := newScene(t)
	other := s.base + "/another"
	if o := s.run(t, "inspect", "--issuer", other, "token.jwt"); o.code != 1 || !strings.Contains(o.stdout, "--issuer is "+other+", the token's iss is "+s.issuer) {
		t.Errorf("exit %d:\n%s%s", o.code, o.stdout, o.stderr)
	}
	if o := s.run(t, "inspect", "--issuer", s.issuer, "token.jwt"); o.code != 0 || strings.Contains(o.stdout, "--issuer is") {
		t.Errorf("the control: exit %d:\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// A request that meets no aws_jwt is told so, and what to write if it should.
func TestUnprotected(t *testing.T) {
	s := newScene(t)
	arrange(t, s)
	for _, form := range [][]string{nil, {"--json"}} {
		args := append([]string{"explain", "-c", "deep.caddyfile", "--site", "elsewhere.example.com"}, form...)
		if o := s.run(t, append(args, "token.jwt")...); o.code != 0 || !strings.Contains(o.stdout, "no aws_jwt handler asks this request for a token") ||
			!strings.Contains(o.stdout, "add aws_jwt to this route, if it should ask for a token") {
			t.Errorf("%v: exit %d:\n%s%s", form, o.code, o.stdout, o.stderr)
		}
	}
}
