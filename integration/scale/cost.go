package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// maxDearer is how much a call may cost more than with one issuer in the file.
const maxDearer = 0.05

// contender is one of the gateways whose cost is compared.
type contender struct {
	gateway *gateway
	caller  *caller
	listed  int

	cpu     []time.Duration // for a request, by round
	latency []time.Duration // the median, by round
	refused int
}

// callCost sends the same tokens of one issuer to gateways with files of several
// sizes, which run side by side and take turns. No token comes twice to a
// gateway, so that each is truly verified. What is compared is the processor
// time that the gateway takes: latency is also that of the client.
func (b *bench) callCost() (err error) {
	var contenders []*contender
	defer func() {
		for _, c := range contenders {
			c.caller.close()
			err = errors.Join(err, c.gateway.Stop())
		}
	}()
	for _, listed := range b.extent.perFile {
		g, err := b.startGateway(settings{listed: listed})
		if err != nil {
			return err
		}
		contenders = append(contenders, &contender{gateway: g, caller: newCaller(g, 1), listed: listed})
	}
	if err := b.round(contenders, b.extent.warmUp); err != nil {
		return err
	}
	for _, c := range contenders {
		c.cpu, c.latency = nil, nil
	}
	for n := range b.extent.rounds {
		if n%20 == 0 {
			b.say("   round %d of %d", n+1, b.extent.rounds)
		}
		if err := b.round(contenders, b.options.requests/b.extent.rounds); err != nil {
			return err
		}
	}
	b.reportCost(contenders)
	return nil
}

// round has each contender answer some requests, in an order of chance.
func (b *bench) round(contenders []*contender, requests int) error {
	tokens, err := b.issuers.tokens(requests, func(int) int { return 0 })
	if err != nil {
		return err
	}
	for _, n := range rand.Perm(len(contenders)) {
		if err := contenders[n].answer(b, tokens); err != nil {
			return err
		}
	}
	return nil
}

func (c *contender) answer(b *bench, tokens []string) error {
	before, err := c.gateway.cpu()
	if err != nil {
		return err
	}
	var got answers
	c.caller.send(b.ctx, tokens, 0, &got)
	after, err := c.gateway.cpu()
	if err != nil {
		return err
	}
	if err := b.ctx.Err(); err != nil {
		return err
	}
	c.cpu = append(c.cpu, (after-before)/time.Duration(len(tokens)))
	c.latency = append(c.latency, got.percentile(50))
	c.refused += got.notPassed()
	return nil
}

func (b *bench) reportCost(contenders []*contender) {
	one, refused := contenders[0], 0
	for _, c := range contenders {
		refused += c.refused
		name := fmt.Sprintf("processor time of a call, %d issuers", c.listed)
		value := fmt.Sprintf("%s (latency %s)", short(median(c.cpu)), short(median(c.latency)))
		if c == one {
			b.table.note("processor time of a call, 1 issuer", value)
			continue
		}
		// Round by round, since the machine's pace changes.
		ratios := make([]float64, len(c.cpu))
		for n := range c.cpu {
			ratios[n] = float64(c.cpu[n]) / float64(one.cpu[n])
		}
		dearer := median(ratios) - 1
		b.table.note(name, value)
		b.table.figure("dearer by, in the median round", fmt.Sprintf("%+.1f %% (half of the rounds: %+.1f to %+.1f %%)", 100*dearer,
			100*(percentile(ratios, 25)-1), 100*(percentile(ratios, 75)-1)), fmt.Sprintf("at most %.0f %%", 100*maxDearer), dearer <= maxDearer)
	}
	b.table.count("good requests that did not pass", strconv.Itoa(refused), "0", refused == 0)
}
