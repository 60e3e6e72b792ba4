// Command flood measures what a flood of forged tokens does to the callers that
// the built gateway knows, on this machine. "make bench-flood" starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/bench/page"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("flood", run) }

const usage = `flood starts the built gateway, with an issuer and an upstream of its own on
loopback, and has known callers call as fast as they can: 16 connections that
share 200 good ES384 tokens. In each round they do so

  alone
  beside a client that sends forged ES384 tokens as fast as it can: in good
    form, of the trusted issuer and its key, each with another random signature
  beside a client that sends as many requests without a token in a second: what
    any load of that size takes, which is the fair share
  beside a client that sends one forged token again and again
  beside as many requests without a token as that
  beside a client that sends requests without a token as fast as it can: what
    any flood takes, over as many connections

Clients, gateway and upstream share the machine, so that a known caller's figures
are to be held against the fair share, and those against nothing but themselves.
With another line for the Caddyfile there is a second gateway, whose signature
checks are not bounded; the two take turns.

The exit code is 0 unless a known caller was refused or got no answer, or the run
itself failed.

	go run ./bench/flood          # the full run, four minutes for each gateway
	go run ./bench/flood -quick   # does it work at all? ten seconds

Flags:
`

// options are the command line.
type options struct {
	rounds      int
	phase       time.Duration
	known       int
	tokens      int
	flooders    int
	unboundedBy string
	write       bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("flood", usage, stderr)
	flags.IntVar(&o.rounds, "rounds", 7, "how `many` rounds")
	flags.DurationVar(&o.phase, "phase", 5*time.Second, "how long each part of a round takes")
	flags.IntVar(&o.known, "known", 16, "how `many` connections the known callers have")
	flags.IntVar(&o.tokens, "tokens", 200, "how `many` tokens they have")
	flags.IntVar(&o.flooders, "flooders", 64, "how `many` connections the flood has")
	flags.StringVar(&o.unboundedBy, "unbounded", unboundedBy, "the `line` in the aws_jwt block that takes the bound of signature checks away; empty is no second gateway")
	flags.BoolVar(&o.write, "write", false, "write the table into docs/performance.md")
	quick := flags.Bool("quick", false, "one round of short parts, whose figures say little")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if *quick {
		o.rounds, o.phase = 1, time.Second
	}
	if min(o.rounds, o.known, o.tokens, o.flooders) < 1 || o.phase <= settle {
		return options{}, fmt.Errorf("-rounds, -known, -tokens and -flooders must be above zero, and -phase above %v", settle)
	}
	return o, nil
}

// run measures, prints progress to stderr and the table to stdout.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := open(ctx, o, stderr)
	defer func() { err = errors.Join(err, b.close()) }()
	if err != nil {
		return err
	}
	for n := range o.rounds {
		for _, a := range b.arms {
			b.say("round %d of %d, %s", n+1, o.rounds, a.name)
			if err := b.round(ctx, a); err != nil {
				return err
			}
		}
	}
	report := b.report()
	fmt.Fprint(stdout, report)
	if o.write {
		root, err := stack.Root()
		if err != nil {
			return err
		}
		if err := page.Fill(filepath.Join(root, "docs", "performance.md"), "flood", report); err != nil {
			return err
		}
	}
	return b.refusedAny()
}
