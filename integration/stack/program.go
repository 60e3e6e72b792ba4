package stack

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// Program is another program that serves, such as an upstream in another language.
type Program struct {
	*process
	Address string // host:port that it listens on
}

// StartProgram runs a program and waits until it listens on the address.
func StartProgram(directory, address string, environment []string, program string, args ...string) (*Program, error) {
	p, err := start(directory, environment, program, args...)
	if err != nil {
		return nil, err
	}
	if err := p.await(context.Background(), func() error { return listens(address) }); err != nil {
		return nil, err
	}
	return &Program{p, address}, nil
}

// Stop asks the program to end and waits until it has. One that lets the signal end
// it ends well.
func (p *Program) Stop() error {
	err := p.process.Stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGTERM {
			return nil
		}
	}
	return err
}

// listens asks whether an address takes connections.
func listens(address string) error {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return connection.Close()
}
