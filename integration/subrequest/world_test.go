package subrequest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	account  = "111122223333"
	arn      = "arn:aws:iam::111122223333:role/orders-lambda"
	audience = "https://orders.example.com"
)

// world is a proxy that asks the gateway, and the upstream behind it.
type world struct {
	t        *testing.T
	sts      *stacktest.STS
	gateway  *stack.Gateway
	upstream *stack.Upstream
	proxy    string // host:port
}

// proxies start one before an upstream, with the gateway at an address.
var proxies = map[string]func(t *testing.T, gateway, upstream string) *stack.Program{
	"nginx": startNginx, "haproxy": startHAProxy,
}

func newWorld(t *testing.T, start func(t *testing.T, gateway, upstream string) *stack.Program) *world {
	t.Helper()
	w := &world{t: t, sts: stacktest.NewSTS(t)}
	var err error
	w.upstream, err = stack.StartUpstream()
	must(t, err)
	t.Cleanup(w.upstream.Close)
	address := stacktest.FreeAddress(t)
	caddyfile := example(t, "Caddyfile",
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", w.sts.Issuer(account)+" "+account,
		":9180", address[strings.LastIndexByte(address, ':'):], "{\n\tservers", "{\n\tadmin off\n\tservers")
	w.gateway, err = stack.StartGateway(binaries, t.TempDir(), address, caddyfile)
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	w.proxy = start(t, address, w.upstream.Address).Address
	return w
}

// example is a file of the examples with texts replaced, each of which is there.
func example(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	root, err := stack.Root()
	must(t, err)
	content, err := os.ReadFile(filepath.Join(root, "examples", "proxies", filepath.FromSlash(name)))
	must(t, err)
	text := string(content)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in %s", pairs[i], name)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func program(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf(`%s is missing: run "make deps": %v`, name, err)
	}
	return found
}

func startNginx(t *testing.T, gateway, upstream string) *stack.Program {
	t.Helper()
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // whose directory it is
	}
	text := fmt.Sprintf("%sdaemon off;\npid %s/nginx.pid;\nerror_log stderr info;\n", user, directory)
	text += example(t, "nginx/nginx.conf", "127.0.0.1:9180", gateway, "127.0.0.1:9000", upstream, "127.0.0.1:8080", address,
		"http {\n", fmt.Sprintf("http {\n\taccess_log off;\n\tclient_body_temp_path %[1]s/a;\n\tproxy_temp_path %[1]s/b;\n\tfastcgi_temp_path %[1]s/c;\n\tuwsgi_temp_path %[1]s/d;\n\tscgi_temp_path %[1]s/e;\n", directory))
	return run(t, directory, address, "nginx", text, "-e", "stderr", "-c")
}

func startHAProxy(t *testing.T, gateway, upstream string) *stack.Program {
	t.Helper()
	return startHAProxyWith(t, gateway, upstream)
}

// startHAProxyWith replaces texts of the script.
func startHAProxyWith(t *testing.T, gateway, upstream string, pairs ...string) *stack.Program {
	t.Helper()
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	script := filepath.Join(directory, "aws_jwt.lua")
	must(t, os.WriteFile(script, []byte(example(t, "haproxy/aws_jwt.lua", append(pairs, "127.0.0.1:9180", gateway)...)), 0o600))
	text := example(t, "haproxy/haproxy.cfg", "/etc/haproxy/aws_jwt.lua", script, "127.0.0.1:9000", upstream, "127.0.0.1:8080", address)
	return run(t, directory, address, "haproxy", text, "-db", "-f")
}

// run starts a program whose last argument is its configuration.
func run(t *testing.T, directory, address, name, configuration string, args ...string) *stack.Program {
	t.Helper()
	file := filepath.Join(directory, "proxy.conf")
	must(t, os.WriteFile(file, []byte(configuration), 0o600))
	p, err := stack.StartProgram(directory, address, nil, program(t, name), append(args, file)...)
	must(t, err)
	t.Cleanup(func() { must(t, p.Stop()) })
	return p
}

// token is a good one with some claims changed.
func (w *world) token(changed map[string]any) string {
	w.t.Helper()
	claims, err := w.sts.GoodClaims("orders-lambda", audience)
	must(w.t, err)
	for name, value := range changed {
		claims[name] = value
	}
	token, err := w.sts.Mint(account, nil, claims)
	must(w.t, err)
	return token
}

// request is a good one through the proxy.
func (w *world) request() *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.proxy+"/orders?id=1", http.NoBody)
	must(w.t, err)
	r.Host = "orders.example.com"
	r.Header.Set("Authorization", "Bearer "+w.token(nil))
	return r
}

// send sends it, and returns the answer and what the upstream saw.
func (w *world) send(r *http.Request) (*http.Response, []stack.Arrival) {
	w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	must(w.t, err)
	must(w.t, response.Body.Close())
	return response, w.upstream.Seen()
}
