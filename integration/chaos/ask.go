package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// ask sends a request and counts what comes of it.
func (t *trial) ask(ctx context.Context, send exchange, r *request) {
	for again := false; ; again = true {
		began := time.Now()
		first, why := t.oracle.judge(r)
		got, err := send(ctx, r)
		ended := time.Now()
		last, _ := t.oracle.judge(r)
		if ctx.Err() != nil {
			return // the end, which breaks connections
		}
		t.fetches.note(r, t.oracle.keys(r.from.name, r.generation), began, ended)
		saw := t.back.saw(r.path)
		deserved := first
		if first != last {
			deserved = unsure
		}
		if err == nil {
			t.count(r, deserved, why, got, saw)
			return
		}
		switch t.windows.during(began, ended) {
		case restarting:
			t.tally.waited()
			if saw && deserved == bad {
				t.tally.passed(r, why)
			}
			t.awaitGateway(ctx)
			return
		case loading:
			if !saw && !again {
				t.tally.reset(r, err)
				t.windows.awaitLoad(ctx)
				continue
			}
		default:
		}
		t.lost(r, deserved, why, saw, err)
		return
	}
}

// refusals are the statuses of a refusal by the handler.
var refusals = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}

// count judges an answer. Whatever the request deserved, what reached the
// upstream was answered by it, and nothing else was answered 200.
func (t *trial) count(r *request, deserved verdict, why string, got answer, saw bool) {
	passed := got.status == http.StatusOK
	refused := slices.Contains(refusals, got.status)
	switch {
	case saw && deserved == bad:
		t.tally.passed(r, why)
	case saw != passed || !passed && !refused:
		t.tally.odd(r, deserved, fmt.Sprintf("status %d, and the upstream saw it: %t", got.status, saw))
	case passed && got.faults(r) != "":
		t.tally.odd(r, deserved, got.faults(r))
	case deserved == good && !passed:
		t.tally.refused(r, fmt.Sprintf("status %d", got.status))
	default:
		t.tally.right(r, deserved, why)
	}
}

// lost counts a request whose connection broke for no reason that is known.
func (t *trial) lost(r *request, deserved verdict, why string, saw bool, err error) {
	switch {
	case saw && deserved == bad:
		t.tally.passed(r, why)
	case deserved == good:
		t.tally.refused(r, fmt.Sprintf("no answer; the upstream saw it: %t: %v", saw, err))
	default:
		t.tally.odd(r, deserved, fmt.Sprintf("no answer; the upstream saw it: %t: %v", saw, err))
	}
}
