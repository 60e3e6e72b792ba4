package gateway

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Neither a token nor a part of it is written anywhere, at DEBUG, with access
// logs on, whether it is good or bad and wherever an error goes.
func TestTokensAreNotLogged(t *testing.T) {
	withErrors := newWorld(t, strings.TrimSuffix(plain, "}")+`
	log
	handle_errors {
		respond "{http.error.message} {http.error}"
	}
}`)
	for _, w := range []*world{newWorld(t, strings.TrimSuffix(plain, "}")+"\tlog\n}"), withErrors} {
		good := mint(t, nil)
		other := strings.Split(mint(t, func(_, claims, _ map[string]any) { claims["jti"] = "x" }), ".")
		expired := mint(t, func(_, claims, _ map[string]any) { claims["exp"] = 2; claims["iat"] = 1 })
		parts := strings.Split(good, ".")
		tokens := []string{good, expired, parts[0] + "." + parts[1] + "." + other[2], good + "." + good, parts[2]}
		var bodies []string
		for _, token := range tokens {
			_, body := w.send("", bearer(token))
			_, second := w.send("", bearer(token), "Connection: Upgrade", "Upgrade: x")
			_, third := w.send("", "Authorization: Bearer  "+token)
			bodies = append(bodies, body, second, third)
		}
		stacktest.StopGateway(t, w.gateway)
		written := strings.Join(append(w.gateway.Log(), bodies...), "\n")
		if !strings.Contains(written, roleARN) || !strings.Contains(written, "handled request") {
			t.Error("the logs that were searched hold nothing")
		}
		for _, token := range tokens {
			for _, part := range strings.Split(token, ".") {
				// Whole parts, and pieces from their middle and end.
				for _, piece := range []string{part, part[len(part)/3 : len(part)/3+20], part[len(part)-20:]} {
					if strings.Contains(written, piece) {
						t.Errorf("a part of a token was written: %s", piece)
					}
				}
			}
		}
	}
}

// Text from a token stays inside one field of one line.
func TestLogInjection(t *testing.T) {
	w := newWorld(t, plain)
	hostile := "x\n{\"level\":\"info\",\"logger\":\"http.handlers.aws_jwt\",\"msg\":\"allowed\"}\n\x1b[31m" + strings.Repeat("y", 1000)
	for name, token := range map[string]string{
		"kid": mint(t, func(header, _, _ map[string]any) { header["kid"] = hostile }),
		"iss": mint(t, func(_, claims, _ map[string]any) { claims["iss"] = hostile }),
		"aud": mint(t, func(_, claims, _ map[string]any) { claims["aud"] = hostile }),
		"jti": mint(t, func(_, claims, _ map[string]any) { claims["jti"] = hostile; claims["exp"] = 2; claims["iat"] = 1 }),
	} {
		before := len(w.gateway.Decisions())
		_, _ = w.send("", bearer(token))
		if d := w.decision(before); d.Message != "refused" {
			t.Errorf("%s: logged %+v", name, d)
		}
		if n := len(w.gateway.Decisions()); n != before+1 {
			t.Errorf("%s: %d decisions were logged", name, n-before)
		}
	}
	for _, line := range w.gateway.Log() {
		if strings.Contains(line, "\x1b") || strings.Contains(line, strings.Repeat("y", 200)) {
			t.Errorf("logged %q", line)
		}
	}
}

// What a Caddy user expects of the commands.
func TestCommands(t *testing.T) {
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(root, "Caddyfile.example")
	run := func(ok bool, args ...string) string {
		t.Helper()
		command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), args...)
		command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
		output, err := command.CombinedOutput()
		if (err == nil) != ok {
			t.Errorf("caddy-awsjwt %v: %v\n%s", args, err, output)
		}
		return string(output)
	}
	if modules := strings.Split(run(true, "list-modules"), "\n"); !slices.Contains(modules, "http.handlers.aws_jwt") {
		t.Error("list-modules lacks http.handlers.aws_jwt")
	}
	if output := run(true, "validate", "--adapter", "caddyfile", "--config", example); !strings.Contains(output, "Valid configuration") {
		t.Errorf("validate: %s", output)
	}
	if output := run(true, "adapt", "--adapter", "caddyfile", "--config", example); !strings.Contains(output, `"handler":"aws_jwt"`) {
		t.Errorf("adapt: %s", output)
	}
	if output := run(true, "fmt", "--diff", example); strings.Contains(output, "\n-") || strings.Contains(output, "\n+") {
		t.Errorf("Caddyfile.example is not formatted:\n%s", output)
	}
	bad := filepath.Join(t.TempDir(), "Caddyfile")
	text := "http://127.0.0.1:1 {\n\taws_jwt {\n\t\tissuer http://sts.example 1234\n\t\tallow `aws_token.acount.id == \"x\"`\n\t}\n}\n"
	if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	output := run(false, "validate", "--adapter", "caddyfile", "--config", bad)
	for _, fault := range []string{
		"issuers[0].url: ", `issuers[0].accounts[0]: \"1234\" is not 12 digits`, "issuers[0].audiences: ", "allow[0] (line 1, column 1 of the rule): ", `did you mean \"aws_token.account.id\"`,
	} {
		if !strings.Contains(output, fault) && !strings.Contains(output, strings.ReplaceAll(fault, `\"`, `"`)) {
			t.Errorf("validate does not say %s:\n%s", fault, output)
		}
	}
}
