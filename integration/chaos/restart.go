package main

import (
	"context"
	"fmt"
	"time"
)

// restartGateway ends the gateway and starts it again with the same storage.
type restartGateway struct {
	kill   bool
	pause  time.Duration
	config config
}

func (r restartGateway) String() string {
	how := "asked to end"
	if r.kill {
		how = "killed"
	}
	return fmt.Sprintf("the gateway is %s, and started again after %v", how, r.pause)
}

func (r restartGateway) do(ctx context.Context, t *trial) error {
	t.journal.set("restart", r.String())
	defer t.journal.clear("restart")
	t.oracle.interrupt(everyIssuer, "restart")
	end := t.windows.open(restarting)
	defer end()
	t.fetches.start()
	err := t.fetches.change(func() error {
		if err := t.stopGateway(r.kill); err != nil {
			return err
		}
		sleep(ctx, r.pause)
		return t.startGateway(ctx, r.config)
	})
	if err != nil {
		return err
	}
	t.oracle.is(r.config)
	t.oracle.resume(everyIssuer, "restart")
	return nil
}
