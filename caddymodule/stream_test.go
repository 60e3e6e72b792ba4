package caddymodule

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// When a request that has passed must end.
func TestDeadlineOf(t *testing.T) {
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
		{"anonymous", func(h *Handler) { optional(h); longest(time.Second)(h) }, get(""), time.Second},
		{"anonymous, without max_stream", optional, get(""), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandler(t, tt.change)
			v := new(visit)
			if refused := h.decide(caddyhttp.PrepareRequest(tt.r, caddy.NewReplacer(), nil, nil), v); refused != nil {
				t.Fatal(refused.hint)
			}
			d, ends := h.deadlineOf(v)
			if ends != (tt.want > 0) || ends && (d.at.Sub(instant) != tt.want || d.hint == "") {
				t.Errorf("it ends %v after now (%v, %q), want %v", d.at.Sub(instant), ends, d.hint, tt.want)
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
	server.Config.ConnContext = keepConnection
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
				// A proxy counts any other cause as a failure of the upstream.
				if got := <-cause; got != context.Canceled { //nolint:errorlint // so does a proxy compare
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

// The line of a stream that ends says whose it was, and a writer that panics
// ends nothing else.
func TestStreamEndLine(t *testing.T) {
	core, entries := observer.New(zapcore.DebugLevel)
	h := newHandler(t, nil)
	h.logger = zap.New(core)
	r := get(goodToken(t))
	v := visitOf(r)
	if refused := h.decide(caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, nil), v); refused != nil {
		t.Fatal(refused.hint)
	}
	h.begin(deadline{at: instant, hint: "it is over"}, panics{}, r, v)
	for began := time.Now(); entries.Len() == 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("nothing was logged")
		}
	}
	line := entries.All()[0]
	fields := line.ContextMap()
	if line.LoggerName != logStreams || line.Message != "stream ended" || fields["hint"] != "it is over" || fields["sub"] != ordersARN || fields["path"] != "/orders" {
		t.Errorf("logged %s %v", line.Message, fields)
	}
}

// panics is a writer that does.
type panics struct{ http.ResponseWriter }

func (panics) SetReadDeadline(time.Time) error { panic("no deadlines") }

// A request that is over leaves nothing behind that would end the connection
// under the next one: when it is served, and when the server is done with it.
func TestServedInTime(t *testing.T) {
	h := newHandler(t, nil)
	for name, finish := range map[string]func(s *stream, r *http.Request, done func()){
		"served":       func(s *stream, r *http.Request, _ func()) { _ = s.end(r, nil) },
		"done with":    func(_ *stream, _ *http.Request, done func()) { done() },
		"neither":      nil,
		"error routes": func(s *stream, r *http.Request, _ func()) { _ = s.end(r, errors.New("x")) },
	} {
		ctx, done := context.WithCancel(t.Context())
		w := new(deadlines)
		s, r := h.begin(deadline{at: instant.Add(time.Second)}, w, get("").WithContext(ctx), &visit{passed: anonymous})
		if finish != nil {
			finish(s, r, done)
		}
		<-time.After(1500 * time.Millisecond)
		if late := name == "neither" || name == "error routes"; w.set.Load() > 0 != late {
			t.Errorf("%s: the deadline was set %d times", name, w.set.Load())
		}
		done()
	}
}

// Error routes, which serve the request as it came in, find no upgrade there,
// and are not asked when its time is over.
func TestStreamAndErrorRoutes(t *testing.T) {
	h := newHandler(t, allowWebSocket)
	failure := errors.New("the upstream is down")
	for _, over := range []bool{false, true} {
		r := handshake(goodToken(t))
		v := visitOf(r)
		if refused := h.decide(caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, nil), v); refused != nil {
			t.Fatal(refused.hint)
		}
		d, ends := h.deadlineOf(v)
		if over {
			d.at = instant
		}
		s, limited := h.begin(d, new(deadlines), r, v)
		if over {
			<-limited.Context().Done()
		}
		func() {
			defer func() {
				if p := recover(); (p != nil) != over || over && p != any(http.ErrAbortHandler) {
					t.Errorf("over %v: panic %v", over, p)
				}
			}()
			if err := s.end(limited, failure); !errors.Is(err, failure) {
				t.Errorf("got %v", err)
			}
		}()
		if !ends || r.Header.Get("Upgrade") != "" {
			t.Error("error routes see the upgrade")
		}
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
