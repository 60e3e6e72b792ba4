package keys

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// connection is one to the gateway that a test writes to itself.
type connection struct {
	net.Conn
	in *bufio.Reader
}

// connect dials again where the server of an earlier configuration, which still
// ends, would have taken the connection.
func (w *world) connect() *connection {
	w.t.Helper()
	var c net.Conn
	eventually(w.t, "a connection was accepted", func() (ok bool) {
		var err error
		c, err = net.Dial("tcp", w.address)
		return err == nil
	})
	must(w.t, c.SetDeadline(time.Now().Add(patience)))
	w.t.Cleanup(func() { _ = c.Close() })
	return &connection{c, bufio.NewReader(c)}
}

// connectAndUse returns a connection that has served one request.
func (w *world) connectAndUse(with token) *connection {
	w.t.Helper()
	var c *connection
	eventually(w.t, "a request was answered before the reload", func() bool {
		c = w.connect()
		c.write(with)
		status := c.read(w.t)
		if status != 0 && status != http.StatusOK {
			w.t.Fatalf("before the reload: status %d", status)
		}
		return status == http.StatusOK
	})
	return c
}

// write sends a request; one to a connection that was closed is lost.
func (c *connection) write(with token) {
	_, _ = io.WriteString(c, "GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+with.text+"\r\n\r\n")
}

// read returns the answer's status, or 0 when the connection was closed without
// one.
func (c *connection) read(t *testing.T) int {
	response, err := http.ReadResponse(c.in, nil)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	if err != nil {
		t.Error(err)
		return -1
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// A connection may be older than the configuration. What comes on it after the
// reload is judged by the new one, or not at all: the connection is closed.
// Whether it was ever used makes no difference.
func TestConnectionsOlderThanTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(lax)
	good := w.issuers.mint("reports-batch", orders, signedRS256)
	w.passes("a", good)
	for range 8 {
		var unused, used []*connection
		for range 9 {
			unused, used = append(unused, w.connect()), append(used, w.connectAndUse(good))
		}
		w.seen()
		shutOut := w.issuers.shutOut()
		w.reload(strict)
		wants := []struct {
			with   token
			status int
		}{{shutOut[0], http.StatusUnauthorized}, {shutOut[1], http.StatusForbidden}, {good, http.StatusOK}}
		all := slices.Concat(unused, used)
		for n, c := range all {
			c.write(wants[n%3].with)
		}
		var readers sync.WaitGroup
		for n, c := range all {
			readers.Go(func() {
				if status := c.read(t); status != 0 && status != wants[n%3].status {
					t.Errorf("connection %d: status %d, want %d or a closed connection", n, status, wants[n%3].status)
				}
			})
		}
		readers.Wait()
		for _, id := range w.seen() {
			if id != good.id {
				t.Errorf("the upstream saw %s, which came after the stricter configuration", id)
			}
		}
		w.reload(lax)
	}
	// The control: what was refused is good otherwise.
	for _, each := range w.issuers.shutOut() {
		w.passes("a", each)
	}
}

// A request that waits for keys while the configuration is replaced waits on,
// or begins anew, and passes by what is in force in the end.
func TestRequestsThatWaitThroughAReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	trusting := func(jwks ...string) string {
		return site("a", append(append([]string{"issuer ORDERS " + orders, "issuer BILLING " + billing, "jwks {", "timeout 1h", "persist off"}, jwks...), "}")...)
	}
	for name, each := range map[string]struct {
		next   string
		status int
	}{
		"same settings":  {trusting(), http.StatusOK},
		"other settings": {trusting("ttl 1h"), http.StatusOK},
		"no trust":       {site("a", "issuer ORDERS "+orders, "jwks {", "timeout 1h", "persist off", "}"), http.StatusUnauthorized},
		"no trust, other settings": {site("a", "issuer ORDERS "+orders, "jwks {", "timeout 1h", "ttl 1h", "persist off", "}"),
			http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.issuers)
			w.issuers.ResetFetches()
			w.issuers.fault(billing, "hang")
			w.start(trusting())
			with := w.issuers.token(billing)
			done := make(chan answer)
			go func() {
				a, err := ask(t.Context(), w.client, "a", with)
				if err != nil {
					t.Error(err)
				}
				done <- a
			}()
			eventually(t, "the issuer was asked", func() bool { return w.issuers.fetched(billing).Discovery == 1 })
			w.reload(each.next)
			must(t, w.issuers.ClearFaults(""))
			if a := <-done; a.status != each.status {
				t.Errorf("status %d, want %d", a.status, each.status)
			}
			if passed := slices.Contains(w.seen(), with.id); passed != (each.status == http.StatusOK) {
				t.Errorf("the upstream saw it: %v", passed)
			}
		})
	}
}
