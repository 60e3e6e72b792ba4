package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("secondopinion", run) }

const usage = `secondopinion makes tokens, good ones and changed ones, and asks our verifier,
go-oidc, go-jose and Kubernetes' authenticator about each. It exits with 0 only
if each of the others accepts what ours accepts and reads the same out of it, and
if what they accept and ours refuses is just what the list of differences says.

	go run . [-seed N] [-tokens N] [-only N] [-v]

Flags:
`

// options are the command line.
type options struct {
	seed    uint64
	tokens  int
	only    int
	verbose bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("secondopinion", usage, stderr)
	flags.Uint64Var(&o.seed, "seed", 0, "the `number` that the tokens come from; 0 takes one at random")
	flags.IntVar(&o.tokens, "tokens", 30000, "how many tokens")
	flags.IntVar(&o.only, "only", -1, "only make and show the token with this `number`, of the seed")
	flags.BoolVar(&o.verbose, "v", false, "print every line of the list of differences with its counts")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if o.only >= 0 && o.seed == 0 {
		return options{}, errors.New("-only needs the -seed that the token is of")
	}
	for o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	return o, nil
}

// run does what the command line says, until it is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	w, err := newWorld(time.Now())
	if err != nil {
		return err
	}
	ours, err := newOurs(w)
	if err != nil {
		return err
	}
	others, err := newOthers(ctx, w)
	if err != nil {
		return err
	}
	t, err := newTrial(w, ours, others, o.seed, o.tokens)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "seed %d, %d tokens, %d changes\n", o.seed, o.tokens, len(t.all))
	if o.only >= 0 {
		return t.show(ctx, o.only, stdout)
	}
	result, err := t.run(ctx, stdout)
	if err != nil {
		return err
	}
	result.report(stdout, o.verbose)
	if wrong := result.wrong(); len(wrong) > 0 {
		return fmt.Errorf("seed %d:\n  %s", o.seed, strings.Join(wrong, "\n  "))
	}
	fmt.Fprintf(stdout, "\nok: seed %d\n", o.seed)
	return nil
}

// newOthers makes the witnesses that ours is held against.
func newOthers(ctx context.Context, w *world) ([]witness, error) {
	var all []witness
	for _, with := range []func(context.Context, *world) (witness, error){newGoOIDC, newGoJOSE, newKubernetes} {
		other, err := with(ctx, w)
		if err != nil {
			return nil, err
		}
		all = append(all, other)
	}
	return all, nil
}

// show makes one token and prints it with all verdicts.
func (t *trial) show(ctx context.Context, number int, stdout io.Writer) error {
	o, err := t.ask(ctx, number)
	if err != nil {
		return err
	}
	var names []string
	for _, w := range t.others {
		names = append(names, w.name)
	}
	o.print(stdout, names)
	return nil
}
