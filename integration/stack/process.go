package stack

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// startWithin is how long a program may take to be ready.
const startWithin = 30 * time.Second

// stopWithin is how long a program may take to end when it is asked to.
const stopWithin = 10 * time.Second

// process is a program that runs.
type process struct {
	command *exec.Cmd
	logFile string
	ended   chan struct{} // closed when it has ended
	err     error         // why, once it has
	ill     atomic.Bool   // whether it was not to end well

	mu    sync.Mutex
	lines []string // of its standard error
	log   *bufio.Reader
	part  string // of a line that has not ended
}

// start runs a program in a directory of its own with a clean environment, so
// that neither the user's AWS files nor the user's Caddy are touched. It writes
// its standard error to <program>.log there: to the file itself, so that what
// it logged before it answered can be read once the answer is there.
func start(directory string, environment []string, program string, args ...string) (*process, error) {
	lookAtSources()
	name := filepath.Join(directory, filepath.Base(program)+".log")
	written, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	defer func() { _ = written.Close() }() // the program has its own
	read, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	p := &process{command: exec.Command(program, args...), logFile: name, ended: make(chan struct{}), log: bufio.NewReader(read)}
	p.command.Dir = directory
	p.command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + directory, "XDG_DATA_HOME=" + directory, "XDG_CONFIG_HOME=" + directory,
	}, environment...)
	// A terminal's Ctrl-C goes to the caller alone, who then stops this.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.Stderr = written
	if err := p.command.Start(); err != nil {
		_ = read.Close()
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	go func() {
		p.err = p.command.Wait()
		_ = p.Log() // all of it, since the directory may go
		_ = read.Close()
		close(p.ended)
	}()
	return p, nil
}

// Log returns what the program has written to standard error, line by line.
func (p *process) Log() []string { return p.logFrom(0) }

func (p *process) logFrom(line int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		text, err := p.log.ReadString('\n')
		p.part += text
		if err != nil {
			break // the end, for the time being
		}
		p.lines, p.part = append(p.lines, strings.TrimSuffix(p.part, "\n")), ""
	}
	return append([]string(nil), p.lines[min(line, len(p.lines)):]...)
}

// LogFile is the file that holds the same.
func (p *process) LogFile() string { return p.logFile }

// Ended is closed once the program has ended, for whatever reason.
func (p *process) Ended() <-chan struct{} { return p.ended }

// Signal sends the program a signal.
func (p *process) Signal(s os.Signal) error {
	if err := p.command.Process.Signal(s); err != nil {
		return fmt.Errorf("signalling %s: %w", p.command.Path, err)
	}
	return nil
}

// Stop asks the program to end and waits until it has. One that does not is killed,
// and that is an error, as it is when it ended badly, now or before.
func (p *process) Stop() error {
	select {
	case <-p.ended:
		return p.badEnd("stopping %s: it had ended: %w")
	default:
	}
	_ = p.Signal(syscall.SIGTERM) // it may end at this very moment
	select {
	case <-p.ended:
		return p.badEnd("stopping %s: %w")
	case <-time.After(stopWithin):
		_ = p.command.Process.Kill()
		<-p.ended
		return fmt.Errorf("stopping %s: it did not end within %v", p.command.Path, stopWithin)
	}
}

// EndBy ends the program by a signal that it cannot end well by, such as SIGKILL, and
// waits until it has ended.
func (p *process) EndBy(s os.Signal) error {
	p.ill.Store(true)
	if err := p.Signal(s); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// badEnd is how the program ended, unless it did so well or was not to.
func (p *process) badEnd(format string) error {
	if p.err == nil || p.ill.Load() {
		return nil
	}
	return fmt.Errorf(format, p.command.Path, p.err)
}

// await calls ready until it succeeds, the program has ended or the context
// has; then it stops the program.
func (p *process) await(ctx context.Context, ready func() error) error {
	deadline := time.Now().Add(startWithin)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("starting %s: it ended: %w\n%s", p.command.Path, p.err, strings.Join(p.Log(), "\n"))
		case <-ctx.Done():
			_ = p.Stop()
			return fmt.Errorf("starting %s: %w", p.command.Path, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			_ = p.Stop()
			return fmt.Errorf("starting %s: %w\n%s", p.command.Path, err, strings.Join(p.Log(), "\n"))
		}
	}
}
