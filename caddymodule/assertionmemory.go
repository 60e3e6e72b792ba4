package caddymodule

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// minted is an assertion that was made for a token.
type minted struct {
	text  string
	until time.Time // when another one is made
}

// assertionMemory has the assertions that are made already, by the pointer to the
// token that the verifier remembers: one that it has forgotten and verified anew
// has another pointer, and so a new assertion. nil has none.
type assertionMemory struct {
	made  *otter.Cache[*awstoken.Token, minted]
	swept atomic.Int64 // Unix nanoseconds
}

// sweepAssertionsEvery is how often assertions that have served are let go.
const sweepAssertionsEvery = time.Minute

func newAssertionMemory(size int) (*assertionMemory, error) {
	if size <= 0 {
		return nil, nil //nolint:nilnil // nothing is remembered
	}
	// No goroutine outlives the handler: what is to be done beside is done by the
	// caller who gives rise to it.
	here := func(do func()) { do() }
	made, err := otter.New(&otter.Options[*awstoken.Token, minted]{MaximumSize: size, Executor: here})
	if err != nil {
		return nil, fmt.Errorf("making the memory of assertions: %w", err)
	}
	return &assertionMemory{made: made}, nil
}

func (m *assertionMemory) find(token *awstoken.Token, now time.Time) (text string, found bool) {
	if m == nil {
		return "", false
	}
	before, found := m.made.GetIfPresent(token)
	return before.text, found && now.Before(before.until)
}

func (m *assertionMemory) keep(token *awstoken.Token, made minted, now time.Time) {
	if m == nil {
		return
	}
	m.made.Set(token, made)
	last := m.swept.Load()
	if now.Sub(time.Unix(0, last)).Abs() < sweepAssertionsEvery || !m.swept.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	for each, old := range m.made.All() {
		if !now.Before(old.until) {
			m.made.Invalidate(each)
		}
	}
}
