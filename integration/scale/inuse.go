package main

import (
	"errors"
	"fmt"
)

// maxPerIssuer is how much memory an issuer may take when it is used, in bytes.
const maxPerIssuer = 8 << 10

// callers is over how many connections requests are sent that have no pace of
// their own.
const callers = 16

// footprint is how much memory a gateway has.
type footprint struct{ heap, resident int64 }

func (g *gateway) footprint(b *bench) (f footprint, err error) {
	if err := b.wait(b.extent.settle); err != nil {
		return f, err
	}
	if f.heap, err = g.heap(); err != nil {
		return f, err
	}
	f.resident, err = g.resident()
	return f, err
}

// inUse calls each of the issuers once, so that the gateway has the keys of all.
func (b *bench) inUse() (err error) {
	g, err := b.startGateway(settings{listed: b.options.issuers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := b.verifyOne(g, 0); err != nil {
		return err
	}
	unused, err := g.footprint(b)
	if err != nil {
		return err
	}
	b.say("   making a token of each issuer")
	others := b.options.issuers - 1 // the first is in use
	tokens, err := b.issuers.tokens(others, func(n int) int { return n + 1 })
	if err != nil {
		return err
	}
	b.say("   sending them")
	before := b.issuers.all()
	c := newCaller(g, callers)
	var got answers
	c.send(b.ctx, tokens, 0, &got)
	c.close()
	fetched := b.issuers.all().minus(before)
	used, err := g.footprint(b)
	if err != nil {
		return err
	}
	each := (used.heap - unused.heap) / int64(others)
	b.table.note("live heap, unused and in use", mib(unused.heap)+", "+mib(used.heap))
	b.table.figure("live heap for each issuer", fmt.Sprintf("%.1f KiB", float64(each)/(1<<10)),
		fmt.Sprintf("at most %d KiB", maxPerIssuer>>10), each <= maxPerIssuer)
	b.table.note("resident, unused and in use", fmt.Sprintf("%s, %s (%.1f KiB each)", mib(unused.resident), mib(used.resident),
		float64(used.resident-unused.resident)/float64(others)/(1<<10)))
	b.table.note("first request of an issuer", fmt.Sprintf("median %s, p99 %s", short(got.percentile(50)), short(got.percentile(99))))
	b.table.count("fetches", fetched.String(), fmt.Sprintf("%d of each", others), fetched == fetches{others, others})
	b.table.count("good requests that passed", got.String(), fmt.Sprintf("%d × 200", others), got.statuses[200] == others)
	return nil
}
