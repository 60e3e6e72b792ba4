package recipes

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// pair are two gateways of docs/recipes/many-gateways.md on one storage, and HAProxy
// before them.
type pair struct {
	*world
	page     stacktest.Page
	storage  string
	gateways [2]*instance
	balancer *stack.Program
}

// instance is one of the gateways, which may be stopped and started.
type instance struct {
	p                          *pair
	directory                  string
	address, ready, admin, own string // own is its storage, if it does not share
	running                    *stack.Gateway
}

const (
	from   = "127.0.0.5" // the clients' address, which the policy lets in
	others = "127.0.0.6"
)

// newPair starts the gateways by the page's Caddyfile, in which pairs are replaced,
// and HAProxy by the page's configuration that has a text.
func newPair(t *testing.T, configuration string, pairs ...string) *pair {
	t.Helper()
	page := stacktest.ReadPage(t, "docs/recipes/many-gateways.md")
	p := &pair{page: page, storage: t.TempDir()}
	p.world = &world{t: t, host: "orders.example.com", sts: stacktest.NewSTS(t), upstream: newUpstream(t)}
	for n := range p.gateways {
		p.gateways[n] = &instance{
			p: p, directory: t.TempDir(), address: stacktest.FreeAddress(t), ready: stacktest.FreeAddress(t), admin: stacktest.FreeAddress(t),
		}
		p.gateways[n].start(pairs...)
	}
	t.Cleanup(func() {
		for _, g := range p.gateways {
			g.stop()
		}
	})
	for _, g := range p.gateways { // so that HAProxy finds neither down at first
		stacktest.Eventually(t, "the gateway is ready", g.isReady)
	}
	p.balance(configuration)
	return p
}

// start writes the page's Caddyfile, with what it is to have replaced, and runs it.
func (g *instance) start(pairs ...string) {
	g.p.t.Helper()
	g.write(pairs...)
	text, err := os.ReadFile(filepath.Join(g.directory, "Caddyfile"))
	must(g.p.t, err)
	g.running, err = stack.StartGateway(binaries, g.directory, g.address, string(text))
	must(g.p.t, err)
}

func (g *instance) write(pairs ...string) {
	t := g.p.t
	t.Helper()
	certificate, key := certificateOf(t)
	storage := g.p.storage
	if g.own != "" {
		storage = g.own
	}
	port := func(address string) string { return address[strings.LastIndexByte(address, ':'):] }
	text := stacktest.Replaced(t, g.p.page.BlockWith("caddyfile", "orders.example.com:8443 {"), slices.Concat(pairs, []string{
		"/etc/caddy-awsjwt/internal.pem", certificate, "/etc/caddy-awsjwt/internal-key.pem", key, "/mnt/caddy-awsjwt", storage,
		pageIssuer, g.p.sts.Issuer(account) + " " + account, "10.0.0.20:9000", g.p.upstream.address,
		"203.0.113.0/24", from + "/32", "10.0.0.10/32", "127.0.0.1/32", ":8443", port(g.address), ":9080", port(g.ready),
		"\tstorage ", "\tadmin " + g.admin + "\n\tpersist_config off\n\tauto_https off\n\tstorage ",
	})...)
	if !slices.Contains(pairs, "shutdown_delay 10s") {
		text = stacktest.Replaced(t, text, "shutdown_delay 10s", "shutdown_delay 10ms")
	}
	must(t, os.WriteFile(filepath.Join(g.directory, "Caddyfile"), []byte(text), 0o600))
}

func (g *instance) stop() {
	g.p.t.Helper()
	if g.running != nil {
		stacktest.StopGateway(g.p.t, g.running)
		g.running = nil
	}
}

func (g *instance) kill() {
	g.p.t.Helper()
	must(g.p.t, g.running.EndBy(os.Kill))
	g.running = nil
}

// isReady asks as HAProxy does.
func (g *instance) isReady() bool {
	response, err := http.Get("http://" + g.ready + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// balance starts HAProxy with the page's configuration that has a text.
func (p *pair) balance(configuration string) {
	t := p.t
	t.Helper()
	found, err := exec.LookPath("haproxy")
	if err != nil {
		t.Fatalf(`haproxy is missing: run "make deps": %v`, err)
	}
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	both := filepath.Join(directory, "orders.pem")
	must(t, os.WriteFile(both, slices.Concat(testCertificate().PEM(), testCertificate().KeyPEM()), 0o600))
	authority, _ := certificateOf(t)
	pairs := []string{"192.0.2.1:443", address, "inter 1s", "inter 100ms"}
	if strings.Contains(configuration, "ssl") {
		pairs = append(pairs, "/etc/haproxy/orders.pem", both, "/etc/haproxy/internal-ca.pem", authority)
	}
	for n, name := range []string{"10.0.0.11:8443", "10.0.0.12:8443"} {
		g := p.gateways[n]
		pairs = append(pairs, name+" check port 9080", g.address+" check port "+g.ready[strings.LastIndexByte(g.ready, ':')+1:])
	}
	file := filepath.Join(directory, "haproxy.cfg")
	must(t, os.WriteFile(file, []byte(stacktest.Replaced(t, p.page.BlockWith("ini", configuration), pairs...)), 0o600))
	p.balancer, err = stack.StartProgram(directory, address, nil, found, "-db", "-f", file)
	must(t, err)
	t.Cleanup(func() { must(t, p.balancer.Stop()) })
	p.address = address
	p.client = p.clientFrom(from, address)
}

// clientFrom goes from an address of this machine to another one.
func (p *pair) clientFrom(source, address string) *http.Client {
	p.t.Helper()
	client := clientOf(p.t, address)
	transport := client.Transport.(*http.Transport)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // HTTP/1.1
	return client
}

// served is how many requests a gateway has logged.
func (g *instance) served() int {
	return strings.Count(strings.Join(g.running.Log(), "\n"), `"handled request"`)
}
