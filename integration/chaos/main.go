package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() {
	// Who reads standard output may go; the programs that were started must end
	// all the same. To catch the signal would be wrong: Go then sends it for
	// sockets, too, and connections break here all the time.
	signal.Ignore(syscall.SIGPIPE)
	program.Main("chaos", run, syscall.SIGHUP)
}

// options are the command line.
type options struct {
	seed     uint64
	length   time.Duration
	binaries string
	log      string
	planOnly bool
}

// shortest is the least time for which a plan has events.
const shortest = 2 * tail

const usage = `chaos runs the built gateway and a local STS on loopback, has many callers send
requests, and lets everything around them go wrong, at random from a seed. It
exits with 0 only if no good request was refused, no bad one passed, no issuer
was asked too often and nothing leaked.

	chaos [-seed N] [-for 2m]

Flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("chaos", usage, stderr)
	flags.Uint64Var(&o.seed, "seed", 0, "the `number` that the events come from; 0 takes one at random")
	flags.DurationVar(&o.length, "for", 2*time.Minute, "how long things go wrong; before and behind come some seconds of calm")
	flags.StringVar(&o.binaries, "bin", "", "`directory` of the built devsts and caddy-awsjwt (default: build them)")
	flags.StringVar(&o.log, "log", "", "`file` for the events with their times (default: in the directory for temporary files)")
	flags.BoolVar(&o.planOnly, "plan", false, "only print the events of the seed")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if o.length < shortest {
		return options{}, fmt.Errorf("-for %v: at least %v are needed for anything to happen", o.length, shortest)
	}
	for o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	if o.log == "" {
		o.log = filepath.Join(os.TempDir(), fmt.Sprintf("caddy-awsjwt-chaos-%d.log", o.seed))
	}
	return o, nil
}

// run does what the command line says, until it is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	plan := makePlan(o.seed, o.length, makeIssuers())
	fmt.Fprintf(stdout, "seed %d, %v, %d events\n", o.seed, o.length, len(plan))
	if o.planOnly {
		for _, each := range plan {
			fmt.Fprintln(stdout, each)
		}
		return nil
	}
	log, err := os.Create(o.log)
	if err != nil {
		return fmt.Errorf("writing the events: %w", err)
	}
	defer func() { _ = log.Close() }()
	fmt.Fprintf(stdout, "events are written to %s\n", o.log)
	_, err = conduct(ctx, o, plan, stdout, log)
	return err
}

// conduct runs a trial from start to end, and prints what came of it.
func conduct(ctx context.Context, o options, plan []event, stdout, log io.Writer) (t *trial, err error) {
	j := newJournal(log)
	s, err := openStage(ctx, o.binaries)
	keep := true
	defer func() {
		err = errors.Join(err, s.close(keep))
		if keep && s.directory != "" {
			fmt.Fprintf(stdout, "the logs of the programs are in %s\n", s.directory)
		}
	}()
	if err != nil {
		return nil, err
	}
	t = newTrial(s, plan, j)
	j.write("seed %d, for %v; the programs run", o.seed, o.length)
	found, err := t.conduct(ctx, o.length, stdout)
	if err != nil {
		return t, err
	}
	wrong := t.report(stdout, found)
	if len(wrong) > 0 {
		t.explain(stdout)
		return t, fmt.Errorf("seed %d:\n  %s", o.seed, strings.Join(wrong, "\n  "))
	}
	keep = false
	fmt.Fprintf(stdout, "\nok: seed %d\n", o.seed)
	return t, nil
}

// conduct is the trial between two looks at the gateway.
func (t *trial) conduct(ctx context.Context, length time.Duration, stdout io.Writer) (f findings, err error) {
	f.length = length
	if err := t.begin(ctx); err != nil {
		return f, err
	}
	t.rest(ctx, warmTime)
	if f.before, err = t.settled(ctx, nil, settleTime); err != nil {
		return f, err
	}
	t.journal.write("the gateway at rest: %v", f.before)
	telling, stop := context.WithCancel(ctx)
	var progress sync.WaitGroup
	progress.Go(func() { t.progress(telling, stdout) })
	f.interrupted = t.run(ctx, length)
	stop()
	progress.Wait()
	if f.interrupted != nil {
		if ctx.Err() != nil {
			return f, errInterrupted
		}
		return f, nil // the report says why
	}
	t.journal.write("the end; the gateway comes to rest")
	f.after, err = t.settled(ctx, &f.before, settleTime)
	t.journal.write("the gateway at rest: %v", f.after)
	return f, err
}

// errInterrupted ends a trial that was to come to its end.
var errInterrupted = errors.New("interrupted")

// warmTime is how long the gateway is at work before it is looked at, and
// settleTime how long it may take to come to rest.
const (
	warmTime   = time.Second
	settleTime = 20 * time.Second
)
