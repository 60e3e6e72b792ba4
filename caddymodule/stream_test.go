package caddymodule

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// When a request that has passed must end.
func TestEndOf(t *testing.T) {
	longest := func(d time.Duration) func(*Handler) { return func(h *Handler) { h.MaxStream = duration(d) } }
	token := 300 * time.Second // the life that the good token has left
	for _, tt := range []struct {
		name   string
		change func(*Handler)
		r      *http.Request
		want   time.Duration // 0: never
	}{
		{"a request", nil, get(goodToken(t)), 0},
		{"an upgrade", allowWebSocket, handshake(goodToken(t)), token + 30*time.Second},
		{"an upgrade without leeway", func(h *Handler) { allowWebSocket(h); h.Leeway = duration(0) }, handshake(goodToken(t)), token},
		{"a request that may be upgraded", allowWebSocket, get(goodToken(t)), 0},
		{"max_stream beyond the token", longest(time.Hour), get(goodToken(t)), token + 30*time.Second},
		{"max_stream within the token", longest(time.Minute), get(goodToken(t)), time.Minute},
		{"max_stream and an upgrade", func(h *Handler) { allowWebSocket(h); longest(time.Second)(h) }, handshake(goodToken(t)), time.Second},
		{"anonymous", func(h *Handler) { optional(h); longest(time.Second)(h) }, get(""), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandler(t, tt.change)
			v := new(visit)
			if refused := h.decide(caddyhttp.PrepareRequest(tt.r, caddy.NewReplacer(), nil, nil), v); refused != nil {
				t.Fatal(refused.hint)
			}
			end, ends := h.endOf(v)
			if ends != (tt.want > 0) || ends && end.Sub(instant) != tt.want {
				t.Errorf("it ends %v after now (%v), want %v", end.Sub(instant), ends, tt.want)
			}
		})
	}
}

// streams sends a first line, and then waits; what it waits for is a handler of
// Caddy's, which may look at the context or not.
func streams(t *testing.T, h *Handler, wait func(*http.Request)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(serverOf([]*Handler{h}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "begun\n")
		_ = http.NewResponseController(w).Flush()
		wait(r)
	}))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, caddyhttp.ConnCtxKey, c)
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// Whatever a handler waits for, the client's stream ends when max_stream says
// so, over HTTP/1.1 and HTTP/2, and not before.
func TestStreamEnds(t *testing.T) {
	for _, major := range []int{1, 2} {
		for name, obeys := range map[string]bool{"a proxy": true, "a handler that ignores the context": false} {
			t.Run(name, func(t *testing.T) {
				cause, done := make(chan error, 1), make(chan struct{})
				h := newHandler(t, func(h *Handler) { h.MaxStream = duration(200 * time.Millisecond) })
				server := streams(t, h, func(r *http.Request) {
					<-r.Context().Done()
					cause <- context.Cause(r.Context())
					if !obeys {
						<-done
					}
				})
				defer close(done) // before the server closes, which waits for the handler
				client := server.Client()
				client.Transport.(*http.Transport).ForceAttemptHTTP2 = major == 2
				if major == 1 {
					client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
				}
				response, err := client.Do(mustRequest(t, server.URL))
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if response.ProtoMajor != major {
					t.Fatalf("it is %s", response.Proto)
				}
				body, err := io.ReadAll(response.Body)
				if string(body) != "begun\n" || !obeys && err == nil {
					t.Errorf("read %q, error %v", body, err)
				}
				if got := <-cause; !errors.Is(got, errStreamEnded) {
					t.Errorf("the context ended because of %v", got)
				}
			})
		}
	}
}

// The control: without max_stream, or before its time, nothing is cut off.
func TestStreamLasts(t *testing.T) {
	for name, change := range map[string]func(*Handler){
		"without max_stream": nil,
		"with a longer one":  func(h *Handler) { h.MaxStream = duration(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, change)
			server := streams(t, h, func(*http.Request) {})
			for range 2 {
				response, err := server.Client().Do(mustRequest(t, server.URL))
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(response.Body); err != nil || string(body) != "begun\n" {
					t.Errorf("read %q, error %v", body, err)
				}
				response.Body.Close()
			}
		})
	}
}

// deadlines counts how often a connection's deadlines are set.
type deadlines struct {
	http.ResponseWriter
	set atomic.Int32
}

func (d *deadlines) SetWriteDeadline(time.Time) error {
	d.set.Add(1)
	return nil
}

// A request that is over leaves nothing behind that would end the connection
// under the next one.
func TestServedInTime(t *testing.T) {
	h := newHandler(t, nil)
	const life = 300 * time.Millisecond
	intime, late := new(deadlines), new(deadlines)
	_, served := h.endAt(instant.Add(life), intime, get(""))
	served()
	r, served := h.endAt(instant.Add(life), late, get(""))
	<-r.Context().Done()
	served()
	time.Sleep(life)
	if n := intime.set.Load(); n != 0 {
		t.Errorf("served in time: the deadline was set %d times", n)
	}
	if n := late.set.Load(); n > 1 {
		t.Errorf("not served in time: the deadline was set %d times", n)
	}
}

func mustRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+goodToken(t))
	return r
}
