package caddymodule

import (
	"errors"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// What somebody should look at comes first: issuers without keys, and in each state
// those whose last fetch failed.
func TestFaultyIssuersComeFirst(t *testing.T) {
	failed := errors.New("fetching")
	last := ""
	for _, status := range []verifier.Status{
		{State: verifier.StateUnavailable, Err: failed},
		{State: verifier.StateStale, Err: failed},
		{State: verifier.StateStale},
		{State: verifier.StateFresh, Err: failed},
		{State: verifier.StateFresh},
		{State: verifier.StateUnfetched},
	} {
		rank := faultyFirst(status)
		if rank <= last {
			t.Errorf("%s, %v: the rank is %q, behind %q", status.State, status.Err, rank, last)
		}
		last = rank
	}
}
