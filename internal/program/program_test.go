package program

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ args, err, printed string }{
		{"-n 3", "", ""},
		{"-n 3 more", `unexpected argument "more"; tried -h lists the flags`, ""},
		{"-m 3", "flag provided but not defined: -m", "tried tries.\n"},
		{"-h", flag.ErrHelp.Error(), "tried tries.\n"},
	} {
		var printed bytes.Buffer
		flags := Flags("tried", "tried tries.\n", &printed)
		n := flags.Int("n", 1, "how many")
		err := Parse(flags, strings.Fields(tt.args))
		if err == nil {
			err = errors.New("")
		}
		if err.Error() != tt.err || !strings.Contains(printed.String(), tt.printed) || tt.err == "" && *n != 3 {
			t.Errorf("%s: error %q, printed %q, n is %d", tt.args, err, printed.String(), *n)
		}
	}
	var help bytes.Buffer
	flags := Flags("tried", "tried tries.\n", &help)
	flags.Int("n", 1, "how `many`")
	if err := Parse(flags, []string{"-h"}); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-n many") {
		t.Errorf("help is %q, error %v", help.String(), err)
	}
}

// asked in the environment has the test's program be one that Main runs.
const asked = "PROGRAM_ASKED"

func TestMain(m *testing.M) {
	if how := os.Getenv(asked); how != "" {
		Main("tried", func(ctx context.Context, _ []string, stdout, _ io.Writer) error {
			switch how {
			case "help":
				return flag.ErrHelp
			case "fail":
				return errors.New("failing")
			case "wait":
				if _, err := io.WriteString(stdout, "ready"); err != nil {
					return err
				}
				<-ctx.Done()
			}
			return nil
		}, syscall.SIGHUP)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestExitCode(t *testing.T) {
	for how, want := range map[string]struct {
		code   int
		stderr string
	}{"pass": {0, ""}, "help": {0, ""}, "fail": {1, "tried: failing\n"}} {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), asked+"="+how)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		_ = command.Run()
		if code := command.ProcessState.ExitCode(); code != want.code || stderr.String() != want.stderr {
			t.Errorf("%s: exit code %d, %q", how, code, stderr.String())
		}
	}
}

// Each of the signals lets it end by itself; another one ends it at once.
func TestSignals(t *testing.T) {
	for sent, code := range map[syscall.Signal]int{syscall.SIGINT: 0, syscall.SIGTERM: 0, syscall.SIGHUP: 0, syscall.SIGQUIT: 2} {
		command := exec.CommandContext(t.Context(), os.Args[0])
		command.Env = append(os.Environ(), asked+"=wait")
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(stdout, make([]byte, len("ready"))); err != nil {
			t.Fatal(err)
		}
		if err := command.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait()
		if got := command.ProcessState.ExitCode(); got != code {
			t.Errorf("%v: exit code %d, want %d", sent, got, code)
		}
	}
}
