package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// settle is how long a load goes on before requests are counted.
const settle = 300 * time.Millisecond

// load is a client of several connections, each of which sends its next request
// when it has the answer to the last.
type load struct {
	address     string
	connections int
	rate        float64                      // requests in a second at most; 0 is as fast as they go
	requests    func(worker int) nextRequest // what each connection sends
	goesOn      bool                         // whether it sends until the context ends, after the window too
}

// nextRequest returns a request, which is sent before it is called again.
type nextRequest func() []byte

// window says which requests count: those that begin in it.
type window struct{ from, until time.Time }

// run sends until the window is over, and then waits for the last answers, which
// are the slow ones and count. When the context ends it waits for none.
func (l *load) run(ctx context.Context, w window) tally {
	var (
		group   sync.WaitGroup
		tallies = make([]tally, l.connections)
		sent    atomic.Int64
		began   = time.Now()
	)
	for n := range l.connections {
		group.Go(func() {
			c := connection{address: l.address}
			defer c.close()
			next := l.requests(n)
			for ctx.Err() == nil && (l.goesOn || time.Now().Before(w.until)) {
				if l.rate > 0 {
					turn := time.Duration(float64(sent.Add(1)-1) / l.rate * float64(time.Second))
					if !sleep(ctx, time.Until(began.Add(turn))) {
						return
					}
				}
				tallies[n].ask(ctx, &c, next(), w)
			}
		})
	}
	group.Wait()
	return merge(tallies)
}

// sleep reports whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (t *tally) ask(ctx context.Context, c *connection, request []byte, w window) {
	began := time.Now()
	status, err := c.ask(ctx, request)
	switch {
	case began.Before(w.from) || !began.Before(w.until):
	case err == nil:
		t.add(status, time.Since(began))
	case ctx.Err() == nil:
		t.fail(err)
	}
}
