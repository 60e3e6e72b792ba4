package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// progress prints a line every few seconds until ctx ends.
func (t *trial) progress(ctx context.Context, w io.Writer) {
	for sleep(ctx, 4*time.Second) {
		fmt.Fprintf(w, "[%6.1f s] %s\n           on: %s\n", t.journal.since().Seconds(), t.tally.now(), t.journal.now())
	}
}

// findings is what a trial has found.
type findings struct {
	before, after vitals
	length        time.Duration
	interrupted   error
}

// report prints what came of a trial, and returns what is wrong.
func (t *trial) report(w io.Writer, f findings) (wrong []string) {
	line := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	c := t.tally.now()
	line("\nRequests: %s", c)
	for _, each := range t.tally.table() {
		line("  %s", each)
	}
	breaches, lines := t.fetches.judge()
	line("Fetches:")
	for _, each := range lines {
		line("  %s", each)
	}
	line("Gateway: %v before, %v after", f.before, f.after)

	for _, each := range []struct {
		n    int
		what string
	}{
		{c.goodRefused, "good requests were refused"}, {c.badPassed, "bad requests passed"},
		{c.odd, "answers were odd"}, {c.faults, "events went wrong"},
	} {
		if each.n > 0 {
			wrong = append(wrong, fmt.Sprintf("%d %s", each.n, each.what))
		}
	}
	wrong = append(wrong, breaches...)
	if f.interrupted != nil {
		return append(wrong, f.interrupted.Error())
	}
	wrong = append(wrong, f.after.excess(f.before)...)
	return append(wrong, t.untried(f.length)...)
}

// untried says what a trial of some length should have tried and has not.
func (t *trial) untried(length time.Duration) (wrong []string) {
	kinds := badKinds()
	if length > wholeFrom {
		kinds = append(kinds, withdrawn, notTrusted, denied, tooStale)
	}
	if none := t.tally.missing(kinds); len(none) > 0 {
		wrong = append(wrong, "there were none of these requests: "+strings.Join(none, "; "))
	}
	if c := t.tally.now(); c.good < 2*c.unsure {
		wrong = append(wrong, fmt.Sprintf("%d requests were good and %d unsure, which tests too little", c.good, c.unsure))
	}
	return wrong
}

// explain prints the first outcomes that were wrong, with what the gateway has
// logged about them.
func (t *trial) explain(w io.Writer) {
	wrongs := t.tally.wrong()
	if len(wrongs) == 0 {
		return
	}
	decisions := t.decisions()
	for _, each := range wrongs {
		fmt.Fprintf(w, "\n%8.3f s  %v\n", each.at.Seconds(), each)
		if each.request == nil {
			continue
		}
		logged := decisions[each.request.path]
		if len(logged) == 0 {
			fmt.Fprintln(w, "    the gateway logged no decision")
		}
		for _, d := range logged {
			fmt.Fprintf(w, "    the gateway logged: %s, status %d, reason %q, rule %q, hint %q\n", d.Message, d.Status, d.Reason, d.Rule, d.Hint)
		}
	}
}

// decisions are those that any of the gateways has logged, by the path.
func (t *trial) decisions() map[string][]stack.Decision {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := make(map[string][]stack.Decision)
	for _, g := range t.gateways {
		for _, d := range g.Decisions() {
			if path, ok := d.Field("path").(string); ok {
				found[path] = append(found[path], d)
			}
		}
	}
	return found
}
