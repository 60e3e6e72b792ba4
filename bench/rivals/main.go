// Command rivals measures the built gateway beside what people would pick
// instead, on the same tokens and the same upstream. It needs Linux and, for
// some of the rivals, root on Debian. "make bench-rivals" starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("rivals", run) }

const usage = `rivals measures caddy-awsjwt beside HAProxy, Apache, nginx and a Go proxy, as
ratios to a bare Caddy in the same round. What it lacks it installs with
apt-get. Each proxy must first let a good token pass and refuse bad ones. The
full run takes about twenty minutes and wants the machine for itself.

	go run ./bench/rivals                         # prints the table
	go run ./bench/rivals -write                  # and writes it into docs/performance.md
	go run ./bench/rivals -rounds 1 -seconds 1 -new 3000 -only ours,haproxy

Flags:
`

// options are the command line.
type options struct {
	rounds, seconds, connections int
	known, fresh                 int // tokens
	only, upstream, gateway      string
	proof, write                 bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("rivals", usage, stderr)
	flags.IntVar(&o.rounds, "rounds", 3, "how `many` rounds; the table has their medians")
	flags.IntVar(&o.seconds, "seconds", 3, "how many `seconds` each load lasts at most")
	flags.IntVar(&o.connections, "connections", 32, "how `many` connections wrk keeps open")
	flags.IntVar(&o.known, "known", 5000, "how `many` distinct tokens the load of known ones has")
	flags.IntVar(&o.fresh, "new", 40000, "how `many` tokens the load of new ones has; it ends when they are used up")
	flags.StringVar(&o.only, "only", "", "the `rivals` to measure beside the bare Caddy, such as ours,haproxy (default all)")
	flags.BoolVar(&o.proof, "proof", false, "stop once each proxy has let good tokens pass and refused bad ones")
	flags.BoolVar(&o.write, "write", false, "write docs/performance.md and docs/performance.svg")
	flags.StringVar(&o.gateway, "gateway", "", "measure this caddy-awsjwt `binary` (default: built from the checkout)")
	flags.StringVar(&o.upstream, "upstream", "", "be the upstream at this `address`, and nothing else")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if min(o.rounds, o.seconds, o.connections, o.known, o.fresh) < 1 {
		return options{}, errors.New("-rounds, -seconds, -connections, -known and -new must be above zero")
	}
	return o, nil
}

// run measures everything, and prints progress to stderr and the tables to
// stdout.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.upstream != "" {
		listener, err := net.Listen("tcp", o.upstream) //nolint:noctx // it ends with the program
		if err != nil {
			return fmt.Errorf("being the upstream: %w", err)
		}
		return serveUpstream(listener)
	}
	say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	chosen, err := choose(proxies(), o.only)
	if err != nil {
		return err
	}
	if err := provide(ctx, loadPackages, say); err != nil {
		return err
	}
	have, left := provideAll(ctx, chosen, say)
	s, err := openStage(ctx, o, say)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	proven, unproven, err := s.proveAll(ctx, have, say)
	if err != nil {
		return err
	}
	for key, why := range unproven {
		left[key] = why
	}
	if o.proof {
		if len(left) > 0 {
			return fmt.Errorf("proving: %d of the proxies are left out", len(left))
		}
		return nil
	}
	if len(proven) == 0 || !proven[0].open {
		return errors.New("measuring: the bare Caddy, which the others are measured against, does not work")
	}
	found, failed, err := s.measure(ctx, o, proven, say)
	if err != nil {
		return err
	}
	r := &report{o, chosen, left, failed, found, lookAt(ctx, s, chosen)}
	fmt.Fprint(stdout, r.text())
	if o.write {
		return r.write(say)
	}
	return nil
}
