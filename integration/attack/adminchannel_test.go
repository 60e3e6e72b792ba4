package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// held has the upstream hold every request back until the end of the test.
func (g *gate) held(t *testing.T) (release func()) {
	t.Helper()
	let := make(chan struct{})
	g.upstream.SetAnswer(func(_ stack.Arrival, connection net.Conn, _ *bufio.Reader) error {
		<-let
		_, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
		return err
	})
	return sync.OnceFunc(func() { close(let) })
}

// inFlight sends a good token over each protocol, and waits until the upstream
// has all of them and answers none.
func (g *gate) inFlight(ctx context.Context, t *testing.T) (end func()) {
	t.Helper()
	release := g.held(t)
	g.upstream.Seen()
	var callers sync.WaitGroup
	for _, p := range every {
		client, token := g.keptAlive(t, p), mint(nil)
		callers.Go(func() { _, _ = g.visit(ctx, client, p, token) })
	}
	arrived := 0
	eventually(t, "the requests are under way", func() bool {
		arrived += len(g.upstream.Seen())
		return arrived == len(every)
	})
	return func() { release(); callers.Wait() }
}

// pagesAdmin is where the gateway of adminPage is administered; heard says that
// it had something to remember.
var pagesAdmin, heard = sync.OnceValue(mustFreeAddress), new(sync.Once)

// adminPage is a probe of a page of the admin API, with good requests under way
// and bad ones behind.
func adminPage(page, marker string) func(t *testing.T) {
	return func(t *testing.T) {
		a := administered{gateOf(t, "global metrics\nglobal admin "+pagesAdmin()+"\n"+plain), pagesAdmin()}
		heard.Do(func() { a.noise(t) })
		// Of allocations one in 512 KiB is on the page, so more may be needed.
		for tries := 0; tries < 20 && strings.Contains(page, "allocs") && !contains(a.get(t, page), marker); tries++ {
			a.noise(t)
		}
		end := a.inFlight(t.Context(), t)
		defer func() { end(); a.upstream.SetAnswer(nil) }()
		silent(t, page, a.get(t, page), marker)
	}
}

// traces are spans that a collector receives.
func traces(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var received strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&received, r.URL, r.Header)
		received.Write(body)
	}))
	t.Cleanup(collector.Close)
	g := newGate(t, "tracing {\nspan orders-span\n}\n"+plain,
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_COMPRESSION=none", "OTEL_BSP_SCHEDULE_DELAY=100")
	g.noise(t)
	g.passes(t, h1, call(mint(nil)).to("/the-last-one"))
	eventually(t, "the last span is there", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return contains(received.String(), "the-last-one")
	})
	mu.Lock()
	defer mu.Unlock()
	silent(t, "the traces", received.String(), "orders-span", "the-last-one")
}

// fetchesOfKeys: the issuer, and whoever is in its place, gets no token.
func fetchesOfKeys(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	var mu sync.Mutex
	var asked strings.Builder
	recorded := func(document string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text, _ := httputil.DumpRequest(r, true)
			mu.Lock()
			asked.Write(text)
			mu.Unlock()
			says(document)(w, r)
		}
	}
	issuer := p.issuer("orders")
	p.page("/orders"+discoveryPath, recorded(text(map[string]any{"issuer": issuer, "jwks_uri": issuer + keysPath})))
	p.page("/orders"+keysPath, recorded(ordersKeys()))
	g := newGate(t, trusting("issuer "+issuer+" 111122223333", "cooldown 10ms"))
	for _, protocol := range every {
		g.passes(t, protocol, call(mintAt(issuer, nil)))
		g.refuses(t, protocol, call(mintAt(issuer, func(p *parts) { p.header["kid"] = "unknown" })), http.StatusUnauthorized, "unknown_key")
	}
	mu.Lock()
	defer mu.Unlock()
	silent(t, "the fetches", asked.String(), discoveryPath, keysPath, "User-Agent: caddy-awsjwt")
}

// brokenOff: a panic of the proxy's own (http.ErrAbortHandler), once the token
// was read.
func brokenOff(t *testing.T) {
	t.Parallel()
	g := newGate(t, "log\n"+strings.Replace(plain, "audience", "forward_token\naudience", 1))
	g.upstream.SetAnswer(func(_ stack.Arrival, connection net.Conn, _ *bufio.Reader) error {
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok\n")
		return io.EOF
	})
	for _, p := range every {
		client := g.keptAlive(t, p)
		if a, err := g.visit(t.Context(), client, p, mint(nil)); err == nil {
			t.Errorf("%s: a whole answer: %+v", p, a)
		}
	}
	eventually(t, "it is logged", func() bool { return contains(strings.Join(g.gateway.Log(), "\n"), "aborting with incomplete response") })
	silent(t, "the log", strings.Join(g.gateway.Log(), "\n"), "aborting with incomplete response")
	g.upstream.SetAnswer(nil)
	g.passes(t, h1, call(mint(nil)))
}

// dump is what the process writes when it is killed with requests under way.
func dump(t *testing.T) {
	t.Parallel()
	g := newGate(t, strings.Replace(plain, "audience", "forward_token\naudience", 1), "GOTRACEBACK=all")
	g.noise(t)
	end := g.inFlight(t.Context(), t)
	defer end()
	if err := g.gateway.EndBy(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	silent(t, "the dump", strings.Join(g.gateway.Log(), "\n"), "SIGABRT", "goroutine ", "caddymodule.(*Handler).ServeHTTP")
}
