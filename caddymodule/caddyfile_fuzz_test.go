package caddymodule

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// A Caddyfile is refused, or what it says of aws_jwt becomes JSON that the handler
// writes as it read it, and that loads, or does not, without a fetch and without a
// panic.
func FuzzCaddyfile(f *testing.F) {
	addCaddyfiles(f)
	ctx := quietContext(f)
	lookups := countLookups(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !standsAlone(text) {
			return
		}
		adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), nil)
		if err != nil {
			return
		}
		for _, written := range handlersIn(t, adapted) {
			var h Handler
			if err := caddy.StrictUnmarshalJSON(written, &h); err != nil {
				t.Fatalf("%s is adapted to %s: %v", text, written, err)
			}
			again := caddyconfig.JSON(&h, nil)
			if !sameJSON(t, written, again) {
				t.Errorf("%s is adapted to %s, which is read and written as %s", text, written, again)
			}
			if !readsOwnFilesOnly(&h) {
				continue
			}
			first, second := loadAlone(t, ctx, written), loadAlone(t, ctx, again)
			if first != second {
				t.Errorf("%s: %s loads with the error %q, and %s with %q", text, written, first, again, second)
			}
			if strings.Contains(first, "panic") || strings.Contains(first, "goroutine ") {
				t.Errorf("%s: %s", text, first)
			}
		}
		if n := lookups.Load(); n > 0 {
			t.Errorf("%s: %d names were looked up in the DNS", text, n)
		}
	})
}

func addCaddyfiles(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/caddyfile/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		f.Fatalf("found %d golden files, error %v", len(files), err)
	}
	for _, file := range append(files, "../Caddyfile.example") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		golden, _, _ := strings.Cut(string(text), dashes)
		f.Add(golden)
	}
	for _, line := range []string{
		"leeway -1s", "leeway 1e9h", "max_lifetime 1d2h", `realm "a\"b"`, "realm {http.request.host}", "allow a", "allow `true` b c", `allow "" true`, "deny `1`", "deny <<CEL\n\ttrue\n\tCEL",
		"header X-Team {aws_token.sub", `header x_team \{a\}`, "header Host a", "issuer https://a.example", "issuer", "issuer {", `issuers_file ""`, "organization",
		"organization o-a1b2c3d4e5 {\nissuer_template https://x<uuid>\n}", "principal_tag a", "principal_tag a b c\nprincipal_tag a d", `request_tag "" ""`,
		"jwks {\nttl 0\nproxy socks5://u:p@127.0.0.1:1\nca testdata/ca.pem testdata/jwks.json\n}", "jwks a", "default_headers of", "forward_token yes", "token_source", "token_source basic bearer cookie", "aws_jwt", "}\naws_jwt {",
		"audience b", "algorithm ES384 HS256", "account", "org {args[0]}", "# a comment", "mode audit", "optional", "allow_upgrade websocket", "max_stream 1h",
	} {
		f.Add(":8080 {\n\taws_jwt {\n\t\tissuer https://a.example 111122223333\n\t\taudience a\n\t\t" + line + "\n\t}\n}\n")
	}
	for _, directive := range []string{
		"aws_jwt", "aws_jwt /a* {\n}", "aws_jwt * a", "aws_jwt @a", "aws_jwt {\nissuer http://127.0.0.1:1 {\njwks_file testdata/jwks.json\n}\n}", "@a path /b\naws_jwt @a {\naudience \"\"\n}",
	} {
		f.Add(":8080 {\n" + directive + "\n}\n")
	}
}

// quietContext is one of a configuration that logs nothing and stores its keys
// in a directory of its own.
func quietContext(f *testing.F) caddy.Context {
	f.Helper()
	ctx, err := caddy.ProvisionContext(&caddy.Config{
		Logging:    &caddy.Logging{Logs: map[string]*caddy.CustomLog{"default": {BaseLog: caddy.BaseLog{Level: "FATAL"}}}},
		StorageRaw: caddyconfig.JSONModuleObject(map[string]string{"root": f.TempDir()}, "module", "file_system", nil),
	})
	if err != nil {
		f.Fatal(err)
	}
	return ctx
}

// countLookups counts what asks for an address from now on.
func countLookups(f *testing.F) *atomic.Int64 {
	f.Helper()
	count := new(atomic.Int64)
	before := net.DefaultResolver
	f.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		count.Add(1)
		return nil, net.ErrClosed
	}}
	return count
}

// standsAlone reports whether adapting the text reads no file and nothing of the
// environment.
func standsAlone(text string) bool {
	if strings.Contains(text, "{$") {
		return false
	}
	tokens, err := caddyfile.Tokenize([]byte(text), "Caddyfile")
	if err != nil {
		return false
	}
	for _, token := range tokens {
		if token.Text == "import" {
			return false
		}
	}
	return true
}

// readsOwnFilesOnly reports whether a handler names no file but those of this
// package's testdata: a name that a fuzzer makes up may be that of a device.
func readsOwnFilesOnly(h *Handler) bool {
	paths := []string{h.IssuersFile}
	for _, i := range h.Issuers {
		paths = append(paths, i.JWKSFile)
	}
	if h.JWKS != nil {
		paths = append(paths, h.JWKS.CA...)
	}
	for _, path := range paths {
		if path != "" && (!filepath.IsLocal(path) || !strings.HasPrefix(path, "testdata/")) {
			return false
		}
	}
	return true
}

// handlersIn returns the JSON of every aws_jwt in a configuration.
func handlersIn(t *testing.T, config []byte) (found []json.RawMessage) {
	t.Helper()
	var root any
	if err := json.Unmarshal(config, &root); err != nil {
		t.Fatalf("it is adapted to %s: %v", config, err)
	}
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, each := range node {
				walk(each)
			}
		case map[string]any:
			if node["handler"] == "aws_jwt" {
				delete(node, "handler")
				found = append(found, caddyconfig.JSON(node, nil))
				return
			}
			for _, each := range node {
				walk(each)
			}
		}
	}
	walk(root)
	return found
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var objects [2]any
	for i, text := range [][]byte{a, b} {
		if err := json.Unmarshal(text, &objects[i]); err != nil {
			t.Fatal(err)
		}
	}
	return string(caddyconfig.JSON(objects[0], nil)) == string(caddyconfig.JSON(objects[1], nil))
}

// loadAlone loads a handler as Caddy does and gives it up again. It returns the
// text of the error; what was taken is given back, and nothing was started.
func loadAlone(t *testing.T, parent caddy.Context, text []byte) string {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := caddy.NewContext(parent)
	_, err := ctx.LoadModuleByID("http.handlers.aws_jwt", text)
	if !fewGoroutines(before) {
		t.Errorf("loading %s started something", text)
	}
	cancel()
	keyPool.Range(func(settings, _ any) bool {
		t.Errorf("%s left key sets of %+v", text, settings)
		return true
	})
	if err == nil {
		return ""
	}
	return err.Error()
}

// fewGoroutines waits a moment for goroutines that are about to end.
func fewGoroutines(most int) bool {
	for range 100 {
		if runtime.NumGoroutine() <= most {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}
