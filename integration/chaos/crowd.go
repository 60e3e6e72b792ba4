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

// rushers is how many callers send one request after the other during a load, so
// that there are requests at every point of their way when configurations change.
const rushers = 16

// rush has them send until calm is called.
func (t *trial) rush(ctx context.Context) (calm func()) {
	rushing, stop := context.WithCancel(ctx)
	var sending sync.WaitGroup
	var transports []*http.Transport
	for n := range rushers {
		send, transport := httpClient(t.gateway, n%2 == 0)
		transports = append(transports, transport)
		sending.Go(func() {
			for sleep(rushing, 0) {
				if r := t.probeRequest(); r != nil {
					t.ask(ctx, send, r)
				}
			}
		})
	}
	return func() {
		stop()
		sending.Wait()
		for _, each := range transports {
			each.CloseIdleConnections()
		}
	}
}

// ordinary is a request of somebody who means well: with the newest token that
// is good by its key, or else with the newest.
func (t *trial) ordinary(i *issuer, team string) *request {
	held, ok := t.wallet.newest(i, team, func(n int) bool { return t.oracle.usable(i.name, n) }, true)
	if !ok {
		return nil
	}
	site := anyOf(sites)
	if i.source == ofOrganization && rand.IntN(5) > 0 {
		site = openSite // the other one does not trust it, which is worth a look now and then
	}
	return newRequest(held, site, "")
}

// spoilers make bad requests, a kind each.
func (t *trial) spoilers() []func() *request {
	makers := []func() *request{t.strange, t.withdrawn}
	for _, s := range []spoil{forged, expired, wrongAudience, unknownKid, invented} {
		makers = append(makers, func() *request { return t.spoiltRequest(s, anyOf(t.trusted())) })
	}
	return makers
}

// badKinds are how bad requests are counted that are so at any time.
func badKinds() []string {
	return []string{strange, string(forged), string(expired), string(wrongAudience), string(unknownKid), string(invented)}
}

func (t *trial) strange() *request {
	return t.sometimes(t.stranger(), strange, func(int) bool { return true })
}

// withdrawn is a request with a token whose key must be forgotten by now, if
// there is one.
func (t *trial) withdrawn() *request {
	from := t.trusted()
	for _, n := range rand.Perm(len(from)) {
		if r := t.sometimes(from[n], withdrawn, func(g int) bool { return t.oracle.gone(from[n].name, g) }); r != nil {
			return r
		}
	}
	return nil
}

func (t *trial) sometimes(i *issuer, kind string, fits func(int) bool) *request {
	held, ok := t.wallet.newest(i, anyOf(teams), fits, false)
	if !ok {
		return nil
	}
	return newRequest(held, anyOf(sites), kind)
}

// spoiltRequest is one whose token is bad by itself.
func (t *trial) spoiltRequest(s spoil, from *issuer) *request {
	held, ok := t.wallet.takeSpoilt(s, from)
	if s == forged || s == unknownKid || s == invented {
		if held, ok = t.wallet.newest(from, anyOf(teams), func(int) bool { return true }, true); ok {
			var err error
			if held.raw, err = forge(s, held.raw, t.base); err != nil {
				t.tally.fault(err)
				return nil
			}
		}
	}
	if !ok {
		return nil
	}
	r := newRequest(held, anyOf(sites), string(s))
	r.spoilt = s
	return r
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
