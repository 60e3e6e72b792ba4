package attack

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// row is one threat of docs/threat-model.md.
type row struct {
	id     string
	probes func() []probe
}

// probe is one attack beside a control, which differs from it in one property
// and passes.
type probe struct {
	name string
	site string     // default: plain
	by   []protocol // default: every

	attack  request
	control request

	// Either the attack is refused, and reaches no upstream, with this status
	// and reason (no reason: by the server, before the handler sees it) …
	status int
	reason string

	// … or it passes, and disarmed says what is wrong with what arrived.
	disarmed func(stack.Arrival) string

	// intact, if there is one, says what is wrong with what arrived of the
	// control.
	intact func(stack.Arrival) string

	// script is a probe that one request cannot make, with its controls in it.
	// Nothing else is set beside it.
	script func(t *testing.T)
}

func (p probe) run(t *testing.T) {
	if p.script != nil {
		p.script(t)
		return
	}
	site := p.site
	if site == "" {
		site = plain
	}
	g := gateOf(t, site)
	by := p.by
	if by == nil {
		by = every
	}
	for _, protocol := range by {
		t.Run(string(protocol), func(t *testing.T) {
			if p.disarmed == nil {
				g.refuses(t, protocol, p.attack, p.status, p.reason)
			} else {
				arrives(t, "the attack", g.passes(t, protocol, p.attack), p.disarmed)
			}
			arrives(t, "the control", g.passes(t, protocol, p.control), p.intact)
		})
	}
}

func arrives(t *testing.T, what string, a stack.Arrival, wrong func(stack.Arrival) string) {
	t.Helper()
	if wrong == nil {
		return
	}
	if problem := wrong(a); problem != "" {
		t.Errorf("%s: %s; the upstream saw %+v", what, problem, a)
	}
}

// refuses asserts that the upstream sees nothing, that the answer has the
// status, and that the decision is logged with the reason; without a reason,
// that no decision is logged.
func (g *gate) refuses(t *testing.T, p protocol, r request, status int, reason string) answer {
	t.Helper()
	g.forget()
	a := g.send(t, p, r)
	if seen := g.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
	if a.status != status {
		t.Errorf("status %d %q, want %d", a.status, a.body, status)
	}
	if reason == "" {
		if decisions := g.decisions(); len(decisions) > 0 {
			t.Errorf("the handler decided: %+v", decisions)
		}
		return a
	}
	if d := g.decision(t); d.Reason != reason || d.Status != status {
		t.Errorf("logged %d and reason %q, want %d and %q; hint: %s", d.Status, d.Reason, status, reason, d.Hint)
	}
	return a
}

// passes asserts that the request reaches the upstream once, and returns what
// arrived.
func (g *gate) passes(t *testing.T, p protocol, r request) stack.Arrival {
	t.Helper()
	g.forget()
	a := g.send(t, p, r)
	seen := g.upstream.Seen()
	if a.status != http.StatusOK || len(seen) != 1 {
		t.Fatalf("status %d %q, %d requests reached the upstream, logged %+v; want 200 and one", a.status, a.body, len(seen), g.decisions())
	}
	return seen[0]
}

// forget drops what came before.
func (g *gate) forget() {
	g.upstream.Seen()
	g.decisions()
}

// has says what is wrong unless the upstream saw the one value of a field; ""
// is none.
func has(name, value string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		values := a.Get(name)
		if value == "" && len(values) == 0 || len(values) == 1 && values[0] == value {
			return ""
		}
		return name + " is [" + strings.Join(values, "|") + "], want " + value
	}
}

// all joins several.
func all(checks ...func(stack.Arrival) string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		for _, check := range checks {
			if wrong := check(a); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}
