package attack

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// k6: an issuer that is down opens nothing, and closes nothing that it need
// not. The control is another issuer, or another way to keep keys.
func k6() []probe {
	return []probe{
		{name: "down at start", script: downAtStart},
		{name: "down later", script: downLater},
		{name: "hanging later", script: hangingLater},
		{name: "down, and asked for again and again", script: askedAgain},
		{name: "down after a restart", script: downAfterRestart},
		{name: "down after a restart, keys too old", script: stored{spoil: aged(25 * time.Hour), mend: aged(23 * time.Hour)}.run},
		{name: "down after a restart, keys from the future", script: stored{spoil: aged(-time.Hour), mend: aged(time.Minute)}.run},
		{name: "down after a restart, no date", script: stored{spoil: member("fetched", nil), mend: aged(time.Minute)}.run},
		{name: "down after a restart, another's keys", script: stored{spoil: member("issuer", "http://127.0.0.1:1/else")}.run},
		{name: "down after a restart, keys of another place", script: stored{spoil: member("jwks_url", "http://127.0.0.1:1/keys")}.run},
		{name: "down after a restart, no usable key", script: stored{spoil: member("jwks", map[string]any{"keys": []any{}})}.run},
		{name: "down after a restart, a torn file", script: stored{spoil: func(text string) string { return text[:len(text)/2] }}.run},
		{name: "down after a restart, an empty file", script: stored{spoil: func(string) string { return "" }}.run},
	}
}

func downAtStart(t *testing.T) {
	t.Parallel()
	p, other := startPublisher(t), startPublisher(t)
	issuer, control := p.publish("orders", ordersKeys()), other.publish("orders", ordersKeys())
	p.down()
	g := newGate(t, trusting("issuer "+issuer+" 111122223333\nissuer "+control+" 111122223333", "persist off", "cooldown 100ms", "timeout 2s"))
	for _, each := range every {
		g.refuses(t, each, call(mintAt(issuer, nil)), http.StatusServiceUnavailable, "keys_unavailable")
		g.passes(t, each, call(mintAt(control, nil)))
	}
	if err := p.up(); err != nil {
		t.Fatal(err)
	}
	g.passesInTheEnd(t, mintAt(issuer, nil))
}

// passesInTheEnd polls until a token passes.
func (g *gate) passesInTheEnd(t *testing.T, token string) {
	t.Helper()
	eventually(t, "the token passes", func() bool {
		a, err := g.sendH1(h1, call(token))
		return err == nil && a.status == http.StatusOK
	})
	g.passes(t, h1, call(token))
}

func downLater(t *testing.T) {
	t.Parallel()
	const maxStale = 3 * time.Second
	p, other := startPublisher(t), startPublisher(t)
	issuer, control := p.publish("orders", ordersKeys()), other.publish("orders", ordersKeys())
	g := newGate(t, trusting("issuer "+issuer+" 111122223333\nissuer "+control+" 111122223333",
		"persist off", "cooldown 50ms", "ttl 100ms", "max_stale 3s"))
	token := mintAt(issuer, nil)
	began := time.Now() // before the first fetch, so that keys are never older than since then
	g.passes(t, h1, call(token))
	p.down()
	eventually(t, "max_stale ends the grace", func() bool {
		a, err := g.sendH1(h1, call(token))
		if err != nil || a.status == http.StatusOK {
			return false
		}
		if age := time.Since(began); age <= maxStale {
			t.Errorf("the keys served for less than %v, with max_stale %v", age, maxStale)
		}
		return true
	})
	for _, each := range every {
		g.refuses(t, each, call(token), http.StatusServiceUnavailable, "keys_unavailable")
		g.passes(t, each, call(mintAt(control, nil)))
	}
	if err := p.up(); err != nil {
		t.Fatal(err)
	}
	g.passesInTheEnd(t, token)
}

