package main

import (
	"context"
	"sync"
	"time"
)

// trial is a whole run: what is on the stage, who sends requests, and what is
// known of what they deserve.
type trial struct {
	*stage
	plan    []event
	oracle  *oracle
	wallet  *wallet
	mint    *mint
	journal *journal
	tally   *tally
	windows *windows
	fetches *fetchLedger
	crowd   *crowd
	broken  map[string]brokenIssuer // by name
	config  config                  // in force
}

func newTrial(s *stage, plan []event, j *journal) *trial {
	t := &trial{
		stage: s, plan: plan, journal: j, windows: new(windows), wallet: newWallet(), broken: make(map[string]brokenIssuer), config: basic,
		mint: &mint{sts: s.sts}, oracle: newOracle(s.issuers, time.Now), tally: newTally(j, j.now),
	}
	t.fetches = newFetchLedger(s, t.oracle)
	t.crowd = newCrowd(t)
	return t
}

// begin has the gateway learn all keys, and its crowd wait.
func (t *trial) begin(ctx context.Context) error {
	for _, i := range t.issuers {
		t.oracle.published(i.name, []int{0})
	}
	if err := t.mint.stock(ctx, t.wallet, t.issuers); err != nil {
		return err
	}
	if err := t.crowd.warmUp(ctx); err != nil {
		return err
	}
	t.oracle.warm()
	return nil
}

// rest has the crowd send for a while, so that a process that is looked at has
// been at work.
func (t *trial) rest(ctx context.Context, d time.Duration) {
	t.crowd.work(ctx)
	sleep(ctx, d)
	t.crowd.pause()
}

// run plays the plan while the crowd works.
func (t *trial) run(ctx context.Context, length time.Duration) error {
	t.journal.restart()
	if err := t.fetches.begin(); err != nil {
		return err
	}
	helping, stop := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	helpers.Go(func() { t.mint.restock(helping, t.wallet, t.issuers, t.tally.fault) })
	helpers.Go(func() { t.fetches.watch(helping, t.tally.fault) })
	t.crowd.work(ctx)
	err := t.play(ctx, length)
	t.crowd.pause()
	stop()
	helpers.Wait()
	if err == nil {
		err = t.fetches.end()
	}
	return err
}

// play carries out the plan's events one after the other, each when it is due,
// and then lets the rest of the time pass.
func (t *trial) play(ctx context.Context, length time.Duration) error {
	began := time.Now()
	for _, each := range t.plan {
		if err := t.await(ctx, began.Add(each.at)); err != nil {
			return err
		}
		t.journal.write("%s", each.action)
		if err := each.action.do(ctx, t); err != nil {
			return err
		}
	}
	return t.await(ctx, began.Add(length))
}

// await waits for a time, while the programs run.
func (t *trial) await(ctx context.Context, until time.Time) error {
	for {
		if err := t.crashed(); err != nil {
			return err
		}
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		if !sleep(ctx, min(left, 200*time.Millisecond)) {
			return ctx.Err()
		}
	}
}
