package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// loadConfig loads a configuration into the running gateway, or tries to.
type loadConfig struct {
	to     config
	flaw   flaw
	asJSON bool // rather than as a Caddyfile
}

func (l loadConfig) String() string {
	text := "load: " + l.to.String()
	if l.flaw != noFlaw {
		text += ", which must fail: " + string(l.flaw)
	}
	if l.asJSON {
		text += ", as JSON"
	}
	return text
}

// do loads the configuration. Requests that are sent once that has returned are
// under the new rules; some are held ready on connections from before.
func (l loadConfig) do(ctx context.Context, t *trial) error {
	t.journal.set("load", l.String())
	defer t.journal.clear("load")
	probes, err := t.readyProbes(ctx)
	if err != nil {
		return err
	}
	defer probes.close()
	if l.flaw == noFlaw {
		t.oracle.may(l.to)
		if t.config.otherTTL != l.to.otherTTL {
			t.oracle.interrupt(everyIssuer, "other fetch settings")
			t.fetches.start()
		}
	}
	err = t.fetches.change(func() error {
		end := t.windows.open(loading)
		calm := t.rush(ctx)
		l.settle(t, t.post(ctx, l))
		end()
		calm()
		return nil
	})
	if err != nil {
		return err
	}
	return probes.fire(ctx)
}

// settle tells the oracle what is in force, and counts it as a fault when that is
// not what was to come.
func (l loadConfig) settle(t *trial, answered error) {
	switch {
	case l.flaw == noFlaw && answered == nil:
		t.oracle.is(l.to)
		t.config = l.to
	case l.flaw == noFlaw:
		t.oracle.stays()
		t.tally.fault(fmt.Errorf("a good configuration does not load: %s: %w", l, answered))
	case answered == nil:
		t.tally.fault(fmt.Errorf("a bad configuration loads: %s", l))
	case !strings.Contains(answered.Error(), l.flaw.symptom()):
		t.tally.fault(fmt.Errorf("a bad configuration fails for another reason than %q: %w", l.flaw, answered))
	default:
		t.journal.write("  it failed, as it should: %v", answered)
	}
	t.oracle.resume(everyIssuer, "other fetch settings")
}

// post sends the configuration to Caddy's admin API.
func (t *trial) post(ctx context.Context, l loadConfig) error {
	text, kind := []byte(t.caddyfile(l.to, l.flaw)), "text/caddyfile"
	if l.asJSON {
		adapted, err := t.adminPost(ctx, "/adapt", kind, text)
		if err != nil {
			return err
		}
		var out struct {
			Result json.RawMessage `json:"result"`
		}
		if err := json.Unmarshal(adapted, &out); err != nil {
			return fmt.Errorf("adapting the Caddyfile: %w", err)
		}
		text, kind = out.Result, "application/json"
	}
	_, err := t.adminPost(ctx, "/load", kind, text)
	return err
}
