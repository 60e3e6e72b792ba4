package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// trial asks all witnesses about many tokens.
type trial struct {
	world  *world
	ours   witness
	others []witness
	all    []mutation
	list   map[key]string
	first  []order // the tokens that are not drawn
	seed   uint64
	tokens int
}

// newTrial has each mutation alone, aloneTimes for each algorithm, and once behind
// the signature's back, before what is drawn.
func newTrial(w *world, ours witness, others []witness, seed uint64, tokens int) (*trial, error) {
	t := &trial{world: w, ours: ours, others: others, all: catalogue(), seed: seed, tokens: tokens}
	var err error
	if t.list, err = readList(); err != nil {
		return nil, err
	}
	once := alone(t.all)
	for range aloneTimes {
		t.first = append(t.first, once...)
	}
	t.first = append(t.first, unsigned(t.all)...)
	if least := len(t.first) * 3 / 2; tokens < least {
		return nil, fmt.Errorf("asking about %d tokens: at least %d are needed for each change to occur", tokens, least)
	}
	return t, nil
}

// aloneTimes is how often each mutation is made alone for each algorithm, in a
// good token that is drawn anew.
const aloneTimes = 4

// outcome is what became of one token.
type outcome struct {
	number  int
	order   order
	account string

	header, payload string // as they were signed
	token           string
	ours            verdict
	others          []verdict
}

// ask makes a token by its number and asks about it. The same seed and number
// give the same changes to the same good token, but for the time and the keys.
func (t *trial) ask(ctx context.Context, number int) (outcome, error) {
	r := rand.New(rand.NewPCG(t.seed, uint64(number)))
	o := outcome{number: number}
	if number < len(t.first) {
		o.order = t.first[number]
	} else {
		o.order = draw(t.all, r)
	}
	d, err := newDraft(t.world, o.order.alg, r)
	if err != nil {
		return o, err
	}
	for _, m := range o.order.mutations {
		m.change(d, r)
	}
	o.account = d.account
	o.header, o.payload = d.texts()
	if o.token, err = d.write(); err != nil {
		return o, fmt.Errorf("making token %d (%q): %w", number, o.order.names(), err)
	}
	o.ours = t.ours.call(ctx, o.token)
	for _, w := range t.others {
		o.others = append(o.others, w.call(ctx, o.token))
	}
	return o, nil
}

// run asks about all tokens, on all processors, and tells how far it has come.
func (t *trial) run(ctx context.Context, stdout io.Writer) (*tally, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	result := newTally(t)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				number := int(next.Add(1)) - 1
				if number >= t.tokens {
					return
				}
				o, err := t.ask(ctx, number)
				if err != nil {
					stop(err)
					return
				}
				if ctx.Err() == nil { // or the verdicts are not about the token
					result.add(o)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	t.await(done, &next, stdout)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("asking about tokens: %w", context.Cause(ctx))
	}
	return result, nil
}

func (t *trial) await(done <-chan struct{}, next *atomic.Int64, stdout io.Writer) {
	began := time.Now()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			fmt.Fprintf(stdout, "[%5.1f s] %d of %d tokens\n", time.Since(began).Seconds(), min(int(next.Load()), t.tokens), t.tokens)
		}
	}
}
