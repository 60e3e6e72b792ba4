// Command demo shows on one machine what caddy-awsjwt does: it runs the local
// STS, an upstream and the gateway, sends requests that are allowed and
// requests that are refused, and says what came of each. "make run" and "make
// demo" start it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() {
	// Whatever ends this program must end those that it has started: the pager
	// that was left, and the terminal that is closed, too, unless nohup says no.
	signals := []os.Signal{syscall.SIGPIPE}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	program.Main("demo", run, signals...)
}

// errInterrupted ends a demonstration that was to come to its end.
var errInterrupted = errors.New("interrupted")

// options are the command line.
type options struct {
	binaries  string
	once      bool
	freePorts bool
	token     string
	audience  string
}

const usage = `demo shows caddy-awsjwt at work on this machine: a local STS, the gateway and an
upstream, all on loopback. Build the first two with "make build".

	demo                       # five requests, then stay up, with a console, until Ctrl-C (make run)
	demo -once                 # five requests; exit 0 if each went as expected (make demo)
	demo -token orders-lambda  # print a token; needs AWS_ENDPOINT_URL_STS

Flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("demo", usage, stderr)
	flags.StringVar(&o.binaries, "bin", "bin", "`directory` of the built devsts and caddy-awsjwt")
	flags.BoolVar(&o.once, "once", false, "end after the requests; exit 0 if each went as expected, otherwise 1")
	flags.BoolVar(&o.freePorts, "free-ports", false, "do not try 8080, 8090, 8010 and 8011 first; -once never does")
	flags.StringVar(&o.token, "token", "", "only print a token of this `role`: "+roleNames())
	flags.StringVar(&o.audience, "audience", audience, "whom the token of -token is made out to")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	return o, nil
}

// run does what the command line says, until it is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.token != "" {
		return printToken(ctx, stdout, o.token, o.audience)
	}
	err = show(ctx, o, newPrinter(stdout))
	if errors.Is(err, errInterrupted) && !o.once {
		return nil // Ctrl-C is how it ends
	}
	return err
}

// show is the demonstration from start to end.
func show(ctx context.Context, o options, p *printer) (err error) {
	p.introduction()
	s, err := open(ctx, o, p)
	defer func() { err = errors.Join(err, s.close(p)) }()
	if err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	}
	p.heading("The gateway's Caddyfile")
	p.verbatim(s.caddyfile)

	failed := s.checkAll(ctx, p)
	if ctx.Err() != nil {
		return errInterrupted
	}
	p.total(failed)
	if !o.once {
		if err := s.stayUp(ctx, p); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("not as expected: %s", list(failed))
	}
	return nil
}
