package upstreams

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// languages are the examples, and how each is started for an issuer.
var languages = map[string]func(t *testing.T, address, issuer string) *stack.Program{
	"go": startGo, "python": startPython, "node": startNode, "nginx": startNginx,
}

// started cleans up what was started.
func started(t *testing.T, p *stack.Program, err error) *stack.Program {
	t.Helper()
	must(t, err)
	t.Cleanup(func() {
		must(t, p.Stop())
		if t.Failed() {
			t.Log(strings.Join(p.Log(), "\n"))
		}
	})
	return p
}

func environment(address, issuer string) []string {
	return []string{"LISTEN=" + address, "ISSUER=" + issuer, "AUDIENCE=" + audience}
}

func startGo(t *testing.T, address, issuer string) *stack.Program {
	t.Helper()
	program := filepath.Join(t.TempDir(), "upstream")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = exampleFile(t, "go")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	p, err := stack.StartProgram(t.TempDir(), address, environment(address, issuer), program)
	return started(t, p, err)
}

// startPython takes the first Python that has the libraries; that of Debian need
// not be the first in the path.
func startPython(t *testing.T, address, issuer string) *stack.Program {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import jwt, cryptography").Run() != nil {
			continue
		}
		program, err := exec.LookPath(python)
		must(t, err)
		p, err := stack.StartProgram(t.TempDir(), address, environment(address, issuer), program, exampleFile(t, "python/upstream.py"))
		return started(t, p, err)
	}
	t.Fatal(`no Python has PyJWT and cryptography: run "make deps"`)
	return nil
}

func startNode(t *testing.T, address, issuer string) *stack.Program {
	t.Helper()
	program, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf(`Node.js is missing: run "make deps": %v`, err)
	}
	p, err := stack.StartProgram(t.TempDir(), address, environment(address, issuer), program, exampleFile(t, "node/upstream.mjs"))
	return started(t, p, err)
}

const njsModule = "/usr/lib/nginx/modules/ngx_http_js_module.so"

// startNginx starts it before a server that tells whom nginx let in.
func startNginx(t *testing.T, address, issuer string) *stack.Program {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if _, missing := os.Stat(njsModule); err != nil || missing != nil {
		t.Fatalf(`nginx or its njs is missing: run "make deps": %v, %v`, err, missing)
	}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "hello %s\n", r.Header.Get("X-Asserted-Subject"))
	}))
	t.Cleanup(behind.Close)
	directory := t.TempDir()
	write := func(name, text string) {
		must(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600))
	}
	write("assertion.js", example(t, "nginx/assertion.js",
		"https://orders.example.com", issuer, "https://orders.internal", audience))
	write("assertion.conf", example(t, "nginx/assertion.conf",
		"/etc/nginx/njs/", directory, "/var/cache/nginx/gateway-keys", filepath.Join(directory, "cache"),
		"127.0.0.1:9000", address, "http://127.0.0.1:9001", behind.URL, "https://orders.example.com", issuer))
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // whose directory it is
	}
	write("nginx.conf", fmt.Sprintf(`load_module %s;
%sdaemon off;
worker_processes 2;
pid %[3]s/nginx.pid;
error_log stderr info;
events {}
http {
	access_log off;
	client_body_temp_path %[3]s/body;
	proxy_temp_path %[3]s/proxy;
	fastcgi_temp_path %[3]s/fastcgi;
	uwsgi_temp_path %[3]s/uwsgi;
	scgi_temp_path %[3]s/scgi;
	include %[3]s/assertion.conf;
}
`, njsModule, user, directory))
	p, err := stack.StartProgram(directory, address, nil, program, "-e", "stderr", "-c", filepath.Join(directory, "nginx.conf"))
	return started(t, p, err)
}
