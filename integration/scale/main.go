// Command scale measures what thousands of issuers cost the built gateway, and
// what a flood of bad tokens does to a caller that is known. It needs Linux,
// whose /proc says what a process uses. "make bench-scale" starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("scale", run) }

const usage = `scale measures the built gateway on this machine, with issuers and an upstream
of its own on loopback, and prints a table of figures beside their bounds:

  1  start-up time and memory, with 1 issuer in the file and with many
  2  what a verified call costs, with 1 issuer in the file, 100 and many
  3  memory when each of the many issuers has been called once
  4  fetches when 1000 first requests for one issuer come at once
  5  fetches, and the latency of a known caller, while tokens with key IDs that
     do not exist come in
  6  the same while tokens of issuers that do not exist come in

The exit code is 0 unless a count is wrong (of fetches, of good requests that
were refused) or the run itself failed: how long something took depends on what
else the machine does, so a figure that is OVER its bound is for you to judge.
A full run takes about five minutes and wants the machine for itself.

	go run ./integration/scale          # the full run
	go run ./integration/scale -quick   # does it work at all? half a minute

Flags:
`

// options are the command line.
type options struct {
	issuers  int
	requests int
	quick    bool
	keep     bool
}

// leastNumber is the smallest number of issuers, and of requests, that the
// measurements make sense with.
const leastNumber = 100

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("scale", usage, stderr)
	flags.IntVar(&o.issuers, "issuers", 10000, "how `many` issuers the file lists (200 with -quick)")
	flags.IntVar(&o.requests, "requests", 10000, "how `many` requests a measurement sends (300 with -quick)")
	flags.BoolVar(&o.quick, "quick", false, "small numbers and short waits, whose figures say little; the counts hold")
	flags.BoolVar(&o.keep, "keep", false, "leave the directory of the run: binary, Caddyfiles, logs, stored keys")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if o.quick {
		o.issuers, o.requests = 200, 300
		if err := flags.Parse(args); err != nil { // what is named goes before -quick
			return options{}, err
		}
	}
	if o.issuers < leastNumber || o.requests < leastNumber {
		return options{}, fmt.Errorf("-issuers %d -requests %d: at least %d of each are needed", o.issuers, o.requests, leastNumber)
	}
	return o, nil
}

// measurement is one part of the run, which adds its rows to the table.
type measurement struct {
	title string
	run   func(*bench) error
}

var measurements = []measurement{
	{"start-up", (*bench).startUp},
	{"cost of a verified call", (*bench).callCost},
	{"all issuers in use", (*bench).inUse},
	{"first requests at once", (*bench).firstRequests},
	{"flood of unknown key IDs", (*bench).unknownKeys},
	{"flood of invented issuers", (*bench).inventedIssuers},
}

// errInterrupted ends a run that was to come to its end.
var errInterrupted = errors.New("interrupted")

// run measures everything, and prints progress to stderr and the table to
// stdout.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := open(ctx, o, stderr)
	defer func() {
		if ctx.Err() != nil {
			err = errInterrupted // whatever that has led to
		}
		err = errors.Join(err, b.close())
	}()
	if err != nil {
		return err
	}
	before, err := processorsWorked()
	if err != nil {
		return err
	}
	for n, m := range measurements {
		b.say("%d of %d: %s", n+1, len(measurements), m.title)
		b.table.begin(fmt.Sprintf("%d  %s", n+1, m.title))
		if err := m.run(b); err != nil {
			b.table.print(stdout) // what there is so far
			return fmt.Errorf("measuring %s: %w", m.title, err)
		}
	}
	if err := b.reportMachine(before); err != nil {
		return err
	}
	b.table.print(stdout)
	return b.table.wrongCounts()
}