// hangingLater: who has keys waits for no refresh.
func hangingLater(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	fresh := p.publish("fresh", ordersKeys())
	g := newGate(t, trusting("issuer "+issuer+" 111122223333\nissuer "+fresh+" 111122223333", "persist off", "ttl 10ms", "timeout 1h"))
	g.passes(t, h1, call(mintAt(issuer, nil)))
	for _, name := range []string{"orders", "fresh"} {
		p.page("/"+name+discoveryPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
	asked := p.fetched(discoveryPath)
	eventually(t, "a refresh hangs", func() bool {
		g.passes(t, h1, call(mintAt(issuer, nil)))
		return p.fetched(discoveryPath) > asked
	})
	for _, each := range every {
		g.passes(t, each, call(mintAt(issuer, nil)))
	}
	// The attack is the twin that has no keys: it waits, and does not pass.
	ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
	defer hangUp()
	g.upstream.Seen()
	if a, err := g.visit(ctx, g.keptAlive(t, h1), h1, mintAt(fresh, nil)); err == nil {
		t.Errorf("status %d without keys", a.status)
	}
	for _, each := range g.upstream.Seen() {
		t.Errorf("the upstream saw %+v", each)
	}
}

// askedAgain: callers whose issuer is down do not add to its burden.
func askedAgain(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer, control := p.publish("orders", ordersKeys()), p.publish("control", ordersKeys())
	p.page("/orders"+discoveryPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	g := newGate(t, trusting("issuer "+issuer+" 111122223333\nissuer "+control+" 111122223333", "persist off", "cooldown 1h"))
	for _, each := range every {
		g.wantNone(t, g.flood(t, each, 40, func(int) string { return mintAt(issuer, nil) }), http.StatusServiceUnavailable)
		g.passes(t, each, call(mintAt(control, nil)))
	}
	if asked := p.fetched(discoveryPath); asked != 1 {
		t.Errorf("it was asked %d times, want once in the cooldown", asked)
	}
}

// restart ends the gateway and starts it again as it was, with its storage.
func (g *gate) restart(t *testing.T, between func()) {
	t.Helper()
	stacktest.StopGateway(t, g.gateway)
	canaries.search("the log before a restart", strings.Join(g.gateway.Log(), "\n"))
	if between != nil {
		between()
	}
	directory := filepath.Dir(g.gateway.LogFile())
	caddyfile, err := os.ReadFile(filepath.Join(directory, "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	if g.gateway, err = stack.StartGateway(binaries, directory, g.gateway.Address, string(caddyfile)); err != nil {
		t.Fatal(err)
	}
	if err := ready(g.secure); err != nil {
		t.Fatal(err)
	}
	g.read = 0
}

// files are the keys that the gateway has stored.
func (g *gate) files(t *testing.T) (paths []string) {
	t.Helper()
	root := filepath.Join(filepath.Dir(g.gateway.LogFile()), "caddy", "aws_jwt", "keys")
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".json") {
			paths = append(paths, path)
		}
		return nil // what is not there yet, or comes and goes, is looked for again
	})
	return paths
}

// store waits until a file holds keys, and returns its path and text.
func (g *gate) store(t *testing.T) (path, text string) {
	t.Helper()
	eventually(t, "keys are stored", func() bool {
		paths := g.files(t)
		if len(paths) != 1 {
			return false
		}
		read, err := os.ReadFile(paths[0])
		path, text = paths[0], string(read)
		return err == nil && json.Valid(read)
	})
	return path, text
}

// downAfterRestart: stored keys serve, and only those.
func downAfterRestart(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	never := p.publish("never", ordersKeys())
	line := "issuer " + issuer + " 111122223333\nissuer " + never + " 111122223333"
	g := newGate(t, "handle /kept {\n"+trusting(line)+"\n}\nhandle /off {\n"+trusting(line, "persist off")+"\n}")
	kept, off := call(mintAt(issuer, nil)).to("/kept"), call(mintAt(issuer, nil)).to("/off")
	g.passes(t, h1, kept)
	g.passes(t, h1, off)
	_, text := g.store(t)
	canaries.search("the stored keys", text)
	g.restart(t, p.down)
	for _, each := range every {
		g.passes(t, each, kept)
		g.refuses(t, each, off, http.StatusServiceUnavailable, "keys_unavailable")
		g.refuses(t, each, call(mintAt(never, nil)).to("/kept"), http.StatusServiceUnavailable, "keys_unavailable")
	}
}

// stored is what was done to the file of the stored keys before a restart with
// the issuer down: the keys do not serve. The control's file is mended, and
// they do.
type stored struct{ spoil, mend func(text string) string }

func (s stored) run(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	g := newGate(t, trusting("issuer "+issuer+" 111122223333", "max_stale 24h"))
	token := mintAt(issuer, nil)
	g.passes(t, h1, call(token))
	file, text := g.store(t)
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	g.restart(t, func() { p.down(); write(s.spoil(text)) })
	g.refuses(t, h1, call(token), http.StatusServiceUnavailable, "keys_unavailable")
	g.restart(t, func() {
		if s.mend != nil {
			text = s.mend(text)
		}
		write(text)
	})
	g.passes(t, h1, call(token))
}

// member changes a member of a JSON object; nil removes it.
func member(name string, value any) func(string) string {
	return func(document string) string {
		var object map[string]any
		if err := json.Unmarshal([]byte(document), &object); err != nil {
			panic(err)
		}
		if object[name] = value; value == nil {
			delete(object, name)
		}
		return text(object)
	}
}

// aged makes stored keys that were fetched some time ago, or ahead when it is
// negative.
func aged(ago time.Duration) func(string) string {
	return func(document string) string {
		return member("fetched", time.Now().Add(-ago).Format(time.RFC3339Nano))(document)
	}
}
