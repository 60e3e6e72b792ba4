package attack

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// badJSON are changes of a configuration that is JSON, which nobody wrote by
// way of a Caddyfile.
var badJSON = []jsonChange{
	{"a handler of nothing", func(h map[string]any) {
		for name := range h {
			if name != "handler" {
				delete(h, name)
			}
		}
	}, "issuers"},
	{"no issuers", func(h map[string]any) { delete(h, "issuers") }, "issuer"},
	{"issuers null", func(h map[string]any) { h["issuers"] = nil }, "issuer"},
	{"no audiences", func(h map[string]any) { delete(h, "audiences") }, "audience"},
	{"an empty audience", func(h map[string]any) { h["audiences"] = []string{""} }, "audience"},
	{"a firewall that trusts", func(h map[string]any) { h["firewall_only"] = true }, "firewall_only"},
	{"an unknown member", func(h map[string]any) { h["allow_all"] = true }, "allow_all"},
	{"a rule without an expression", func(h map[string]any) { h["allow"] = []any{map[string]any{"name": "x"}} }, "allow[0]"},
	{"an empty list of accounts", func(h map[string]any) { h["accounts"] = []string{} }, "accounts"},
	{"a tag without values", func(h map[string]any) { h["principal_tags"] = map[string]any{"team": []string{}} }, "team"},
	{"an empty list of algorithms", func(h map[string]any) { h["algorithms"] = []string{""} }, "algorithm"},
}

// jsonChange changes each handler of the running configuration.
type jsonChange struct {
	name   string
	change func(handler map[string]any)
	fault  string
}

func (c jsonChange) run(t *testing.T) {
	t.Parallel()
	a := newAdministered(t, plain)
	load := func(change func(map[string]any)) (int, string) {
		var config map[string]any
		if err := json.Unmarshal([]byte(a.get(t, "/config/")), &config); err != nil {
			t.Fatal(err)
		}
		eachHandler(config, change)
		return a.post(t, "/load", "application/json", text(config))
	}
	if status, said := load(c.change); status == http.StatusOK || !strings.Contains(said, c.fault) {
		t.Errorf("loading: %d %s, want an error about %q", status, said, c.fault)
	}
	stranger := mintAs(strangerAccount, nil)
	for _, p := range every {
		a.refuses(t, p, call(stranger), http.StatusUnauthorized, "unknown_issuer")
		a.passes(t, p, call(mint(nil)))
	}
	if status, said := load(func(h map[string]any) { h["explain_errors"] = true }); status != http.StatusOK {
		t.Errorf("loading the control: %d %s", status, said)
	}
	a.passesAnew(t, mint(nil))
}

// eachHandler finds the handlers in a configuration, wherever they are.
func eachHandler(value any, change func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		if v["handler"] == "aws_jwt" {
			change(v)
			return
		}
		for _, each := range v {
			eachHandler(each, change)
		}
	case []any:
		for _, each := range v {
			eachHandler(each, change)
		}
	}
}

// spoiltAtRunTime are what becomes of a file while the gateway runs. text is
// what the next good version says.
var spoiltAtRunTime = map[string]func(file, text string) error{
	"gone":         func(file, _ string) error { return os.Remove(file) },
	"empty":        func(file, _ string) error { return os.WriteFile(file, nil, 0o600) },
	"half-written": func(file, text string) error { return os.WriteFile(file, []byte(text[:len(text)/2]), 0o600) },
	"a directory":  func(file, _ string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) },
	"a pipe":       func(file, _ string) error { return errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600)) },
	"endless":      func(file, _ string) error { return errors.Join(os.Remove(file), os.Symlink("/dev/zero", file)) },
	"huge": func(file, text string) error {
		return os.WriteFile(file, []byte(text+strings.Repeat(" ", 64<<20)), 0o600)
	},
}

// replace puts a new version in the place of whatever is there.
func replace(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(file), os.WriteFile(file+".next", []byte(text), 0o600), os.Rename(file+".next", file)); err != nil {
		t.Fatal(err)
	}
}

// staysInForce spoils a file, and asserts that what it said goes on to be so;
// the good version that follows changes it.
func staysInForce(t *testing.T, site, file, first, second string, spoil func(file, text string) error, known, other string, status int, reason string) {
	t.Helper()
	replace(t, file, first)
	g := newGate(t, site)
	for _, p := range every {
		g.passes(t, p, call(known))
		g.refuses(t, p, call(other), status, reason)
	}
	if err := spoil(file, second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bad version is seen", func() bool {
		g.passes(t, h1, call(known))
		return contains(strings.Join(g.gateway.Log(), "\n"), `"level":"error"`, "in force", file)
	})
	for _, p := range every {
		g.passes(t, p, call(known))
		g.refuses(t, p, call(other), status, reason)
	}
	replace(t, file, second)
	g.passesInTheEnd(t, other)
}

func spoiltIssuersFile(t *testing.T, spoil func(file, text string) error) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "issuers.json")
	known, stranger := `{"url":"`+issuerURL(ordersAccount)+`"}`, `{"url":"`+issuerURL(strangerAccount)+`"}`
	staysInForce(t, "aws_jwt {\nissuers_file "+file+"\naudience orders.internal\n}\nreverse_proxy UPSTREAM", file,
		"["+known+"]", "["+stranger+","+known+"]", spoil, mint(nil), mintAs(strangerAccount, nil), http.StatusUnauthorized, "unknown_issuer")
}

func spoiltKeyFile(t *testing.T, spoil func(file, text string) error) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.json")
	issuer := issuerURL(ordersAccount)
	staysInForce(t, "aws_jwt {\nissuer "+issuer+" 111122223333 {\njwks_file "+file+"\n}\naudience orders.internal\n}\nreverse_proxy UPSTREAM", file,
		ordersKeys(), keySet(ecJWK("other", &otherEC().PublicKey), ordersKey()), spoil,
		mint(nil), tokenBy(issuer, "ES384", "other", withEC(otherEC())), http.StatusUnauthorized, "unknown_key")
}

// storageUnwritable: keys that cannot be stored serve as long as they would
// otherwise, and nothing passes by them after a restart.
func storageUnwritable(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "aws_jwt"), []byte("a file in the place of a directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	g := newGate(t, "global storage file_system "+directory+"\n"+trusting("issuer "+issuer+" 111122223333", "cooldown 50ms"))
	bad := mintAt(issuer, func(p *parts) { p.claims["aud"] = "else" })
	for _, each := range every {
		g.passes(t, each, call(mintAt(issuer, nil)))
		g.refuses(t, each, call(bad), http.StatusUnauthorized, "wrong_audience")
	}
	g.restart(t, p.down)
	g.refuses(t, h1, call(mintAt(issuer, nil)), http.StatusServiceUnavailable, "keys_unavailable")
	if err := p.up(); err != nil {
		t.Fatal(err)
	}
	g.passesInTheEnd(t, mintAt(issuer, nil))
}
