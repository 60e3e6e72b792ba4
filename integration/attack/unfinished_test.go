package attack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// unfinished is a site like plain, for requests that do not come to their end.
// The upstream may see what came of one when the client has had its answer long
// since, so on its gate nothing is counted from one request to the next.
const unfinished = plain + "\n"

// ledger is what has happened on a gate of unfinished requests.
type ledger struct {
	owed     int // requests of /orders that may still arrive
	controls int
	arrived  int // with an identity
	allowed  int // by decisions in the log
}

var ledgers sync.Map // *gate -> *ledger

// balance asserts that attacks made no more requests upstream than they may, and
// that each that arrived is right; then a control, under a path of its own,
// passes.
func (g *gate) balance(t *testing.T, p protocol, may int, right func(stack.Arrival) string, control request) {
	t.Helper()
	kept, _ := ledgers.LoadOrStore(g, new(ledger))
	l := kept.(*ledger)
	l.owed = min(l.owed, 1) + may // of what came before, one at most may be late
	l.controls++
	control.target = fmt.Sprintf("/control-%d", l.controls)
	control.raw = strings.Replace(control.raw, " /orders ", " "+control.target+" ", 1)
	answer := g.send(t, p, control)
	controls := 0
	for _, a := range g.upstream.Seen() {
		if len(readAs(a, "X-Aws-Token-Sub")) > 0 {
			l.arrived++
		}
		switch _, path, _ := strings.Cut(strings.TrimSuffix(a.Line, " HTTP/1.1"), " "); path {
		case control.target:
			controls++
			arrives(t, "the control", a, all(carries(whole), framedOnce))
		case "/orders":
			l.owed--
			arrives(t, string(p), a, all(right, unforged, framedOnce, oneHost))
		default:
			t.Errorf("%s: the upstream saw %s", p, a.Line)
		}
	}
	if l.owed < 0 {
		t.Errorf("%s: the upstream saw %d requests too many", p, -l.owed)
		l.owed = 0
	}
	if answer.status != http.StatusOK || controls != 1 {
		t.Errorf("%s: the control: status %d, it arrived %d times", p, answer.status, controls)
	}
	for deadline := time.Now().Add(patience); l.allowed < l.arrived && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, d := range g.decisions() {
			if d.Message == "allowed" {
				l.allowed++
			}
		}
	}
	if l.allowed < l.arrived {
		t.Errorf("%s: %d requests arrived, %d were let in", p, l.arrived, l.allowed)
	}
}

func oneHost(a stack.Arrival) string {
	if hosts := readAs(a, "Host"); len(hosts) != 1 || strings.Contains(hosts[0], evil) {
		return "it is for the hosts " + strings.Join(hosts, ", ")
	}
	return ""
}
