package caddymodule

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Walk says what becomes of a request at the handlers that stand in its way. A
// zero time is that of the clock. Several servers that serve the host have to
// agree, or the host is to be given with its port. A token that the request has by
// [walk.Question.WithToken] goes in Basic where the first handler takes none in Bearer.
func (r *rehearsal) Walk(ctx context.Context, request *http.Request, now time.Time) (*walk.Walk, error) {
	serving, err := r.serving(request.Host)
	if err != nil {
		return nil, err
	}
	serving = sitesFor(serving, request.Host)
	walks := make([]*walk.Walk, len(serving))
	for i, server := range serving {
		w := r.ask(ctx, server, request, now)
		if token := walk.TokenOf(request); token != "" && w.first == basicTokens {
			again := request.Clone(ctx)
			again.SetBasicAuth("aws", token)
			w = r.ask(ctx, server, again, now)
		}
		w.result.Warnings = server.warnings
		walks[i] = &w.result
	}
	if err := disagreement(request.Host, serving, walks); err != nil {
		return nil, err
	}
	return walks[0], nil
}

// ask has one server asked.
func (r *rehearsal) ask(ctx context.Context, server rehearsed, request *http.Request, now time.Time) *walking {
	w := &walking{offline: r.offline, now: now, handlers: r.handlers}
	status, hungUp := server.answer(request.Clone(w.in(ctx)))
	if len(w.result.Handlers) == 0 {
		w.unprotected(request.Header)
	}
	if status >= http.StatusBadRequest || hungUp {
		w.ended(status)
	}
	hideCredentials(&w.result, request.Header)
	return w
}

func (s rehearsed) listensOn(port string) bool {
	return slices.ContainsFunc(s.server.Listen, func(address string) bool {
		parsed, err := caddy.ParseNetworkAddress(address)
		if err != nil {
			return false
		}
		for n := parsed.StartPort; n <= parsed.EndPort; n++ {
			if strconv.FormatUint(uint64(n), 10) == port {
				return true
			}
		}
		return false
	})
}

// answer has the server answer, and returns the status, or whether it hung up
// without an answer.
func (s rehearsed) answer(request *http.Request) (status int, hungUp bool) {
	if !s.listensOn("80") {
		// As far as matchers can see.
		request.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: request.Host}
	}
	answer := &answerStatus{header: make(http.Header)}
	defer func() {
		switch fault := recover(); fault {
		case nil:
			status = answer.status
		case http.ErrAbortHandler:
			status, hungUp = 0, true
		default:
			panic(fault)
		}
	}()
	s.by.ServeHTTP(answer, request)
	return answer.status, false
}

// answerStatus is an http.ResponseWriter that keeps the status alone.
type answerStatus struct {
	header http.Header
	status int
}

func (a *answerStatus) Header() http.Header { return a.header }

func (a *answerStatus) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK { // behind early hints comes more
		a.status = status
	}
}

func (a *answerStatus) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(text), nil
}
