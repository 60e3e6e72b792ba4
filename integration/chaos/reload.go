package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
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
	default:
		t.journal.write("  it failed, as it should: %v", answered)
	}
	t.oracle.resume(everyIssuer, "other fetch settings")
}

// post sends the configuration to Caddy's admin API. An error of the type
// *refusedLoad is the answer.
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

const adminWithin = 30 * time.Second

// adminPost asks for a load even if nothing has changed.
func (t *trial) adminPost(ctx context.Context, path, kind string, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, adminWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.admin+path, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Cache-Control", "must-revalidate")
	return t.adminDo(request)
}

// adminClient keeps no connection, which would count as a goroutine of the
// gateway's.
var adminClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (t *trial) adminDo(request *http.Request) ([]byte, error) {
	response, err := adminClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status + ": " + string(bytes.TrimSpace(body)))
	}
	return body, nil
}

// writeFile puts a version of the issuers file in place.
type writeFile struct {
	missing string // the issuer that it lacks
	damage  damage
}

func (w writeFile) String() string {
	switch {
	case w.damage != noDamage:
		return "the issuers file becomes bad: " + string(w.damage)
	case w.missing != "":
		return "the issuers file loses " + w.missing
	}
	return "the issuers file becomes good and whole"
}

func (w writeFile) do(_ context.Context, t *trial) error {
	t.journal.clear("file")
	if w != (writeFile{}) {
		t.journal.set("file", w.String())
	}
	if w.damage != noDamage {
		t.oracle.fileIsBad()
		return t.writeIssuers(w.missing, w.damage)
	}
	t.oracle.fileMay(w.missing)
	if err := t.writeIssuers(w.missing, w.damage); err != nil {
		return err
	}
	t.oracle.fileIs()
	return nil
}

// restartGateway ends the gateway and starts it again with the same storage.
type restartGateway struct {
	kill   bool
	pause  time.Duration
	config config
}

func (r restartGateway) String() string {
	how := "asked to end"
	if r.kill {
		how = "killed"
	}
	return fmt.Sprintf("the gateway is %s, and started again after %v", how, r.pause)
}

func (r restartGateway) do(ctx context.Context, t *trial) error {
	t.journal.set("restart", r.String())
	defer t.journal.clear("restart")
	t.oracle.interrupt(everyIssuer, "restart")
	end := t.windows.open(restarting)
	defer end()
	t.fetches.start()
	err := t.fetches.change(func() error {
		if err := t.stopGateway(r.kill); err != nil {
			return err
		}
		sleep(ctx, r.pause)
		return t.startGateway(ctx, r.config)
	})
	if err != nil {
		return err
	}
	t.oracle.is(r.config)
	t.oracle.resume(everyIssuer, "restart")
	return nil
}
