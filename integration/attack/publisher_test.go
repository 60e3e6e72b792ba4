package attack

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// publisher is a web server of issuers' documents, which probes write as they
// like. Each issuer is a path on it. Unlike devsts it publishes anything.
type publisher struct {
	url string // of the server

	tls    *tls.Config
	mu     sync.Mutex
	pages  map[string]http.HandlerFunc // by path
	other  http.HandlerFunc            // all other paths; nil is 404
	asked  map[string]int              // by path
	server *http.Server                // nil while it is down
}

// newPublisher starts one on loopback. It lives as long as the tests do.
func newPublisher(secure *tls.Config) *publisher {
	address, err := stack.FreeAddress()
	if err != nil {
		panic(err)
	}
	p := &publisher{url: "http://" + address, tls: secure, pages: make(map[string]http.HandlerFunc), asked: make(map[string]int)}
	if secure != nil {
		p.url = "https://" + address
	}
	if err := p.up(); err != nil {
		panic(err)
	}
	return p
}

// startPublisher starts one that ends with the test.
func startPublisher(t *testing.T) *publisher {
	t.Helper()
	p := newPublisher(nil)
	t.Cleanup(p.down)
	return p
}

func (p *publisher) address() string { return p.url[strings.Index(p.url, "//")+2:] }

func (p *publisher) up() error {
	var listener net.Listener
	var err error
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if listener, err = net.Listen("tcp", p.address()); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		return err
	}
	if p.tls != nil {
		listener = tls.NewListener(listener, p.tls)
	}
	server := &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
	return nil
}

// down closes the port and cuts the connections.
func (p *publisher) down() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	_ = server.Close()
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	page := p.pages[r.URL.Path]
	if page == nil {
		page = p.other
	}
	p.mu.Unlock()
	if page == nil {
		http.NotFound(w, r)
		return
	}
	page(w, r)
}

// issuer is the URL of an issuer here.
func (p *publisher) issuer(name string) string { return p.url + "/" + name }

// Where an issuer's documents are behind its URL.
const (
	discoveryPath = "/.well-known/openid-configuration"
	keysPath      = "/.well-known/jwks.json"
)

// page sets what is at a path.
func (p *publisher) page(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = answer
}

// publish gives an issuer a right discovery document and a key document, and
// returns its URL.
func (p *publisher) publish(name, keys string) string {
	issuer := p.issuer(name)
	p.page("/"+name+discoveryPath, says(text(map[string]any{"issuer": issuer, "jwks_uri": issuer + keysPath})))
	p.page("/"+name+keysPath, says(keys))
	return issuer
}

// fetched is how often a page of the issuer called orders was asked for.
func (p *publisher) fetched(page string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked["/orders"+page]
}

// visits is how often anything was asked for since the last call.
func (p *publisher) visits() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range p.asked {
		n += each
	}
	p.asked = make(map[string]int)
	return n
}

// says answers with a document.
func says(document string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, document)
	}
}

// mintAt signs with the key of the orders account, which ordersKeys publishes,
// in the name of an issuer.
func mintAt(issuer string, change func(*parts)) string {
	return mint(func(p *parts) {
		p.claims["iss"] = issuer
		if change != nil {
			change(p)
		}
	})
}
