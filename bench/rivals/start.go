package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/template"
	"time"
)

const (
	startWithin = 20 * time.Second
	stopWithin  = 5 * time.Second
)

// running is a program that this one started.
type running struct {
	pid   int
	log   string        // file
	done  chan struct{} // closed when it has ended
	ended error         // then: how
	stop  func() error
}

// begin starts a program on the processors, with its output in a file. All that
// it starts belongs to its process group and ends with it.
func begin(ctx context.Context, directory string, cpus []int, command []string) (*running, error) {
	name := command[0]
	command = append(pinned(cpus), command...)
	logFile := filepath.Join(directory, filepath.Base(name)+".log")
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer log.Close()
	c := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // its stop, which waits for its children, is ours
	c.Dir, c.Stdout, c.Stderr = directory, log, log
	c.Env = append(os.Environ(), "HOME="+directory, "XDG_DATA_HOME="+directory, "XDG_CONFIG_HOME="+directory)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	r := &running{pid: c.Process.Pid, log: logFile, done: make(chan struct{})}
	go func() {
		r.ended = c.Wait()
		close(r.done)
	}()
	r.stop = func() error { return r.end(name) }
	return r, nil
}

// end asks the process group to go, and then makes it go.
func (r *running) end(name string) error {
	group := -r.pid
	_ = syscall.Kill(group, syscall.SIGTERM) // it may have ended by itself
	select {
	case <-r.done:
	case <-time.After(stopWithin):
	}
	// Children that outlived their parent, and a parent that would not go.
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stopping %s: %w", name, err)
	}
	return nil
}

// listens waits until the address takes connections.
func (r *running) listens(ctx context.Context, address string) error {
	deadline := time.Now().Add(startWithin)
	dialer := net.Dialer{Timeout: time.Second}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.done:
			return fmt.Errorf("starting a program: it ended: %w\n%s", r.ended, tail(r.log))
		case <-time.After(20 * time.Millisecond):
		}
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("starting a program: %w\n%s", err, tail(r.log))
		}
	}
}

// tail is the end of what a program printed.
func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// pinned is what to put before a command so that it runs on these processors;
// nothing for none.
func pinned(cpus []int) []string {
	if len(cpus) == 0 {
		return nil
	}
	return []string{"taskset", "-c", cpuList(cpus)}
}

// fill writes the proxy's files for a setting.
func (p *proxy) fill(s setting) error {
	for name, source := range p.files {
		parsed, err := template.ParseFS(templates, "templates/"+source)
		if err != nil {
			return fmt.Errorf("reading a template: %w", err)
		}
		var text bytes.Buffer
		if err := parsed.Option("missingkey=error").Execute(&text, s); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := writeFile(filepath.Join(s.Directory, name), text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
