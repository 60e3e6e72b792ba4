package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestChaos is nine seconds of it, with the built programs.
func TestChaos(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	o := options{seed: 192709, length: 9 * time.Second}
	plan := makePlan(o.seed, o.length, makeIssuers())
	all := strings.Join(texts(plan), "\n")
	for _, want := range []string{"rotates its keys", "started again", "fault", "load: ", "must fail", "the issuers file"} {
		if !strings.Contains(all, want) {
			t.Errorf("the plan of seed %d has no %q; take another seed:\n%s", o.seed, want, all)
		}
	}
	var printed, log bytes.Buffer
	trial, err := conduct(t.Context(), o, plan, &printed, &log)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, printed.String(), log.String())
	}
	for _, each := range plan {
		if !strings.Contains(log.String(), each.action.String()) {
			t.Errorf("the log lacks %q:\n%s", each.action, log.String())
		}
	}
	c := trial.tally.now()
	if c.goodRefused+c.badPassed+c.odd+c.faults > 0 || c.good < 300 || c.bad < 100 || c.waits == 0 || c.probeResets == 0 {
		t.Errorf("counted %+v", c)
	}
	if sum(trial.tally.of) != c.good || sum(trial.tally.kinds) != c.bad {
		t.Errorf("counted %+v, %v and %v", c, trial.tally.of, trial.tally.kinds)
	}
	if !strings.Contains(printed.String(), "ok: seed 192709") {
		t.Errorf("printed %s", printed.String())
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func sum[K comparable](counts map[K]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

func TestCommandLine(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-seed", "7", "-for", "20s", "-log", log, "-plan"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "seed 7, 20s, ") || !strings.Contains(out.String(), " s  ") {
		t.Errorf("printed %s", out.String())
	}
	if _, err := os.Stat(log); err == nil {
		t.Error("a plan alone writes a log")
	}
	out.Reset()
	if err := run(t.Context(), []string{"-plan"}, &out, io.Discard); err != nil || strings.HasPrefix(out.String(), "seed 0,") {
		t.Errorf("%v: printed %s", err, out.String())
	}
	for _, wrong := range []string{"more", "-for=x", "-for=1s", "-seed=-1"} {
		if err := run(t.Context(), []string{wrong}, io.Discard, io.Discard); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}
