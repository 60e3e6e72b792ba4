package upstreams

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	audience = "https://orders.internal"                      // of the examples' assertions
	subject  = "spiffe://example.com/aws/111122223333/orders" // of the caller
	header   = "X-Aws-Token-Assertion"
	account  = "111122223333" // whose role orders-lambda calls
)

// world is the gateway of examples/upstreams/Caddyfile, before an upstream that
// keeps what it is sent, with the examples' upstreams at further paths.
type world struct {
	t        *testing.T
	sts      *stacktest.STS
	issuer   string // of assertions
	recorder *stack.Upstream
	gateway  *stack.Gateway
	storage  string // Caddy's
}

// newWorld starts it. Its keys rotate as they are told, and each path /<name>
// leads to an address.
func newWorld(t *testing.T, rotation string, paths map[string]string) *world {
	t.Helper()
	w := &world{t: t, sts: stacktest.NewSTS(t), storage: t.TempDir()}
	var err error
	w.recorder, err = stack.StartUpstream()
	must(t, err)
	t.Cleanup(w.recorder.Close)
	address := stacktest.FreeAddress(t)
	w.issuer = "http://" + address
	w.gateway, err = stack.StartGateway(binaries, w.storage, address, w.caddyfile(rotation, paths))
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	return w
}

// caddyfile is that of the examples with the addresses of the test, and an admin
// endpoint.
func (w *world) caddyfile(rotation string, paths map[string]string) string {
	text := example(w.t, "Caddyfile",
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", w.sts.Issuer(account)+" "+account,
		"aws_jwt_issuer https://orders.example.com", "aws_jwt_issuer "+w.issuer+" {\n\t\trotation "+rotation+"\n\t}",
		"audience https://orders.example.com", "audience orders.internal",
		"issuer https://orders.example.com", "issuer "+w.issuer+"\n\t\t\trotation "+rotation+"\n\t\t\tttl 30s",
		"orders.example.com {", w.issuer+" {",
		"127.0.0.1:9000", w.recorder.Address)
	var more strings.Builder
	for name, to := range paths {
		fmt.Fprintf(&more, "\treverse_proxy /%s %s\n", name, to)
	}
	return "{\n\tadmin " + stacktest.FreeAddress(w.t) + "\n\tpersist_config off\n}\n" + strings.Replace(text, "\treverse_proxy ", more.String()+"\treverse_proxy ", 1)
}

// example is a file of the examples with texts replaced, each of which is there.
func example(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	content, err := os.ReadFile(exampleFile(t, name))
	must(t, err)
	return stacktest.Replaced(t, string(content), pairs...)
}

func exampleFile(t *testing.T, name string) string {
	t.Helper()
	root, err := stack.Root()
	must(t, err)
	return filepath.Join(root, "examples", "upstreams", filepath.FromSlash(name))
}

// ask sends a request through the gateway, with a new token of AWS, so that its
// assertion is new, too.
func (w *world) ask(method, path, body string) (status int, answer string) {
	w.t.Helper()
	return send(w.t, method, w.issuer+path, body, "Authorization", "Bearer "+w.sts.Token(account, "orders-lambda", "orders.internal", nil))
}

// assertion is a new one of the gateway's.
func (w *world) assertion() string {
	w.t.Helper()
	w.recorder.Seen()
	if status, answer := w.ask(http.MethodGet, "/", ""); status != http.StatusOK {
		w.t.Fatalf("the gateway answers %d %s", status, answer)
	}
	seen := w.recorder.Seen()
	if len(seen) != 1 || len(seen[0].Get(header)) != 1 {
		w.t.Fatalf("the upstream saw %+v", seen)
	}
	return seen[0].Get(header)[0]
}

// send sends a request with header fields, names and values in turn.
func send(t *testing.T, method, url, body string, fields ...string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	for i := 0; i < len(fields); i += 2 {
		request.Header.Add(fields[i], fields[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(text)
}
