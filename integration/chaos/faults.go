package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// action is something that the plan does. An error ends the trial.
type action interface {
	fmt.Stringer
	do(ctx context.Context, t *trial) error
}

// fault is one of devsts, in its own words.
type fault struct {
	kind, document string
	status         int
	delay          time.Duration
	harmless       bool // a fetch succeeds all the same
}

func (f fault) String() string {
	words := []string{"fault " + f.kind}
	if f.status != 0 {
		words = append(words, strconv.Itoa(f.status))
	}
	if f.delay != 0 {
		words = append(words, f.delay.String())
	}
	if f.document != "" {
		words = append(words, "of "+f.document)
	}
	return strings.Join(words, " ")
}

func (f fault) query(issuer string) url.Values {
	query := url.Values{"issuer": {issuer}, "kind": {f.kind}, "document": {f.document}}
	if f.status != 0 {
		query.Set("status", strconv.Itoa(f.status))
	}
	if f.delay != 0 {
		query.Set("delay", f.delay.String())
	}
	return query
}

// weight is how many requests a fetch may make of a document.
func (f fault) weight() int {
	if f.kind == "reset" {
		return 2
	}
	return 1
}

// breakIssuer puts a fault in force, of one issuer or of all.
type breakIssuer struct {
	name  string
	fault fault
}

func (b breakIssuer) String() string { return fmt.Sprintf("%s at %s begins", b.fault, b.name) }

func (b breakIssuer) do(_ context.Context, t *trial) error {
	about := "fault of " + b.name
	t.journal.set(about, fmt.Sprintf("%s at %s", b.fault, b.name))
	if !b.fault.harmless {
		t.oracle.interrupt(b.name, about)
	}
	t.broken[b.name] = brokenIssuer{b.fault, time.Now()}
	if err := t.sts.Fault(b.fault.query(t.accountOf(b.name))); err != nil {
		return err
	}
	if !b.fault.harmless && b.fault.document == "both" && b.name != everyIssuer {
		t.oracle.cutOff(b.name, about)
	}
	return nil
}

// brokenIssuer is a fault and when it came into force.
type brokenIssuer struct {
	fault fault
	began time.Time
}

// accountOf is what devsts knows an issuer by.
func (t *trial) accountOf(name string) string {
	if i := t.issuer(name); i != nil {
		return i.account
	}
	return name
}

// mendIssuer ends it.
type mendIssuer struct{ name string }

func (m mendIssuer) String() string { return "the fault at " + m.name + " ends" }

func (m mendIssuer) do(_ context.Context, t *trial) error {
	about := "fault of " + m.name
	if err := t.sts.ClearFaults(t.accountOf(m.name)); err != nil {
		return err
	}
	was := t.broken[m.name]
	t.fetches.fail(m.name, was.began, time.Now(), was.fault.weight())
	delete(t.broken, m.name)
	t.oracle.resume(m.name, about)
	t.journal.clear(about)
	return nil
}

// freezeSTS stops devsts for a while. The kernel goes on accepting connections
// for it.
type freezeSTS struct{ span time.Duration }

func (f freezeSTS) String() string { return fmt.Sprintf("devsts is frozen for %v", f.span) }

func (f freezeSTS) do(ctx context.Context, t *trial) error {
	began := time.Now()
	t.journal.set("freeze", "devsts is frozen")
	t.oracle.interrupt(everyIssuer, "freeze")
	if err := t.sts.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	sleep(ctx, f.span)
	if err := t.sts.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	t.fetches.fail(everyIssuer, began, time.Now(), 1)
	t.oracle.resume(everyIssuer, "freeze")
	t.journal.clear("freeze")
	return nil
}
