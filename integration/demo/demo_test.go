package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// asMain has the test binary be the demo, as a process of its own.
const asMain = "DEMO_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// buildDirectory has the built programs.
var buildDirectory string

// TestDemo is all that needs the built programs.
func TestDemo(t *testing.T) {
	buildDirectory = t.TempDir()
	if err := stack.Build(t.Context(), buildDirectory); err != nil {
		t.Fatal(err)
	}
	t.Run("once", testOnce)
	t.Run("failed", testFailed)
	t.Run("interrupt", testInterrupt)
	t.Run("interrupt at the start", testInterruptAtStart)
	t.Run("closed pipe", testClosedPipe)
}

// demo is a demo that runs.
type demo struct {
	*exec.Cmd
	directory string // its TMPDIR

	mu     sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
}

// Write takes what the demo prints.
func (d *demo) Write(text []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.Write(text)
}

func (d *demo) printed() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.String()
}

func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	return startDemoWith(t, nil, args...)
}

// startDemoWith starts the demo with standard output of the caller's own.
func startDemoWith(t *testing.T, stdout *os.File, args ...string) *demo {
	t.Helper()
	d := &demo{Cmd: exec.Command(os.Args[0], append([]string{"-bin", buildDirectory}, args...)...), directory: t.TempDir(), ended: make(chan struct{})}
	d.Env = append(os.Environ(), asMain+"=1", "TMPDIR="+d.directory)
	d.Stdout, d.Stderr = d, d
	if stdout != nil {
		d.Stdout = stdout
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.Wait() // ProcessState has what came of it
	}()
	t.Cleanup(func() {
		_ = d.Process.Signal(syscall.SIGTERM) // it has ended, unless the test failed
		<-d.ended
	})
	return d
}

// waitFor waits until the demo has printed a text.
func (d *demo) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(d.printed(), text); time.Sleep(10 * time.Millisecond) {
		select {
		case <-d.ended:
			t.Fatalf("it ended before it printed %q:\n%s", text, d.printed())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not print %q:\n%s", text, d.printed())
		}
	}
}

// end waits until the demo has ended, and fails the test when its exit code is
// another one or when it has left something.
func (d *demo) end(t *testing.T, within time.Duration, code int) {
	t.Helper()
	select {
	case <-d.ended:
	case <-time.After(within):
		t.Fatalf("it did not end within %v:\n%s", within, d.printed())
	}
	if got := d.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d:\n%s", got, code, d.printed())
	}
	if left := processes(t); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
	if files, err := os.ReadDir(d.directory); err != nil || len(files) > 0 {
		t.Errorf("left behind: %v %v", files, err)
	}
}

// processes returns those of the programs that these tests have built.
func processes(t *testing.T) []string {
	t.Helper()
	executables, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, executable := range executables {
		if path, err := os.Readlink(executable); err == nil && filepath.Dir(path) == buildDirectory {
			found = append(found, executable+" "+path)
		}
	}
	return found
}

func testOnce(t *testing.T) {
	d := startDemo(t, "-once")
	d.end(t, 60*time.Second, 0)
	text := d.printed()
	at := 0
	for _, want := range []string{
		"aws_jwt {", "audience orders.internal",
		"1. ", "X-Aws-Token-Account-Id: " + forgedAccount, "200 OK", "X-Aws-Token-Account-Id: 111122223333", "X-Team: orders", "allowed, rule orders-team", "ok  ",
		"2. ", "role/jobs/reports-batch", "403 Forbidden", `error="insufficient_scope"`, "saw nothing", "reason policy_denied", "hint: ", "ok  ",
		"3. ", "999988887777", "401 Unauthorized", `error="invalid_token"`, "saw nothing", "reason unknown_issuer", "hint: ", "ok  ",
		"4. ", "without a token", "401 Unauthorized", `Bearer realm="aws"`, "saw nothing", "reason missing_token", "hint: ", "ok  ",
		"5. ", "changed afterwards", "401 Unauthorized", `error="invalid_token"`, "saw nothing", "reason bad_signature", "hint: ", "ok  ",
		"ok: 5 of 5 requests went as expected",
	} {
		next := strings.Index(text[at:], want)
		if next < 0 {
			t.Fatalf("%q does not follow:\n%s", want, text[at:])
		}
		at += next + len(want)
	}
	if strings.Contains(text, "FAILED") || strings.Contains(text, "\x1b") || strings.Contains(text, "eyJ") {
		t.Errorf("a failure, a colour or a token in the output:\n%s", text)
	}
	for line := range strings.Lines(text) {
		if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > width {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
}

// testFailed: with a gateway that lost its policy the demo exits with 1, and
// says which requests did not go as expected.
func testFailed(t *testing.T) {
	wrong := t.TempDir()
	if err := os.Symlink(filepath.Join(buildDirectory, "devsts"), filepath.Join(wrong, "devsts")); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ngrep -v 'allow orders-team' Caddyfile > lax && mv lax Caddyfile && exec " + buildDirectory + "/caddy-awsjwt \"$@\"\n"
	if err := os.WriteFile(filepath.Join(wrong, "caddy-awsjwt"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	d := startDemo(t, "-bin", wrong, "-once")
	d.end(t, 60*time.Second, 1)
	for _, want := range []string{
		"FAILED     the status is 200, not 403", "the upstream saw the request", "FAILED: 3 of 5",
		"demo: not as expected: " + checks[0].title + " and " + checks[1].title,
	} {
		if !strings.Contains(d.printed(), want) {
			t.Errorf("%q is missing:\n%s", want, d.printed())
		}
	}
}

func testInterruptAtStart(t *testing.T) {
	for _, c := range []struct {
		after string
		args  []string
		code  int
	}{
		{"starting the local STS", nil, 0},
		{"starting the gateway", nil, 0},
		{"starting the gateway", []string{"-once"}, 1},
		{"1. ", nil, 0},
	} {
		t.Run(fmt.Sprint(c.after, c.args), func(t *testing.T) {
			d := startDemo(t, append(c.args, "-free-ports")...)
			d.waitFor(t, c.after)
			if err := d.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			d.end(t, 10*time.Second, c.code)
		})
	}
}

// testClosedPipe is "make run | head": the reader goes.
func testClosedPipe(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	d := startDemoWith(t, out, "-free-ports")
	_ = out.Close()
	if _, err := in.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	d.end(t, 20*time.Second, 0)
}
