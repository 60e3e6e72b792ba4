package caddymodule

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/certmagic"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// What is explained is what the gateway does, by the keys that it has, and leaves
// no trace: no log, no count, no lease, no door, nothing that is remembered.
func TestExplainDisturbsNothing(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, object{"allow": []object{{"name": "ours", "expression": `aws_token.account.id == "111122223333"`}}})})
	if got := <-a.send(); got != "200 site" {
		t.Fatal(got)
	}
	for len(a.asked) > 0 {
		<-a.asked
	}
	settings := running()[0].lease.settings
	references, _ := keyPool.References(settings)
	before := struct {
		doors, leases, checks int
		logger                any
		storage               certmagic.Storage
		allowed               float64
	}{countDoors(), references, 0, caddy.Log().Core(), certmagic.Default.Storage, counterOf(t, "caddy_aws_jwt_rule_decisions_total", map[string]string{"rule": "ours", "effect": "allow"})}
	counts := decisions.LastHour()
	for range 3 {
		var w walk.Walk
		if status, text := a.call("POST", "/aws_jwt/explain", `{"token":"`+a.token()+`","method":"POST","path":"/orders"}`, &w); status != http.StatusOK {
			t.Fatal(text)
		}
		if w.Outcome != walk.Allowed || w.Rule != "ours" || w.Upstream.Get("X-Aws-Token-Account-Id") != ordersAccount {
			t.Errorf("%+v", w)
		}
	}
	after := before
	references, _ = keyPool.References(settings)
	after.doors, after.leases, after.logger, after.storage = countDoors(), references, caddy.Log().Core(), certmagic.Default.Storage
	after.allowed = counterOf(t, "caddy_aws_jwt_rule_decisions_total", map[string]string{"rule": "ours", "effect": "allow"})
	if before != after {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if got := decisions.LastHour(); len(got) != len(counts) || got[0] != counts[0] {
		t.Errorf("counted %v, before %v", got, counts)
	}
	if len(a.asked) > 0 {
		t.Error("the keys that there are were fetched again")
	}
	if got := <-a.send(); got != "200 site" {
		t.Errorf("afterwards: %s", got)
	}
}

func countDoors() (n int) {
	doors.Range(func(any, any) bool { n++; return true })
	return n
}

