package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// crowd is who sends requests while the trial runs.
type crowd struct {
	trial *trial

	mu      sync.Mutex
	stop    context.CancelFunc // nil while it pauses
	abandon context.CancelFunc
	working sync.WaitGroup
	kept    []*http.Transport
}

// period is the mean time between two requests of one caller, and spoilPeriod
// that of one who sends bad ones.
const (
	period      = 400 * time.Millisecond
	spoilPeriod = 300 * time.Millisecond
)

func newCrowd(t *trial) *crowd { return &crowd{trial: t} }

// work has everybody send until pause.
func (c *crowd) work(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var asking context.Context
	asking, c.abandon = context.WithCancel(ctx)
	ctx, c.stop = context.WithCancel(ctx)
	start := func(keep bool, period time.Duration, next func() *request) {
		c.start(ctx, keep, period, func(send exchange) {
			if r := next(); r != nil {
				c.trial.ask(asking, send, r)
			}
		})
	}
	for _, i := range c.trial.issuers {
		if i.source == nobody {
			continue
		}
		for _, team := range teams {
			for _, keep := range []bool{true, false} {
				start(keep, period, func() *request { return c.trial.ordinary(i, team) })
			}
		}
	}
	for n, spoiler := range c.trial.spoilers() {
		start(n%2 == 0, spoilPeriod, spoiler)
		start(n%2 != 0, 3*spoilPeriod, spoiler)
	}
}

// start has one caller send with pauses that differ, one request after the other.
func (c *crowd) start(ctx context.Context, keep bool, period time.Duration, next func(exchange)) {
	send, transport := httpClient(c.trial.gateway, keep)
	c.kept = append(c.kept, transport)
	c.working.Go(func() {
		for sleep(ctx, time.Duration(rand.Int64N(int64(2*period)))) {
			next(send)
		}
	})
}

// pause waits for the requests that are under way, and ends all connections.
func (c *crowd) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop == nil {
		return
	}
	c.stop()
	// Who waits for a gateway that does not come back does so for ever.
	late := time.AfterFunc(answerWithin, c.abandon)
	c.working.Wait()
	late.Stop()
	c.abandon()
	for _, transport := range c.kept {
		transport.CloseIdleConnections()
	}
	c.stop, c.kept = nil, nil
}

// warmUp sends a good request of each role to each site that trusts it, until
// all pass.
func (c *crowd) warmUp(ctx context.Context) error {
	t := c.trial
	send, transport := httpClient(t.gateway, true)
	defer transport.CloseIdleConnections()
	for _, i := range t.issuers {
		for _, site := range sites {
			if !basic.trusts(i, site, "") {
				continue
			}
			for _, team := range teams {
				held, _ := t.wallet.newest(i, team, func(int) bool { return true }, true)
				r := newRequest(held, site, "")
				got, err := send(ctx, r)
				if err == nil && (got.status != http.StatusOK || got.faults(r) != "") {
					err = fmt.Errorf("status %d, %s", got.status, got.faults(r))
				}
				if err != nil {
					return fmt.Errorf("sending the first request of %s: %w", i.name, err)
				}
			}
		}
	}
	return nil
}
