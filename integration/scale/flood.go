package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// floodRate is how many requests of a flood are sent in a second. The client,
	// the gateway and the upstream may have to share two processors, and the known
	// caller's latency is to be the gateway's.
	floodRate = 500

	// maxSlower is how much longer a known caller's p99 may be in a flood.
	maxSlower = 1.5
)

// phase is what came of a known caller, and of the load beside it.
type phase struct {
	known   []*answers // by turn
	load    answers
	took    []time.Duration // by turn
	fetched []fetches       // from one issuer, by turn
}

// flooded is a flood with what it is compared with.
type flooded struct {
	before, after phase // the known caller alone
	control       phase // requests without a token beside it, which cost the machine alike
	flood         phase

	memoryBefore, memoryAfter int64 // the gateway's, around the flood
}

// flood sends the tokens to the gateway while a caller that is known goes on,
// and counts what is fetched from one issuer meanwhile. The flood takes turns
// with what it is compared with, since the machine may be slower at one time
// than at another.
func (b *bench) flood(g *gateway, known string, tokens []string, issuer int) (*flooded, error) {
	c := newCaller(g, callers)
	defer c.close()
	for range b.extent.warmUp {
		if _, err := c.call(b.ctx, known); err != nil {
			return nil, err
		}
	}
	f := new(flooded)
	for n := range b.extent.turns {
		from, to := n*len(tokens)/b.extent.turns, (n+1)*len(tokens)/b.extent.turns
		b.say("   turn %d of %d, %v each: alone, beside requests without a token, beside the flood, alone",
			n+1, b.extent.turns, floodTime(to-from))
		if err := b.turn(g, known, tokens[from:to], issuer, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// floodTime is how long so many requests take.
func floodTime(requests int) time.Duration { return time.Duration(requests) * time.Second / floodRate }

func (b *bench) turn(g *gateway, known string, tokens []string, issuer int, f *flooded) (err error) {
	alone := floodTime(len(tokens))
	if err := b.beside(g, known, nil, alone, issuer, &f.before); err != nil {
		return err
	}
	if err := b.beside(g, known, make([]string, len(tokens)), alone, issuer, &f.control); err != nil {
		return err
	}
	if f.memoryBefore == 0 {
		if f.memoryBefore, err = g.resident(); err != nil {
			return err
		}
	}
	if err := b.beside(g, known, tokens, alone, issuer, &f.flood); err != nil {
		return err
	}
	if f.memoryAfter, err = g.resident(); err != nil {
		return err
	}
	return b.beside(g, known, nil, alone, issuer, &f.after)
}

// beside has the known caller call while the tokens are sent, or for some time
// when there are none.
func (b *bench) beside(g *gateway, token string, tokens []string, alone time.Duration, issuer int, p *phase) (err error) {
	steady, load := newCaller(g, callers), newCaller(g, callers)
	defer steady.close()
	defer load.close()
	known, before, began := new(answers), b.issuers.of(issuer), time.Now()
	p.known = append(p.known, known)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		steady.steadily(b.ctx, token, stop, known)
	}()
	if tokens == nil {
		err = b.wait(alone)
	} else {
		load.send(b.ctx, tokens, floodRate, &p.load)
		err = b.ctx.Err()
	}
	p.took, p.fetched = append(p.took, time.Since(began)), append(p.fetched, b.issuers.of(issuer).minus(before))
	close(stop)
	<-stopped
	return err
}

// rate is how many requests of the load were sent in a second.
func (p *phase) rate() int {
	var took time.Duration
	for _, each := range p.took {
		took += each
	}
	return int(float64(len(p.load.latencies))/took.Seconds() + 0.5)
}

// p99s are the known caller's, by turn.
func (p *phase) p99s() []time.Duration {
	values := make([]time.Duration, len(p.known))
	for n, known := range p.known {
		values[n] = known.percentile(99)
	}
	return values
}

func (p *phase) String() string {
	var all []time.Duration
	turns := make([]string, len(p.known))
	for n, known := range p.known {
		all = append(all, known.latencies...)
		turns[n] = short(known.percentile(99))
	}
	return fmt.Sprintf("p99 %s (turns: %s), median %s", short(percentile(all, 99)), strings.Join(turns, " "), short(median(all)))
}

// reportKnown tells how the known caller fared. It is judged by the p99 of the
// median turn: what else the machine does comes in bursts, and a burst spoils a
// turn, but seldom most of them.
func (b *bench) reportKnown(f *flooded) {
	b.table.note("known caller, alone before", f.before.String())
	b.table.note(fmt.Sprintf("known caller, beside %d/s without a token", f.control.rate()), f.control.String())
	b.table.note(fmt.Sprintf("known caller, beside the flood, %d/s", f.flood.rate()), f.flood.String())
	b.table.note("known caller, alone after", f.after.String())
	for _, measure := range []struct {
		name string
		p99s []time.Duration
	}{{"p99 against alone, median turn", append(f.before.p99s(), f.after.p99s()...)}, {"p99 against the load without a token", f.control.p99s()}} {
		slower := float64(median(f.flood.p99s())) / float64(median(measure.p99s))
		b.table.figure(measure.name, fmt.Sprintf("× %.2f", slower), fmt.Sprintf("at most × %.1f", maxSlower), slower <= maxSlower)
	}
	refused := 0
	for _, p := range []*phase{&f.before, &f.control, &f.flood, &f.after} {
		for _, known := range p.known {
			refused += known.notPassed()
		}
	}
	b.table.count("good requests that did not pass", strconv.Itoa(refused), "0", refused == 0)
}