// A fault in it ends what was begun.
func TestExplainOfConfigurationThatCannotBeAsked(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	settings := running()[0].lease.settings
	good := a.loaded
	for name, tt := range map[string]struct {
		config string
		says   string
	}{
		"nothing":       {"null", "serves no site"},
		"no aws_jwt":    {`{"apps":{"http":{"servers":{"a":{"listen":[":80"],"routes":[]}}}}}`, "no site of it has an aws_jwt"},
		"another":       {strings.Replace(string(good), `"audiences":["`+audience+`"]`, `"audiences":["another"]`, 1), "replaced meanwhile"},
		"a bad handler": {strings.Replace(string(good), `"audiences":["`+audience+`"]`, `"audiences":["`+audience+`"],"deny":[{"expression":"1"}]`, 1), "not bool"},
		"a bad matcher": {strings.Replace(string(good), `"routes":[{`, `"routes":[{"match":[{"nobody":1}]},{`, 1), "nobody"},
	} {
		a.loaded = []byte(tt.config)
		if status, text := a.call("POST", "/aws_jwt/explain", "{}", nil); status != http.StatusConflict || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	a.loaded = good
	if n, _ := keyPool.References(settings); n != 1 {
		t.Errorf("%d have a share in the key sets, want the one that runs", n)
	}
	if status, text := a.call("POST", "/aws_jwt/explain", "{}", nil); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
}

// Instead of a token there may be what the AWS CLI wrote when there was none.
func TestExplainOfNoToken(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	const failed = "An error occurred (AccessDenied) when calling the GetWebIdentityToken operation: no"
	var w walk.Walk
	if status, text := a.call("POST", "/aws_jwt/explain", `{"token":"`+failed+`"}`, &w); status != http.StatusOK || w.Reason != "AccessDenied" || w.Remedy == "" {
		t.Errorf("%d %s", status, text)
	}
}

// Who may not read the configuration learns nothing of it here.
func TestExplainTakesLeaveToReadTheConfiguration(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	a.mayRead = false
	if status, text := a.call("POST", "/aws_jwt/explain", "{}", nil); status != http.StatusForbidden || !strings.Contains(text, "leave to GET /config/, too: not authorized") {
		t.Errorf("%d %s", status, text)
	}
	a.mayRead = true
	if status, text := a.call("POST", "/aws_jwt/explain", "{}", nil); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
}

// It says what the command says of the same configuration, word for word, whatever
// stands before and behind the handler.
func TestExplainSaysWhatTheCommandSays(t *testing.T) {
	a := newAdministered(t)
	jwks := object{"persist": false}
	site := a.guarded("site", jwks, object{"deny": []object{{"name": "not-here", "expression": `request.path == "/closed"`}}})
	handle := site["routes"].([]object)[0]["handle"].([]object)
	site["routes"] = []object{
		{"match": []object{{"path": []string{"/gone"}}}, "handle": []object{{"handler": "error", "status_code": 410}}},
		{"match": []object{{"path": []string{"/abort"}}}, "handle": []object{{"handler": "static_response", "abort": true}}},
		{"match": []object{{"path": []string{"/open/*"}}}, "handle": []object{{"handler": "static_response", "body": "hello"}}, "terminal": true},
		{"match": []object{{"path": []string{"/old"}}}, "handle": []object{{"handler": "rewrite", "uri": "/closed"}}},
		{"match": []object{{"path": []string{"/named"}}}, "handle": []object{{"handler": "invoke", "name": "shared"}}},
		{"handle": handle},
	}
	site["named_routes"] = object{"shared": object{"handle": handle}}
	a.load(object{"a": site})
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, a.loaded, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ token, path, outcome string }{
		{a.token(), "/orders", "allowed"}, {"", "/orders", "refused"}, {"a.b.c", "/orders", "refused"}, {a.token(), "/closed", "refused"},
		{a.token(), "/old", "refused"}, {a.token(), "/gone", "answered"}, {a.token(), "/abort", "answered"},
		{a.token(), "/open/x", "unprotected"}, {a.token(), "/named", "allowed"},
	} {
		_, running := a.call("POST", "/aws_jwt/explain", `{"token":"`+tt.token+`","path":"`+tt.path+`"}`, nil)
		command := commandSays(t, file, tt.token, tt.path)
		running, command = moments.ReplaceAllString(running, "then"), moments.ReplaceAllString(command, "then")
		if running != command || !strings.Contains(running, `"outcome": "`+tt.outcome+`"`) {
			t.Errorf("%s with %.20q\nrunning: %s\ncommand: %s", tt.path, tt.token, running, command)
		}
	}
}

// moments are what the clock says, which goes on between the two.
var moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// commandSays is what the command makes of a file. It provisions the configuration
// for the process, so what runs is loaded again afterwards.
func commandSays(t *testing.T, file, token, path string) string {
	t.Helper()
	r, err := rehearse(file, "", false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q := explainQuestion{Token: token, Path: path}
	if token, err = q.token(); err != nil {
		t.Fatal(err)
	}
	w, err := q.walk(t.Context(), r, token)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := terminal.WriteJSON(&text, w); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A handler that is only asked about tells nobody anything, and the tokens that it
// is asked about, which may be of any age, tell nothing of the clock.
func TestRehearsedHandlerIsQuiet(t *testing.T) {
	for asked, want := range map[bool]bool{true: true, false: false} {
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		defer cancel()
		if asked {
			ctx = ctx.WithValue(rehearsalKey{}, t.Context())
		}
		h := &Handler{Issuers: []Issuer{{URL: "https://a.example", Accounts: []string{ordersAccount}}}, Audiences: []string{audience}}
		if err := h.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		if quiet := h.clock == nil; quiet != want {
			t.Errorf("asked %v: it leaves the clock alone: %v", asked, quiet)
		}
		if quiet := !h.logger.Core().Enabled(zapcore.ErrorLevel); quiet != want {
			t.Errorf("asked %v: it logs nothing: %v", asked, quiet)
		}
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
	}
}
