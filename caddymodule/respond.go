package caddymodule

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// respond answers a refused request. Where the server has error routes, they
// shape the body; where it has none, the body is a problem document (RFC 9457)
// that is the same for every refusal of its status.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, refused *refusal) error {
	a := refused.answer()
	header := w.Header()
	if a.challenge {
		h.challenge(header, refused)
	}
	if a.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", retryAfter(refused.retryAfter))
	}
	closeUnread(w, r)
	dropUpgrade(r.Header)
	if hasErrorRoutes(r) && !escapesErrorRoutes(r) {
		return caddyhttp.Error(a.status, refused)
	}
	body, err := json.Marshal(problem{"about:blank", http.StatusText(a.status), a.status})
	if err != nil {
		return caddyhttp.Error(http.StatusInternalServerError, err)
	}
	header.Set("Content-Type", "application/problem+json")
	w.WriteHeader(a.status)
	// A client that is gone already is no fault to report.
	_, _ = w.Write(append(body, '\n'))
	return nil
}

// escapesErrorRoutes reports whether an error route that proxies would hand on
// more than a refused request: the raw bytes behind a CONNECT, a target that no
// rewrite changes, or trailers, which a handler that copied the request before
// this one keeps from being scrubbed. Such requests get the problem document.
func escapesErrorRoutes(r *http.Request) bool {
	return r.Method == http.MethodConnect || !hasPath(r) || r.Trailer != nil
}

// closeUnread ends the connection of a request whose body nobody reads, or
// whose client expects to speak another protocol on it. Even so net/http reads
// on for up to 256 KiB, in case the client only reads answers after it has
// written all; a client that does not send them would hold the connection.
func closeUnread(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.ContentLength == 0 && !wantsUpgrade(r) {
		return
	}
	w.Header().Set("Connection", "close")
	if r.ContentLength != 0 {
		// A writer that cannot set it leaves the server's own time-outs.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unreadBodyWait))
	}
}

// unreadBodyWait is how long the rest of a refused body is read for.
const unreadBodyWait = time.Second

type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
}

// retryAfter rounds up to whole seconds, of which there is at least one.
func retryAfter(d time.Duration) string {
	seconds := int64((d + time.Second - 1) / time.Second)
	return strconv.FormatInt(max(seconds, 1), 10)
}

func hasErrorRoutes(r *http.Request) bool {
	server, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return ok && server.Errors != nil && len(server.Errors.Routes) > 0
}
