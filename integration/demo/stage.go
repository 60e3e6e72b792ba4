package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Where the programs listen when nothing else does.
const (
	gatewayAddress = "127.0.0.1:8080"
	stsAddress     = "127.0.0.1:8010"
	manageAddress  = "127.0.0.1:8011"
	consoleAddress = "127.0.0.1:8090"
	adminAddress   = "127.0.0.1:2019"
)

// anyPort has the system choose.
const anyPort = "127.0.0.1:0"

// stage is what runs. What has not been started is nil.
type stage struct {
	directory string
	sts       *stack.STS
	upstream  *upstream
	gateway   *stack.Gateway
	program   string // the gateway's, as the command line says where it is
	console   string // the address of the gateway's page
	caddyfile string
}

// open starts everything. The stage that it returns must be closed even when
// there is an error.
func open(ctx context.Context, o options, p *printer) (*stage, error) {
	s := new(stage)
	binaries, err := findBinaries(o.binaries)
	if err != nil {
		return s, err
	}
	if s.directory, err = os.MkdirTemp("", "caddy-awsjwt-demo-"); err != nil {
		return s, fmt.Errorf("making a temporary directory: %w", err)
	}
	choose := func(program, address string) string { return choosePort(p, program, address) }
	if o.once || o.freePorts {
		choose = func(_, _ string) string { return anyPort }
	}

	p.step("starting the local STS …")
	s.sts, err = stack.StartSTSContext(ctx, binaries, s.directory,
		"-listen", choose("STS", stsAddress), "-manage", choose("STS's management", manageAddress))
	if err != nil {
		return s, err
	}
	p.step("the local STS is " + s.sts.BaseURL + ", with an issuer for each of its AWS accounts")

	if s.upstream, err = startUpstream(); err != nil {
		return s, err
	}
	p.step("the upstream, the API to protect, is http://" + s.upstream.address)

	p.step("starting the gateway …")
	s.program = filepath.Join(o.binaries, "caddy-awsjwt")
	if err := s.startGateway(ctx, binaries, choose("the gateway", gatewayAddress), choose("the console", consoleAddress), choose("the gateway's administration", adminAddress)); err != nil {
		return s, err
	}
	p.step("the gateway, Caddy with aws_jwt, is http://" + s.gateway.Address)
	if err := s.lookAtConsole(ctx); err != nil {
		return s, err
	}
	p.step("its console, a page that shows what it does, is http://" + s.console + "/")
	return s, nil
}

func (s *stage) startGateway(ctx context.Context, binaries, address, console, admin string) (err error) {
	for _, each := range []*string{&address, &console, &admin} {
		if *each != anyPort {
			continue
		}
		if *each, err = stack.FreeAddress(); err != nil {
			return err
		}
	}
	s.console = console
	if s.caddyfile, err = caddyfile(address, console, admin, s.sts.Issuers["111122223333"], s.upstream.address); err != nil {
		return err
	}
	s.gateway, err = stack.StartGatewayContext(ctx, binaries, s.directory, address, s.caddyfile)
	return err
}

// close ends everything and leaves nothing.
func (s *stage) close(p *printer) error {
	if s.directory == "" {
		return nil
	}
	p.line("")
	p.step("stopping everything …")
	var faults []error
	if s.gateway != nil {
		faults = append(faults, s.gateway.Stop())
	}
	if s.upstream != nil {
		faults = append(faults, s.upstream.close())
	}
	if s.sts != nil {
		faults = append(faults, s.sts.Stop())
	}
	err := errors.Join(append(faults, os.RemoveAll(s.directory))...)
	if err == nil {
		p.step("done; no process and no file is left")
	}
	return err
}

// findBinaries returns the directory as an absolute path, since the programs
// run in another one.
func findBinaries(directory string) (string, error) {
	absolute, err := filepath.Abs(directory)
	if err != nil {
		return "", fmt.Errorf("finding the programs: %w", err)
	}
	for _, program := range []string{"devsts", "caddy-awsjwt"} {
		if _, err := os.Stat(filepath.Join(absolute, program)); err != nil {
			return "", fmt.Errorf(`finding the programs: run "make build": %w`, err)
		}
	}
	return absolute, nil
}

// choosePort returns the address when it is free, and otherwise one with a
// port that the system chooses.
func choosePort(p *printer, program, address string) string {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		p.step(address + " is taken; " + program + " gets a free port instead")
		return anyPort
	}
	_ = listener.Close()
	return address
}
