// Package program is what devsts and the programs that measure and show caddy-awsjwt
// have in common: how they start, read their flags and end.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main runs a program, and exits by its error: 0 without one and where only help was
// asked for, else 1. SIGINT, SIGTERM and further signals end the context, so that the
// program can end what it has started.
func Main(name string, run func(ctx context.Context, args []string, stdout, stderr io.Writer) error, further ...os.Signal) {
	ctx, stop := signal.NotifyContext(context.Background(), append(further, os.Interrupt, syscall.SIGTERM)...)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Flags are a program's, none so far. For -h they print the usage, and themselves.
func Flags(name, usage string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	return flags
}

// Parse reads a command line of flags alone.
func Parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; %s -h lists the flags", flags.Arg(0), flags.Name())
	}
	return nil
}
