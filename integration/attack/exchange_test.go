package attack

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// moment is when a client says that it sends no more.
type moment int

const (
	never  moment = iota // it waits for the gateway to end the connection
	atOnce               // when it has sent all
)

// exchange writes bytes to a connection and reads answers until it ends. It
// returns their statuses.
func (g *gate) exchange(t *testing.T, p protocol, raw string, sendsNoMore moment) []int {
	t.Helper()
	connection, err := g.dial(p)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, _ = io.WriteString(connection, request{raw: raw}.h1(g.address(p))) // being cut off is an answer, too
	if sendsNoMore == atOnce {
		half, ok := connection.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil {
			t.Fatalf("%T cannot be closed by halves", connection)
		}
	}
	in := bufio.NewReader(connection)
	var statuses []int
	for {
		a, err := readH1(in, http.MethodGet)
		if err != nil || a.status == 0 {
			return statuses
		}
		canaries.search("an answer to "+t.Name(), a.body)
		statuses = append(statuses, a.status)
	}
}

// onlyLines asserts which requests reached the upstream since forget, late ones
// included: a last request follows, on the connections that are open.
func (g *gate) onlyLines(t *testing.T, want ...string) []stack.Arrival {
	t.Helper()
	g.send(t, h1, request{target: "/last", fields: call(mint(nil)).fields})
	seen := g.upstream.Seen()
	var got []string
	for _, a := range seen {
		got = append(got, a.Line)
	}
	if !slices.Equal(got, append(slices.Clip(want), "GET /last HTTP/1.1")) {
		t.Errorf("the upstream saw %q, want %q and the last one", got, want)
	}
	return seen
}

// allowed asserts that as many decisions to let pass were logged as requests
// arrived.
func (g *gate) allowed(t *testing.T, arrived int) {
	t.Helper()
	let := 0
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		for _, d := range g.decisions() {
			if d.Message == "allowed" {
				let++
			}
		}
		if let >= arrived || time.Now().After(deadline) {
			break
		}
	}
	if let < arrived {
		t.Errorf("%d requests arrived, %d were let in", arrived, let)
	}
}
