package caddymodule

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// explainQuestion is the body of POST /aws_jwt/explain. What is left out is as the
// command aws-jwt explain has it.
type explainQuestion struct {
	Token    string `json:"token"` // none: the request has no credential
	Host     string `json:"host"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	RemoteIP string `json:"remote_ip"`
}

const (
	// explainWait is how long an explanation may take; it may have to fetch keys.
	explainWait = 30 * time.Second

	// explainAtOnce is how many are made at once: each provisions the configuration.
	explainAtOnce = 2
)

// explaining has a place for each explanation that is being made.
var explaining = make(chan struct{}, explainAtOnce)

func adminExplain(w http.ResponseWriter, r *http.Request) (any, error) {
	if _, err := adminQuery(r); err != nil {
		return nil, err
	}
	var asked explainQuestion
	if err := adminBody(w, r, &asked); err != nil {
		return nil, err
	}
	config, err := runningConfig(r)
	if err != nil {
		return nil, err
	}
	token, err := asked.token()
	var more *terminal.TextError
	if errors.As(err, &more) {
		if failed, ok := remedy.STSErrorIn(more.Text); ok {
			return walkOfNoToken(failed), nil
		}
	}
	if err != nil {
		return nil, badRequest("token: %s", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), explainWait)
	defer cancel()
	select {
	case explaining <- struct{}{}:
		defer func() { <-explaining }()
	case <-ctx.Done():
		return nil, adminFault(http.StatusServiceUnavailable, "others are being explained; try again")
	}
	rehearsed, err := rehearseRunning(ctx, config)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, adminFault(http.StatusServiceUnavailable, "the configuration could not be made ready to be asked within %v", explainWait)
	case err != nil:
		return nil, adminFault(http.StatusConflict, "the configuration that runs cannot be asked: %s", terminal.Sentence(err.Error()))
	}
	defer rehearsed.Close()
	walked, err := asked.walk(ctx, rehearsed, token)
	if rehearsed.replaced() {
		return nil, adminFault(http.StatusConflict, "the configuration that runs cannot be asked: %s", errReplaced)
	}
	return walked, err
}

// walk asks a rehearsal. An error begins with the member that is to be written
// otherwise.
func (e explainQuestion) walk(ctx context.Context, r *rehearsal, token string) (*walk.Walk, error) {
	q := walk.Question{
		Method: cmp.Or(e.Method, http.MethodGet), Host: e.Host, Path: cmp.Or(e.Path, "/"), RemoteIP: cmp.Or(e.RemoteIP, "127.0.0.1"),
	}
	if q.Host == "" {
		var err error
		if q.Host, err = r.Host(); err != nil {
			return nil, badRequest("host is missing: %s", err)
		}
	}
	for _, each := range []struct{ member, text, problem string }{
		{"host", q.Host, walk.HostProblem(q.Host)}, {"method", q.Method, walk.MethodProblem(q.Method)},
		{"path", q.Path, walk.PathProblem(q.Path)}, {"remote_ip", q.RemoteIP, walk.RemoteIPProblem(q.RemoteIP)},
	} {
		if terminal.HoldsToken(each.text) {
			return nil, badRequest("%s holds a token: its place is the member token", each.member)
		}
		if each.problem != "" {
			return nil, badRequest("%s: %s", each.member, each.problem)
		}
	}
	if _, err := r.serving(q.Host); err != nil {
		return nil, badRequest("host: %s", err)
	}
	request, err := q.HTTP(ctx, nil)
	if token != "" {
		request, err = q.WithToken(ctx, token)
	}
	if err != nil {
		return nil, badRequest("path: it cannot be read")
	}
	walked, err := r.Walk(ctx, request, time.Time{})
	if err != nil {
		return nil, badRequest("host: %s", err)
	}
	return walked, nil
}

// token is that of the request, or "" for none.
func (e explainQuestion) token() (string, error) {
	if e.Token == "" {
		return "", nil
	}
	return terminal.TokenIn(e.Token)
}

// runningConfig asks the admin API itself for the configuration that runs, on
// behalf of the caller: whoever may not read it learns nothing of it here.
func runningConfig(r *http.Request) ([]byte, error) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok || server.Handler == nil {
		return nil, errors.New("reading the configuration: the admin API has no server")
	}
	inner, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "/config/", http.NoBody)
	if err != nil {
		return nil, err
	}
	inner.RequestURI, inner.Host, inner.RemoteAddr, inner.TLS = "/config/", r.Host, r.RemoteAddr, r.TLS
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Mode"} {
		if values, ok := r.Header[name]; ok {
			inner.Header[name] = values
		}
	}
	answer := &keptAnswer{answerStatus: answerStatus{header: make(http.Header)}}
	server.Handler.ServeHTTP(answer, inner)
	if answer.status == http.StatusOK {
		return answer.text.Bytes(), nil
	}
	var refused struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(answer.text.Bytes(), &refused) // the status says enough
	return nil, adminFault(cmp.Or(answer.status, http.StatusBadGateway), "explaining takes leave to GET /config/, too: %s", terminal.Sentence(refused.Error))
}

// keptAnswer is an http.ResponseWriter that keeps the text, too.
type keptAnswer struct {
	answerStatus
	text bytes.Buffer
}

func (a *keptAnswer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.text.Write(text)
}
