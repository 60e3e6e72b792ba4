// Command xcaddy builds Caddy with plugins from a manifest, by the steps that
// xcaddy takes: a fresh module outside of any tree, whose main package imports
// Caddy's standard modules and the plugins. The manifest is the JSON of
// xcaddy's Builder; a replacement by a relative path is taken from the
// manifest's directory, so that a checkout is built as it stands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	manifest := flag.String("manifest", "xcaddy.json", "the build manifest")
	output := flag.String("output", "caddy", "the binary to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := build(ctx, *manifest, *output, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "xcaddy:", err)
		os.Exit(1)
	}
}

// build makes the binary. Progress goes to log.
func build(ctx context.Context, manifest, output string, log io.Writer) (err error) {
	b, err := readBuilder(manifest)
	if err != nil {
		return err
	}
	if output, err = filepath.Abs(output); err != nil {
		return fmt.Errorf("finding %s: %w", output, err)
	}
	directory, err := os.MkdirTemp("", "xcaddy-")
	if err != nil {
		return fmt.Errorf("making a module: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	if err := os.WriteFile(filepath.Join(directory, "main.go"), b.mainFile(), 0o600); err != nil {
		return fmt.Errorf("making a module: %w", err)
	}
	for _, args := range b.steps(output) {
		fmt.Fprintln(log, "go", args)
		command := exec.CommandContext(ctx, "go", args...)
		command.Dir, command.Stdout, command.Stderr = directory, log, log
		command.Env = append(os.Environ(), "GOWORK=off")
		if err := command.Run(); err != nil {
			return fmt.Errorf("running go %v: %w", args, err)
		}
	}
	return nil
}
