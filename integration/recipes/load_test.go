package recipes

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// loadWorkers is how many requests of each kind are on their way at once.
const loadWorkers = 2

// load are callers by the balancer that go on until they are told to end. Each
// request has a path of its own.
type load struct {
	p      *pair
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu       sync.Mutex
	count    int
	answered map[string]map[int]int // by who and status; 0 is no answer
	good     map[string]bool        // paths that were answered 200
	arrived  map[string]int         // at the API, by path
}

// caller is what a load's callers of one kind do.
type caller struct{ name, team, method string }

// reads are callers by the name of their team, writes others of the team orders.
func reads(team string) caller { return caller{team, team, http.MethodGet} }

var writes = caller{"writes", "orders", http.MethodPost}

// load starts it.
func (p *pair) load(callers ...caller) *load {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{p: p, cancel: cancel, answered: make(map[string]map[int]int), good: make(map[string]bool), arrived: make(map[string]int)}
	p.upstream.mu.Lock()
	p.upstream.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.arrived[r.URL.Path]++
		l.mu.Unlock()
		fmt.Fprintln(w, "ok")
	})
	p.upstream.mu.Unlock()
	for _, c := range callers {
		l.answered[c.name] = make(map[int]int)
		token := p.token("orders", map[string]any{"team": c.team})
		for n := range loadWorkers {
			client := p.clientFrom(from, p.address)
			l.all.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					path := fmt.Sprintf("/%s/%d-%d", c.name, n, i)
					status := send(client, c.method, path, token)
					l.mu.Lock()
					l.answered[c.name][status]++
					l.count++
					l.good[path] = status == http.StatusOK
					l.mu.Unlock()
				}
			})
		}
	}
	return l
}

// send is 0 where there is no answer, or not the whole of it. A read on a connection
// that ends without an answer net/http sends again by itself, as HTTP clients do.
func send(client *http.Client, method, path, token string) int {
	r, err := http.NewRequest(method, "https://orders.example.com"+path, http.NoBody)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil {
		return 0
	}
	return response.StatusCode
}

// awaitMore waits for n answers more.
func (l *load) awaitMore(n int) {
	l.p.t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.count
	}
	until := count() + n
	stacktest.Eventually(l.p.t, "callers are answered", func() bool { return count() >= until })
}

// end ends it, and forgets what the API saw of it.
func (l *load) end() {
	l.cancel()
	l.all.Wait()
	l.p.upstream.takeSeen()
}

func (l *load) statuses(who string) map[int]int { return l.answered[who] }

// reached is how many requests of a caller arrived at the API.
func (l *load) reached(who string) (n int) {
	for path := range l.arrived {
		if strings.HasPrefix(path, "/"+who+"/") {
			n++
		}
	}
	return n
}

// once: what a caller was told has arrived did so once, and nothing did twice.
func (l *load) once(t *testing.T, who string) {
	t.Helper()
	if l.reached(who) == 0 {
		t.Errorf("nothing of %q arrived", who)
	}
	for path, good := range l.good {
		if !strings.HasPrefix(path, "/"+who+"/") {
			continue
		}
		if n := l.arrived[path]; n > 1 || good && n != 1 {
			t.Errorf("%s arrived %d times", path, n)
		}
	}
}
