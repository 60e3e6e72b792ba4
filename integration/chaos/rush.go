package main

import (
	"context"
	"net/http"
	"sync"
)

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
