package attack

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lure is a server that hostile tokens name. It serves a key set in which the
// stranger's key has the name of ours, so that whoever fetches it is fooled, and
// counts the connections.
type lure struct {
	url      string
	taken    sync.Mutex // by the probe that counts
	accepted atomic.Int64
}

var lureOfAll = sync.OnceValue(func() *lure {
	l := new(lure)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"keys":[`+strangersKey()+`]}`)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			l.accepted.Add(1)
		}
	}
	server.Start()
	l.url = server.URL
	return l
})

// strangersKey is the stranger's EC key as a JWK. Its kid is the same as that of
// our issuer's.
var strangersKey = sync.OnceValue(func() string { return publishedKey(strangerAccount, "EC384_0") })

// sees reports whether anybody comes while do runs, or shortly after.
func (l *lure) sees(do func()) bool {
	before := l.accepted.Load()
	do()
	const settle = 300 * time.Millisecond
	for deadline := time.Now().Add(settle); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if l.accepted.Load() != before {
			return true
		}
	}
	return false
}

// luring is a probe of tokens that name the lure. Nobody comes for them, and
// the lure would see it: that is its control.
func luring(name, reason string, tokens ...string) probe {
	return probe{name: name, script: func(t *testing.T) {
		g, l := gateOf(t, plain), lureOfAll()
		l.taken.Lock()
		defer l.taken.Unlock()
		if l.sees(func() {
			for _, token := range tokens {
				for _, p := range every {
					g.refuses(t, p, call(token), http.StatusUnauthorized, reason)
				}
			}
		}) {
			t.Error("somebody came to where a token said")
		}
		g.passes(t, h1, call(mint(nil)))
		if !l.sees(func() { knock(t, l.url) }) {
			t.Error("the lure does not see who comes")
		}
	}}
}

func knock(t *testing.T, url string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the lure answers %d", response.StatusCode)
	}
}
