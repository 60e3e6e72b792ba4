package attack

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// inner are addresses where an issuer of the world has no business. The proxy
// would reach each of them.
var inner = []string{
	"169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "0.0.0.0", "192.0.0.8",
	"198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]",
	"[ff02::1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]",
	"[2002:a00:1::1]", "[2001:0:a00:1::1]",
}

// outer are the addresses' controls.
var outer = []string{"203.0.113.7", "[2001:db8::7]", "issuer.example"}

// own are ways to this machine that are dialled directly.
var own = []string{"http://127.0.0.1:PORT", "http://localhost:PORT", "http://[::ffff:127.0.0.1]:PORT", "https://localhost:SECURE", "https://0.0.0.0:SECURE"}

// addresses are the probes of where keys are dialled, each by a jwks_url of an
// issuer of the world: what resolves to an inner address is not dialled, by
// whatever name. The control's handler has allow_private_addresses.
func addresses() []probe {
	var probes []probe
	for n, each := range inner {
		probes = append(probes, probe{name: "behind a proxy " + each, script: func(t *testing.T) {
			w := world()
			w.proxy.requests()
			w.refuses(t, fmt.Sprintf("inner-%d", n))
			if asked := w.proxy.requests(); len(asked) > 0 {
				t.Errorf("the proxy was asked for %q", asked)
			}
			w.opens(t, "/lax", fmt.Sprintf("inner-%d", n))
			if asked := w.proxy.requests(); len(asked) != 1 || asked[0] != each+":443" {
				t.Errorf("the proxy was asked for %q", asked)
			}
		}})
	}
	for n, each := range outer {
		probes = append(probes, probe{name: "behind a proxy " + each + " is open", script: func(t *testing.T) {
			world().opens(t, "/strict", fmt.Sprintf("outer-%d", n))
		}})
	}
	for n, each := range own {
		probes = append(probes, probe{name: "directly " + strings.NewReplacer("://", " ", ":PORT", "", ":SECURE", "").Replace(each), script: func(t *testing.T) {
			w := world()
			w.plain.visits()
			w.secure.visits()
			w.refuses(t, fmt.Sprintf("own-%d", n))
			if asked := w.plain.visits() + w.secure.visits(); asked > 0 {
				t.Errorf("this machine was asked %d times", asked)
			}
			w.opens(t, "/lax", fmt.Sprintf("own-%d", n))
		}})
	}
	return probes
}

// worldOutside has issuers whose keys are somewhere else.
type worldOutside struct {
	plain, secure *publisher
	proxy         *forwardProxy
	site          string
}

var world = sync.OnceValue(func() *worldOutside {
	var hosts []string
	for _, each := range append(append([]string{"127.0.0.1", "localhost"}, inner...), outer...) {
		hosts = append(hosts, strings.Trim(each, "[]"))
	}
	identity := certificates.SelfSigned(hosts...)
	w := &worldOutside{plain: newPublisher(nil), secure: newPublisher(&tls.Config{Certificates: []tls.Certificate{identity.TLS()}})}
	w.plain.other, w.secure.other = says(ordersKeys()), says(ordersKeys())
	w.proxy = newForwardProxy(w.secure.address())
	authority := filepath.Join(binaries, "world.pem")
	if err := os.WriteFile(authority, identity.PEM(), 0o600); err != nil {
		panic(err)
	}
	ports := strings.NewReplacer("PORT", portOf(w.plain.address()), "SECURE", portOf(w.secure.address()))
	// Two handles, which differ in one line.
	for _, each := range []struct{ path, line string }{{"/strict", ""}, {"/lax", "allow_private_addresses"}} {
		var proxied, direct []string
		for n, address := range inner {
			proxied = append(proxied, issuerElsewhere(fmt.Sprintf("inner-%d", n), "https://"+address+"/keys"))
		}
		for n, address := range outer {
			proxied = append(proxied, issuerElsewhere(fmt.Sprintf("outer-%d", n), "https://"+address+"/keys"))
		}
		for n, url := range own {
			direct = append(direct, issuerElsewhere(fmt.Sprintf("own-%d", n), ports.Replace(url)+"/keys"))
		}
		jwks := "jwks {\npersist off\ncooldown 10ms\nca " + authority + "\n" + each.line
		w.site += "handle " + each.path + "/proxied {\naws_jwt {\naudience orders.internal\n" + strings.Join(proxied, "\n") + "\n" +
			jwks + "\nproxy " + w.proxy.url + "\n}\n}\nreverse_proxy UPSTREAM\n}\n" +
			"handle " + each.path + "/direct {\naws_jwt {\naudience orders.internal\n" + strings.Join(direct, "\n") + "\n" +
			jwks + "\n}\n}\nreverse_proxy UPSTREAM\n}\n"
	}
	return w
})

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func outsider(name string) string { return "https://issuer.example/" + name }

func issuerElsewhere(name, jwksURL string) string {
	return "issuer " + outsider(name) + " 111122223333 {\njwks_url " + jwksURL + "\n}"
}

func pathOf(name string) string {
	if strings.HasPrefix(name, "own-") {
		return "/direct"
	}
	return "/proxied"
}

func (w *worldOutside) refuses(t *testing.T, name string) {
	t.Helper()
	g := gateOf(t, w.site)
	r := call(mintAt(outsider(name), nil))
	r.target = "/strict" + pathOf(name)
	g.refuses(t, h1, r, http.StatusServiceUnavailable, "keys_unavailable")
}

func (w *worldOutside) opens(t *testing.T, at, name string) {
	t.Helper()
	g := gateOf(t, w.site)
	r := call(mintAt(outsider(name), nil))
	r.target = at + pathOf(name)
	g.passes(t, h1, r)
}

// forwardProxy is an HTTP proxy that leads every CONNECT to one place.
type forwardProxy struct {
	url, to string
	mu      sync.Mutex
	asked   []string
}

func newForwardProxy(to string) *forwardProxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	p := &forwardProxy{url: "http://" + listener.Addr().String(), to: to}
	go func() { _ = http.Serve(listener, p) }()
	return p
}

// requests returns the hosts that were asked for since the last call.
func (p *forwardProxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

func (p *forwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Host)
	p.mu.Unlock()
	target, err := net.Dial("tcp", p.to)
	if err != nil || r.Method != http.MethodConnect {
		http.Error(w, "no tunnel", http.StatusBadGateway)
		return
	}
	defer target.Close()
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(target, buffered.Reader)
		_ = target.Close()
	}()
	_, _ = io.Copy(client, bufio.NewReader(target))
}
