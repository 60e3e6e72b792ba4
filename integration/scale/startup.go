package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	maxLater  = time.Second
	maxLarger = 40 << 20 // bytes
)

// started is what starting gateways with a file of one size took.
type started struct {
	took   []time.Duration
	memory []int64
}

// startUp compares a gateway with one issuer and one with many, by turns, since
// the machine may be slower at one time than at another.
func (b *bench) startUp() error {
	one, many := new(started), new(started)
	for n := range b.extent.starts {
		b.say("   start %d of %d, with 1 issuer and with %d", n+1, b.extent.starts, b.options.issuers)
		if err := b.startOnce(1, one); err != nil {
			return err
		}
		if err := b.startOnce(b.options.issuers, many); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("%d issuers", b.options.issuers)
	later, larger := median(many.took)-median(one.took), median(many.memory)-median(one.memory)
	b.table.note("first answer after, 1 issuer", short(median(one.took)))
	b.table.note("first answer after, "+name, short(median(many.took)))
	b.table.figure("later by", short(later), "at most "+maxLater.String(), later <= maxLater)
	b.table.note("resident, 1 issuer", mib(median(one.memory)))
	b.table.note("resident, "+name, mib(median(many.memory)))
	b.table.figure("larger by", mib(larger), "at most "+mib(maxLarger), larger <= maxLarger)
	return nil
}

// startOnce starts a gateway, and reads its memory once it has verified a
// request and come to rest.
func (b *bench) startOnce(issuers int, into *started) (err error) {
	g, err := b.startGateway(settings{listed: issuers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := b.verifyOne(g, 0); err != nil {
		return err
	}
	if err := b.wait(b.extent.settle); err != nil {
		return err
	}
	memory, err := g.resident()
	if err != nil {
		return err
	}
	into.took, into.memory = append(into.took, g.took), append(into.memory, memory)
	return nil
}

// verifyOne sends a good request of the nth issuer's. One that does not pass
// makes what is measured next worthless.
func (b *bench) verifyOne(g *gateway, n int) error {
	token, err := b.issuers.token(n)
	if err != nil {
		return err
	}
	c := newCaller(g, 1)
	defer c.close()
	status, err := c.call(b.ctx, token)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("sending a good request: the gateway answered %d; see %s with -keep", status, g.LogFile())
	}
	return err
}
