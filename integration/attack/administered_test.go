package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// administered is a gate whose admin API listens.
type administered struct {
	*gate
	admin string // host:port
}

// newAdministered starts a gateway for one test alone.
func newAdministered(t *testing.T, site string) *administered {
	t.Helper()
	admin := freeAddress(t)
	a := &administered{newGate(t, "global admin "+admin+"\n"+site), admin}
	a.reloads = true
	return a
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// load replaces the configuration by one with another site, and returns the
// status and what the gateway says.
func (a *administered) load(t *testing.T, site string) (int, string) {
	t.Helper()
	directory := filepath.Dir(a.gateway.LogFile())
	caddyfile, err := gateCaddyfile("global admin "+a.admin+"\n"+site, directory, a.gateway.Address, a.secure, a.upstream.Address)
	if err != nil {
		t.Fatal(err)
	}
	return a.post(t, "/load", "text/caddyfile", caddyfile)
}

// reload is a load that must succeed.
func (a *administered) reload(t *testing.T, site string) {
	t.Helper()
	if status, said := a.load(t, site); status != http.StatusOK {
		t.Fatalf("reloading: %d %s", status, said)
	}
}

func (a *administered) post(t *testing.T, path, contentType, body string) (int, string) {
	t.Helper()
	status, said, err := a.ask(t.Context(), http.MethodPost, path, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	return status, said
}

// get reads a page of the admin API.
func (a *administered) get(t *testing.T, path string) string {
	t.Helper()
	status, said, err := a.ask(t.Context(), http.MethodGet, path, "", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("the admin API's %s: %d %v", path, status, err)
	}
	return said
}

// ask sends on a connection of its own, and again when the admin listener of an
// earlier configuration, which still ends, has taken it.
func (a *administered) ask(ctx context.Context, method, path, contentType, body string) (status int, said string, err error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		status, said, err = a.askOnce(ctx, method, path, contentType, body)
		if !wasClosed(err) || time.Now().After(deadline) {
			return status, said, err
		}
	}
}

func (a *administered) askOnce(ctx context.Context, method, path, contentType, body string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+a.admin+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Close = true
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Cache-Control", "must-revalidate") // also when it is the same as before
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	return response.StatusCode, string(said), err
}

// wasClosed reports whether a connection was closed without an answer, or was
// not accepted.
func wasClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED)
}

// heap is how many bytes are in use after garbage was collected, and peak how
// many ever were.
func (a *administered) heap(t *testing.T) int64 {
	t.Helper()
	var profile string
	for range 3 { // pools are emptied, and what they held is freed
		profile = a.get(t, "/debug/pprof/heap?gc=1&debug=1")
	}
	return numberBehind(t, profile, "# HeapInuse = ")
}

func (a *administered) peak(t *testing.T) int64 {
	t.Helper()
	return numberBehind(t, a.get(t, "/debug/pprof/heap?debug=1"), "# HeapSys = ")
}

// goroutines is how many the gateway has. Each connection that it serves has at
// least one.
func (a *administered) goroutines(t *testing.T) int64 {
	t.Helper()
	return numberBehind(t, a.get(t, "/debug/pprof/goroutine?debug=1"), "goroutine profile: total ")
}

func numberBehind(t *testing.T, text, label string) int64 {
	t.Helper()
	_, rest, found := strings.Cut(text, label)
	n, err := strconv.ParseInt(strings.Fields(rest + " x")[0], 10, 64)
	if !found || err != nil {
		t.Fatalf("no number behind %q: %v", label, err)
	}
	return n
}

// atMost asserts that memory has not grown by more than so many MiB.
func atMost(t *testing.T, what string, before, after int64, mebibytes int64) {
	t.Helper()
	if grown := after - before; grown > mebibytes<<20 {
		t.Errorf("%s: %s more memory, at most %d MiB are right", what, fmt.Sprintf("%.1f MiB", float64(grown)/(1<<20)), mebibytes)
	}
}

// eventually polls until ok, and fails the test if that is never so. It is
// patient, so that a machine with other work to do fails nothing.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(6 * patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}
