package caddymodule

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

// errStreamEnded is why a request's context ends when its time is over.
var errStreamEnded = errors.New("aws_jwt: the time of the stream is over")

// endOf is when a verified request must end, with its answer. An upgrade ends
// with its token, other requests only where max_stream is set.
func (h *Handler) endOf(v *visit) (end time.Time, ends bool) {
	if h.FirewallOnly || v.passed == anonymous || h.maxStream == 0 && !v.upgrade {
		return time.Time{}, false
	}
	end = v.result.Token.Expiry.Add(h.leeway)
	if h.maxStream > 0 {
		if longest := h.now().Add(h.maxStream); longest.Before(end) {
			end = longest
		}
	}
	return end, true
}

// endAt has a request end at a time, whatever goes through it then: its context
// ends, so that a proxy gives up the upstream, and the client's connection, or
// its stream in HTTP/2 and later, is closed, so that no handler goes on without
// looking at the context. The caller calls the function when the request is
// served.
func (h *Handler) endAt(end time.Time, w http.ResponseWriter, r *http.Request) (*http.Request, func()) {
	ctx, cancel := context.WithCancelCause(r.Context())
	r = r.WithContext(ctx)
	var mu sync.Mutex
	served := false
	timer := time.AfterFunc(end.Sub(h.now()), func() {
		cancel(errStreamEnded)
		mu.Lock()
		defer mu.Unlock()
		if served {
			return // the writer is no longer ours
		}
		hangUp(w, r)
		h.logger.Debug("stream ended", zap.String("hint", "its token has expired, or max_stream is over"))
	})
	return r, func() {
		timer.Stop()
		mu.Lock()
		served = true
		mu.Unlock()
		cancel(nil)
	}
}

// hangUp ends what the client still reads and writes.
func hangUp(w http.ResponseWriter, r *http.Request) {
	past := time.Unix(1, 0)
	controller := http.NewResponseController(w)
	// A writer that has no deadlines leaves the context, which has ended.
	_ = controller.SetReadDeadline(past)
	_ = controller.SetWriteDeadline(past)
	if connection, ok := r.Context().Value(caddyhttp.ConnCtxKey).(net.Conn); ok && r.ProtoMajor == 1 {
		_ = connection.Close()
	}
}
