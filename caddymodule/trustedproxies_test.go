package caddymodule

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// loadServer provisions a server as Caddy does, and returns the lines at WARN and
// above that are about what it believes of clients.
func loadServer(t *testing.T, server object) (lines []string) {
	t.Helper()
	server["automatic_https"] = object{"disable": true}
	text, err := json.Marshal(object{"servers": object{"a": server}})
	if err != nil {
		t.Fatal(err)
	}
	core, entries := observer.New(zapcore.WarnLevel)
	observedLog = core
	ctx, err := caddy.ProvisionContext(&caddy.Config{
		Logging: &caddy.Logging{Logs: map[string]*caddy.CustomLog{caddy.DefaultLoggerName: {BaseLog: caddy.BaseLog{
			WriterRaw: []byte(`{"output": "discard"}`), CoreRaw: []byte(`{"module": "observed"}`),
		}}}},
		AppsRaw: caddy.ModuleMap{"http": text},
	})
	if err != nil {
		t.Fatal(err)
	}
	app, err := ctx.App("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		for _, h := range handlersOf(server) {
			if err := h.Cleanup(); err != nil {
				t.Error(err)
			}
		}
	}
	// The default log is the process's own: the other tests get one of Caddy's.
	if _, err := caddy.ProvisionContext(nil); err != nil {
		t.Error(err)
	}
	for _, entry := range entries.All() {
		if strings.Contains(entry.Message, "trusted_proxies_strict") {
			about, _, _ := strings.Cut(entry.Message, ": ")
			lines = append(lines, entry.LoggerName+": "+about)
		}
	}
	return lines
}

// An address that goes by what clients may write is warned of where something
// relies on it, and not where nothing does or where Caddy is strict.
func TestWarningOfAddressesThatClientsWrite(t *testing.T) {
	handler := func(more object) object {
		h := object{
			"handler": "aws_jwt", "audiences": []string{audience}, "accounts": []string{ordersAccount},
			"issuers": []object{{"url": "https://a.example", "accounts": []string{ordersAccount}}}, "jwks": object{"persist": false},
		}
		for name, value := range more {
			h[name] = value
		}
		return h
	}
	reads := handler(object{"deny": []object{{"expression": `!ip_in(request.remote_ip, "192.0.2.0/24")`}}})
	shadow := handler(object{"deny": []object{{"expression": `!ip_in(request.remote_ip, "192.0.2.0/24")`, "shadow": true}}})
	ignores := handler(object{"deny": []object{{"expression": `request.host == "request.remote_ip"`}}})
	asked := func(original object) object {
		inner := maps.Clone(reads)
		delete(inner, "handler")
		return object{"handler": "aws_jwt_authorize", "aws_jwt": inner, "original": original}
	}
	console := object{"handler": "aws_jwt_console", "remote_ip": []string{"192.0.2.0/24"}}
	both := object{"handler": "aws_jwt_console", "remote_ip": []string{"192.0.2.0/24"}, "authenticated": true}
	named := object{"handler": "aws_jwt_console", "authenticated": true}

	trusting := object{"trusted_proxies": object{"source": "static", "ranges": []string{"10.0.0.0/8"}}}
	strict := object{"trusted_proxies": trusting["trusted_proxies"], "trusted_proxies_strict": 1}
	const policy = "http.handlers.aws_jwt.config: request.remote_ip may be what a client wrote"
	for _, tt := range []struct {
		name    string
		server  object
		handler object
		want    string
	}{
		{"a rule", trusting, reads, policy},
		{"a shadow rule", trusting, shadow, policy},
		{"a rule, by a socket", object{"trusted_proxies_unix": true}, reads, policy},
		{"a rule, strictly", strict, reads, ""},
		{"a rule, without a proxy", object{}, reads, ""},
		{"a rule about something else", trusting, ignores, ""},
		{"a rule about a question", trusting, asked(object{"host": "X-Original-Host"}), policy},
		{"a rule about a question that names the client", trusting, asked(object{"client_ip": "X-Real-IP"}), ""},
		{"the console", trusting, console, "http.handlers.aws_jwt_console: nobody is let in by an address that a proxy hands on"},
		{"the console, by a name as well", trusting, both, "http.handlers.aws_jwt_console: remote_ip may go by what a client wrote"},
		{"the console, by a name alone", trusting, named, ""},
		{"the console, strictly", strict, console, ""},
		{"the console, without a proxy", object{}, console, ""},
	} {
		server := object{"listen": []string{"127.0.0.1:0"}, "routes": []object{{"handle": []object{tt.handler}}}}
		for name, value := range tt.server {
			server[name] = value
		}
		if got := strings.Join(loadServer(t, server), "\n"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
