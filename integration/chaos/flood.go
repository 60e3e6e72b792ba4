package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// flood is many bad requests in a short time: each of another issuer that there
// is not, or all with kids that one issuer does not have.
type flood struct {
	number int
	of     spoil
	from   string
}

func (f flood) String() string {
	return fmt.Sprintf("a flood of %d requests with %s, of %s", f.number, f.of, f.from)
}

// floodPause is the time between two of them, and floodIdle how many connections
// are kept for the next.
const (
	floodPause = 10 * time.Millisecond
	floodIdle  = 20
)

func (f flood) do(ctx context.Context, t *trial) error {
	t.journal.set("flood", f.String())
	defer t.journal.clear("flood")
	send, transport := httpClient(t.gateway, true)
	transport.MaxIdleConnsPerHost = floodIdle
	defer transport.CloseIdleConnections()
	var sending sync.WaitGroup
	defer sending.Wait()
	for range f.number {
		if r := t.spoiltRequest(f.of, t.issuer(f.from)); r != nil {
			sending.Go(func() { t.ask(ctx, send, r) })
		}
		if !sleep(ctx, floodPause) {
			return ctx.Err()
		}
	}
	return nil
}
