package stack

import (
	"strings"
	"syscall"
	"testing"
)

// A program that has ended badly by itself is no better for being stopped then; one
// that ended well is.
func TestStopOfWhatHasEnded(t *testing.T) {
	for code, want := range map[string]string{"0": "", "3": "it had ended: exit status 3"} {
		p, err := start(t.TempDir(), nil, "/bin/sh", "-c", "exit "+code)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Ended()
		if err := p.Stop(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("exit code %s: %v, want %q", code, err, want)
		}
	}
}

// One that was ended by a signal on purpose is stopped without an error; one that
// the same signal reached otherwise is not.
func TestEndBy(t *testing.T) {
	for name, end := range map[string]func(*process) error{
		"on purpose": func(p *process) error { return p.EndBy(syscall.SIGKILL) },
		"otherwise": func(p *process) error {
			err := p.Signal(syscall.SIGKILL)
			<-p.Ended()
			return err
		},
	} {
		p, err := start(t.TempDir(), nil, "/bin/sleep", "60")
		if err != nil {
			t.Fatal(err)
		}
		if err := end(p); err != nil {
			t.Fatal(err)
		}
		if err := p.Stop(); (err == nil) != (name == "on purpose") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
