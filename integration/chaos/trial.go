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
func (t *trial) run(ctx context.Context) error {
	t.journal.restart()
	if err := t.fetches.begin(); err != nil {
		return err
	}
	helping, stop := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	helpers.Go(func() { t.mint.restock(helping, t.wallet, t.issuers, t.tally.fault) })
	helpers.Go(func() { t.fetches.watch(helping, t.tally.fault) })
	t.crowd.work(ctx)
	err := t.play(ctx)
	t.crowd.pause()
	stop()
	helpers.Wait()
	if err == nil {
		err = t.fetches.end()
	}
	return err
}

// play carries out the plan's events one after the other, each when it is due.
func (t *trial) play(ctx context.Context) error {
	began := time.Now()
	for _, each := range t.plan {
		for time.Since(began) < each.at {
			if err := t.crashed(); err != nil {
				return err
			}
			if !sleep(ctx, min(each.at-time.Since(began), 200*time.Millisecond)) {
				return ctx.Err()
			}
		}
		t.journal.write("%s", each.action)
		if err := each.action.do(ctx, t); err != nil {
			return err
		}
	}
	return t.crashed()
}
