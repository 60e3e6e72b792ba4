package attack

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// gate is a gateway before an upstream. It serves the same site on a port in
// the clear and on one with TLS.
type gate struct {
	upstream *stack.Upstream
	gateway  *stack.Gateway
	secure   string // host:port of the listener with TLS
	read     int    // lines of the log that were read
	reloads  bool   // whether its listeners come and go
}

func (g *gate) address(p protocol) string {
	if p.tls() {
		return g.secure
	}
	return g.gateway.Address
}

// plain is one site that authenticates all, and hands a tag on.
const plain = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	reverse_proxy UPSTREAM`

// place is where the probes of one row, which run one after the other, share a
// gateway.
type place struct{ row, site string }

// gates are the gateways that probes share.
var gates sync.Map // place -> *gate

// gateOf starts a gateway with a site, or returns the one that runs for the
// test's row. The site may hold UPSTREAM and, for the accounts' issuers, ISSUER,
// BILLING and STRANGER. Lines in front of it that begin with "global " are
// global options.
func gateOf(t *testing.T, site string) *gate {
	t.Helper()
	at := place{rowOf(t), site}
	if g, running := gates.Load(at); running {
		return g.(*gate)
	}
	g := startGate(t, site)
	gates.Store(at, g)
	return g
}

// closeGates ends the gateways that a row's probes shared.
func closeGates(t *testing.T) {
	gates.Range(func(at, g any) bool {
		if at.(place).row == rowOf(t) {
			gates.Delete(at)
			g.(*gate).stop(t)
		}
		return true
	})
}

// rowOf is the row that a test belongs to, as TestRows/H7/in_capitals to
// TestRows/H7.
func rowOf(t *testing.T) string {
	parts := strings.SplitN(t.Name(), "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// newGate starts a gateway for one test alone.
func newGate(t *testing.T, site string, environment ...string) *gate {
	t.Helper()
	g := startGate(t, site, environment...)
	t.Cleanup(func() { g.stop(t) })
	return g
}

func startGate(t *testing.T, site string, environment ...string) *gate {
	t.Helper()
	upstream, err := stack.StartUpstream()
	if err != nil {
		t.Fatal(err)
	}
	open, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	secure, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	directory, err := os.MkdirTemp(binaries, "gate-") //nolint:usetesting // it outlives the test, as gates are shared
	if err != nil {
		t.Fatal(err)
	}
	text, err := gateCaddyfile(site, directory, open, secure, upstream.Address)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := stack.StartGateway(binaries, directory, open, text, environment...)
	if err == nil {
		err = ready(secure)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &gate{upstream: upstream, gateway: gateway, secure: secure}
}

func gateCaddyfile(site, directory, open, secure, upstream string) (string, error) {
	certificateFile, keyFile := filepath.Join(directory, "gate.pem"), filepath.Join(directory, "gate.key")
	err := errors.Join(os.WriteFile(certificateFile, certificate().PEM(), 0o600), os.WriteFile(keyFile, certificate().KeyPEM(), 0o600))
	if err != nil {
		return "", err
	}
	var options, lines []string
	for line := range strings.Lines(site) {
		if option, ok := strings.CutPrefix(strings.TrimSpace(line), "global "); ok {
			options = append(options, "\t"+option)
		} else {
			lines = append(lines, line)
		}
	}
	if !strings.Contains(site, "global admin ") {
		options = append(options, "\tadmin off")
	}
	site = strings.NewReplacer(
		"UPSTREAM", upstream, "DIRECTORY", directory,
		"ISSUER", issuerURL(ordersAccount), "BILLING", issuerURL(billingAccount), "STRANGER", issuerURL(strangerAccount),
	).Replace(strings.Join(lines, ""))
	return fmt.Sprintf(`{
	debug
	skip_install_trust
	servers %s {
		protocols h1 h2c
	}
%s
}
http://%s {
%s
}
https://%s {
	tls %s %s
%s
}
`, open, strings.Join(options, "\n"), open, site, secure, certificateFile, keyFile, site), nil
}

func (g *gate) stop(t *testing.T) {
	t.Helper()
	stacktest.StopGateway(t, g.gateway)
	g.upstream.Close()
	canaries.search("the log of "+filepath.Base(filepath.Dir(g.gateway.LogFile())), strings.Join(g.gateway.Log(), "\n"))
}

// send sends a request and reads the answer, which must not hold any part of a
// token.
func (g *gate) send(t *testing.T, p protocol, r request) answer {
	t.Helper()
	send := g.sendH1
	if p == h2 || p == h2c {
		send = g.sendH2
	}
	a, err := send(p, r)
	// For a moment after a reload the old listener takes connections that it
	// then closes as they are.
	for tries := 0; g.reloads && (a.status == 0 || err != nil) && tries < 50; tries++ {
		time.Sleep(10 * time.Millisecond)
		a, err = send(p, r)
	}
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	canaries.search("an answer to "+t.Name(), a.body, fmt.Sprint(a.header))
	return a
}

// decision waits for the next line that the handler logs about a request.
func (g *gate) decision(t *testing.T) stack.Decision {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if decisions := g.decisions(); len(decisions) > 0 {
			return decisions[0]
		}
	}
	t.Fatalf("no decision was logged within %v", patience)
	return stack.Decision{}
}

// decisions returns those that were logged since the last call.
func (g *gate) decisions() []stack.Decision {
	decisions, next := g.gateway.DecisionsFrom(g.read)
	g.read = next
	return decisions
}

// ready waits until an address takes connections.
func ready(address string) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			return connection.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}
