package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// bench is what the rounds share.
type bench struct {
	options   options
	progress  io.Writer
	directory string
	issuer    *issuer
	servers   []*http.Server
	arms      []*arm
}

// open builds the gateway and starts all that there is. What it returns is to be
// closed, with an error, too.
func open(ctx context.Context, o options, progress io.Writer) (*bench, error) {
	b := &bench{options: o, progress: progress}
	var err error
	if b.directory, err = os.MkdirTemp("", "caddy-awsjwt-flood-"); err != nil {
		return b, fmt.Errorf("making a directory: %w", err)
	}
	b.say("building the gateway")
	if err := stack.Build(ctx, b.binaries(), "caddy-awsjwt"); err != nil {
		return b, err
	}
	if b.issuer, err = newIssuer(); err != nil {
		return b, err
	}
	address, err := b.serve(b.issuer)
	if err != nil {
		return b, err
	}
	b.issuer.url = "http://" + address + "/" + issuerID
	upstream, err := b.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n") // the gateway is gone; there is nobody to tell
	}))
	if err != nil {
		return b, err
	}
	b.say("signing %d tokens", o.tokens)
	known, err := b.issuer.tokens(o.tokens)
	if err != nil {
		return b, err
	}
	return b, b.startArms(ctx, upstream, known)
}

// startArms starts the gateway as it is by default, and another without the
// bound if there is a way.
func (b *bench) startArms(ctx context.Context, upstream string, known []string) error {
	if err := b.startArm(ctx, bounded, "", upstream, known); err != nil {
		return err
	}
	if b.options.unboundedBy == "" {
		b.say("%s is left out: the Caddyfile has no setting for it; -unbounded gives one", unbounded)
		return nil
	}
	return b.startArm(ctx, unbounded, b.options.unboundedBy, upstream, known)
}

func (b *bench) close() error {
	var faults []error
	for _, a := range b.arms {
		faults = append(faults, a.gateway.Stop())
	}
	for _, server := range b.servers {
		_ = server.Close()
	}
	if b.directory != "" {
		faults = append(faults, os.RemoveAll(b.directory))
	}
	return errors.Join(faults...)
}

func (b *bench) binaries() string { return filepath.Join(b.directory, "bin") }

// serve starts a server on a free port of loopback, and returns its address.
func (b *bench) serve(handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once
	if err != nil {
		return "", fmt.Errorf("starting a server: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	b.servers = append(b.servers, server)
	go func() { _ = server.Serve(listener) }() // it ends when it is closed
	return listener.Addr().String(), nil
}

// say tells what is done now.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
