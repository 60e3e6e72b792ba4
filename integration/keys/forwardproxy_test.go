package keys

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// forwardProxy is an HTTP proxy, as an organization has one between its
// machines and the world.
type forwardProxy struct {
	address string
	hosts   map[string]string // where a host:port of the world is on this machine
	server  *http.Server

	mu   sync.Mutex
	seen []string // methods and targets
}

// newForwardProxy starts one; what hosts lacks is reached as it is called.
func newForwardProxy(t *testing.T, hosts map[string]string) *forwardProxy {
	t.Helper()
	p := &forwardProxy{address: freeAddress(t), hosts: hosts}
	listener := listen(t, p.address)
	p.server = &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = p.server.Serve(listener) }()
	t.Cleanup(p.down)
	return p
}

func (p *forwardProxy) down() { _ = p.server.Close() }

// requests returns what was asked for since the last call.
func (p *forwardProxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// wantRequests asserts what was asked for since the last call.
func (p *forwardProxy) wantRequests(t *testing.T, want ...string) {
	t.Helper()
	if got := p.requests(); !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}
}

func (p *forwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.URL.String()
	if r.Method == http.MethodConnect {
		target = r.Host
	}
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+target)
	p.mu.Unlock()
	if r.Method == http.MethodConnect {
		p.tunnel(w, r)
		return
	}
	if !r.URL.IsAbs() {
		http.Error(w, "not a request to a proxy", http.StatusBadRequest)
		return
	}
	r.RequestURI = ""
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}

// tunnel joins the client to the target of its CONNECT.
func (p *forwardProxy) tunnel(w http.ResponseWriter, r *http.Request) {
	address := r.Host
	if here, ok := p.hosts[address]; ok {
		address = here
	}
	target, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer target.Close()
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go copyAndClose(target, buffered.Reader)
	copyAndClose(client, bufio.NewReader(target))
}

func copyAndClose(to net.Conn, from *bufio.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}
