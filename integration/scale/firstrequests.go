package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// issuerDelay is how long the issuer does not answer after the last request of
// the crowd was sent, so that all of them wait for its keys.
const issuerDelay = 300 * time.Millisecond

// patience bounds what waits for the whole crowd to be there.
const patience = 30 * time.Second

// firstRequests sends the first requests for one issuer all at once, each with
// a token of its own.
func (b *bench) firstRequests() (err error) {
	g, err := b.startGateway(settings{listed: b.options.issuers, timeout: callTimeout})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	const crowded = 1 // the issuer; the gateway has no keys yet
	b.say("   making %d tokens", b.extent.atOnce)
	tokens, err := b.issuers.tokens(b.extent.atOnce, func(int) int { return crowded })
	if err != nil {
		return err
	}
	before, release := b.issuers.of(crowded), b.issuers.hold(crowded)
	defer release()

	b.say("   sending them")
	var sent atomic.Int64
	ctx := httptrace.WithClientTrace(b.ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent.Add(1) },
	})
	c := newCaller(g, len(tokens))
	defer c.close()
	var got answers
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.send(ctx, tokens, 0, &got)
	}()
	if err := b.await(func() bool { return int(sent.Load()) >= len(tokens) }); err != nil {
		return fmt.Errorf("sending first requests: %d of %d were sent: %w", sent.Load(), len(tokens), err)
	}
	if err := b.wait(issuerDelay); err != nil {
		return err
	}
	released := time.Now()
	release()
	<-done
	took := time.Since(released)
	fetched := b.issuers.of(crowded).minus(before)

	b.table.count(fmt.Sprintf("fetches for %d requests", len(tokens)), fetched.String(), "1 of each", fetched == fetches{1, 1})
	b.table.count("good requests that passed", got.String(), fmt.Sprintf("%d × 200", len(tokens)), got.statuses[200] == len(tokens))
	b.table.note("answered after the issuer did", "the last one "+short(took))
	return nil
}

// await waits until something is so.
func (b *bench) await(is func() bool) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}
