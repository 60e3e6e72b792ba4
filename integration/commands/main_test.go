package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// root is the module's directory, and binaries that of the program under test.
var root, binaries string

// subcommands are those that the page is about.
var subcommands = []string{"inspect", "explain", "test", "probe", "issuers"}

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-")
	if err == nil {
		root, err = stack.Root()
	}
	if err == nil {
		err = stack.Build(context.Background(), directory, "caddy-awsjwt")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = directory
	code := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

const (
	// pageSTS is where the page's local STS listens.
	pageSTS = "http://127.0.0.1:8010"
	account = "111122223333"
)

// scene is what the page's examples find: a local STS, and a directory with the
// Caddyfile and the cases of the page, and token.jwt.
type scene struct {
	directory, base, issuer, token string
	sts                            *devsts.Server
}

func newScene(t *testing.T) *scene {
	t.Helper()
	lookAtSources(t)
	sts, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(sts.Handler())
	t.Cleanup(listener.Close)
	if err := sts.SetBaseURL(listener.URL); err != nil {
		t.Fatal(err)
	}
	s := &scene{directory: t.TempDir(), base: listener.URL, sts: sts}
	if s.issuer, err = sts.IssuerURL(account); err != nil {
		t.Fatal(err)
	}
	page := readPage(t)
	s.write(t, "Caddyfile", page.BlockWith("caddyfile", ""))
	s.write(t, "policies_test.yaml", page.BlockWith("yaml", ""))
	s.token = s.mint(t, nil)
	s.write(t, "token.jwt", s.token)
	return s
}

// mint signs a token of the page's role that is three seconds old.
func (s *scene) mint(t *testing.T, change func(claims map[string]any)) string {
	t.Helper()
	claims, err := s.sts.GoodClaims("reports-batch", "https://orders.example.com")
	if err != nil {
		t.Fatal(err)
	}
	issued := time.Now().Add(-3 * time.Second)
	claims["iat"], claims["exp"] = issued.Unix(), issued.Add(20*time.Minute).Unix()
	aws, _ := claims["https://sts.amazonaws.com/"].(map[string]any)
	aws["source_region"] = "eu-central-1"
	if change != nil {
		change(claims)
	}
	token, err := s.sts.Mint(account, map[string]any{}, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// write writes a file of the page, whose local STS listens elsewhere.
func (s *scene) write(t *testing.T, name, text string) {
	t.Helper()
	text = strings.ReplaceAll(text, pageSTS, s.base)
	if err := os.WriteFile(filepath.Join(s.directory, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outcome is what a command came to.
type outcome struct {
	code           int
	stdout, stderr string
}

// run runs aws-jwt with the token on its standard input.
func (s *scene) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return s.start(t, filepath.Join(binaries, "caddy-awsjwt"), append([]string{"aws-jwt"}, args...)...)
}

// shell runs a line as a reader of the page would.
func (s *scene) shell(t *testing.T, line string) outcome {
	t.Helper()
	return s.start(t, "sh", "-c", strings.ReplaceAll(line, pageSTS, s.base))
}

func (s *scene) start(t *testing.T, name string, args ...string) outcome {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = s.directory
	command.Stdin = strings.NewReader(s.token)
	home := t.TempDir()
	command.Env = []string{
		"PATH=" + binaries + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + home,
		"AWS_ENDPOINT_URL=" + s.base, "AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=DEVSTSORGREADER0", "AWS_SECRET_ACCESS_KEY=devsts-secret-organization-reader",
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	var failed *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	o := outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	for part := range strings.SplitSeq(s.token, ".") {
		if strings.Contains(o.stdout+o.stderr, part[:24]) {
			t.Errorf("a part of the token came out: %s%s", o.stdout, o.stderr)
		}
	}
	return o
}

// lookAtSources has go test see what the program is built from: it repeats a
// result as long as no file changed that the test looked at.
func lookAtSources(t *testing.T) {
	t.Helper()
	for _, part := range []string{"go.mod", "awstoken", "caddymodule", "celpolicy", "cmd", "identity", "verifier"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasSuffix(path, "_test.go") {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
