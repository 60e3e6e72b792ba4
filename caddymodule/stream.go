package caddymodule

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

// deadline is when a request must end, with its answer, and what to change if
// that is too early.
type deadline struct {
	at   time.Time
	hint string
}

// deadlineOf says when a request that passed must end. An upgrade ends with its
// token, other requests only where max_stream is set.
func (h *Handler) deadlineOf(v *visit) (d deadline, ends bool) {
	if h.FirewallOnly || h.maxStream == 0 && !v.upgrade {
		return deadline{}, false
	}
	if v.passed != anonymous {
		d = deadline{v.result.Token.Expiry.Add(h.leeway), "its token has expired; the caller connects again with a new one"}
	}
	longest := h.now().Add(h.maxStream)
	if h.maxStream > 0 && (d.at.IsZero() || longest.Before(d.at)) {
		d = deadline{longest, "it lasted for max_stream"}
	}
	return d, true
}

// stream is a request that has a deadline.
type stream struct {
	mu     sync.Mutex
	served bool // the writer is no longer ours
	over   bool // the deadline has passed
}

// begin has a request end at its deadline, whatever goes through it then: its
// context ends, so that a proxy gives up the upstream, and the client's
// connection, or its stream in HTTP/2 and later, is closed, so that no handler
// goes on without looking at the context. It watches until the server is done
// with the request, which error routes may serve after the next handler.
//
// The context is cancelled and has no cause of ours: a proxy takes it for a
// client that hung up, and not for an upstream that failed.
func (h *Handler) begin(d deadline, w http.ResponseWriter, r *http.Request, v *visit) (*stream, *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	began, fields := h.now(), h.streamFields(r, v, d)
	s := new(stream)
	timer := time.AfterFunc(d.at.Sub(began), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.served {
			return
		}
		s.over = true
		cancel()
		hangUp(w, r)
		h.logger.Named(logStreams).Debug("stream ended", append(fields, zap.Duration("duration", h.now().Sub(began)))...)
	})
	context.AfterFunc(r.Context(), func() {
		timer.Stop()
		cancel()
		s.letGo()
	})
	return s, r.WithContext(ctx)
}

func (s *stream) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = true
}

// end is what becomes of the next handler's error; a nil stream has no deadline.
// Error routes serve the request as it came in, whose context has none: they
// must neither find an upgrade there nor serve what is over.
func (s *stream) end(r *http.Request, err error) error {
	switch {
	case s == nil:
		return err
	case err == nil:
		s.letGo()
		return nil
	}
	dropUpgrade(r.Header)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		panic(http.ErrAbortHandler) // as reverse_proxy ends an answer that broke off
	}
	return err
}

// connectionKey is where a request's context has its connection.
type connectionKey struct{}

// keepConnection has requests of HTTP/1 know their connection, which nothing
// short of closing it takes from a handler that has hijacked it.
func keepConnection(ctx context.Context, c net.Conn) context.Context {
	if ctx.Value(connectionKey{}) != nil {
		return ctx // another handler of the server did
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// hangUp ends what the client still reads and writes. Nobody else would recover
// from a panic of a writer here, and the process would end.
func hangUp(w http.ResponseWriter, r *http.Request) {
	defer func() { _ = recover() }()
	if connection, ok := r.Context().Value(connectionKey{}).(net.Conn); ok && r.ProtoMajor == 1 {
		_ = connection.Close()
		return
	}
	past := time.Unix(1, 0)
	controller := http.NewResponseController(w)
	// A writer that has no deadlines leaves the context, which has ended.
	_ = controller.SetReadDeadline(past)
	_ = controller.SetWriteDeadline(past)
}
