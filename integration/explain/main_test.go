package explain

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

const (
	ordersAccount  = "111122223333"
	billingAccount = "444455556666"
	audience       = "orders.internal"
	namespace      = "https://sts.amazonaws.com/"
)

var issuers = stacktest.Issuers

func issuerURL(t *testing.T, account string) string {
	t.Helper()
	url, err := issuers().IssuerURL(account)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// parts are what a token is made of, to be changed before it is signed.
type parts struct{ header, claims, aws map[string]any }

// mint signs the claims of the orders role after changes.
func mint(t *testing.T, changes ...func(*parts)) string {
	t.Helper()
	claims, err := issuers().GoodClaims("orders-lambda", audience)
	if err != nil {
		t.Fatal(err)
	}
	p := &parts{map[string]any{}, claims, claims[namespace].(map[string]any)}
	for _, change := range changes {
		if change != nil {
			change(p)
		}
	}
	token, err := issuers().Mint(ordersAccount, p.header, p.claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// about sets claims of the namespace; nil removes one.
func about(claims map[string]any) func(*parts) {
	return func(p *parts) {
		maps.Copy(p.aws, claims)
		maps.DeleteFunc(p.aws, func(_ string, value any) bool { return value == nil })
	}
}

// site is a Caddyfile with one site whose aws_jwt has these lines besides its
// issuer and its audience.
func site(t *testing.T, lines string) string {
	t.Helper()
	return caddyfile(t, "issuer ISSUER 111122223333\naudience orders.internal\n"+lines)
}

// caddyfile is one whose aws_jwt has these lines and no others. ISSUER and
// BILLING are the issuers of the two accounts.
func caddyfile(t *testing.T, lines string) string {
	t.Helper()
	lines = strings.NewReplacer("ISSUER", issuerURL(t, ordersAccount), "BILLING", issuerURL(t, billingAccount)).Replace(lines)
	name := filepath.Join(t.TempDir(), "Caddyfile")
	text := "orders.example.com {\naws_jwt {\n" + lines + "\n}\nreverse_proxy 127.0.0.1:1\n}\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// outcome is what a command came to.
type outcome struct {
	code           int
	stdout, stderr string
}

// run runs aws-jwt with a standard input. No part of it may come out.
func run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), append([]string{"aws-jwt"}, args...)...)
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	o := outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	for part := range strings.SplitSeq(stdin, ".") {
		if strings.HasPrefix(stdin, "eyJ") && len(part) >= 16 && strings.Contains(o.stdout+o.stderr, part[:16]) {
			t.Errorf("a part of the token came out: %s%s", o.stdout, o.stderr)
		}
	}
	return o
}

func (o outcome) lastLine() string {
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	return lines[len(lines)-1]
}
