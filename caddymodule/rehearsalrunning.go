package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A running gateway can be asked what it would make of a request, too. Its own
// handlers are not: the reverse_proxy behind them would send it on. What is asked
// is a second configuration of its JSON, reduced as that of the commands is.
//
// caddy.ProvisionContext must not make it: it would replace the logger of the
// whole process and the storage of its certificates. So the servers' routes are
// provisioned by themselves, in a context of the running configuration, whose
// storage they share, and without a server to register anything with. Tokens are
// verified by the running handlers themselves: with the key sets that they share,
// and with files as they are in force, which may be others on the disk by now.

// rehearseRunning opens the configuration that runs, of which config is the JSON.
// Close what it returns. It gives up when asking ends.
func rehearseRunning(asking context.Context, config []byte) (*rehearsal, error) {
	reduced, err := reduction{running: true}.reduce(config)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Apps struct {
			HTTP struct {
				Servers map[string]*caddyhttp.Server `json:"servers"`
			} `json:"http"`
		} `json:"apps"`
	}
	if err = json.Unmarshal(reduced, &parsed); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	active := caddy.ActiveContext()
	if active.Context == nil {
		return nil, errors.New("reading the configuration: none is running")
	}
	ctx, end := caddy.NewContext(active)
	ctx = ctx.WithValue(rehearsalKey{}, asking)
	r := &rehearsal{end: end}
	for name, server := range parsed.Apps.HTTP.Servers {
		if err := r.provision(ctx, server); err != nil {
			end()
			return nil, fmt.Errorf("loading server %s: %w", name, ownFault(err))
		}
	}
	err = r.open(parsed.Apps.HTTP.Servers, config)
	if err == nil {
		err = r.verifyAsRuns(parsed.Apps.HTTP.Servers)
	}
	if err != nil {
		end()
		return nil, err
	}
	return r, nil
}

// errReplaced says that what was asked about is no longer what runs.
var errReplaced = errors.New("explaining: the configuration was replaced meanwhile; ask again")

// verifyAsRuns gives each handler of the servers the verifier of the one that runs
// in its place, with the same configuration.
func (r *rehearsal) verifyAsRuns(servers map[string]*caddyhttp.Server) error {
	running := make(map[string][]*Handler)
	for _, server := range runningServers() {
		for _, h := range handlersOfOne(server) {
			key := h.described()
			running[key] = append(running[key], h.Handler)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		for _, h := range handlersOfOne(servers[name]) {
			key := h.described()
			same := running[key]
			if len(same) == 0 {
				return errReplaced
			}
			running[key] = same[1:]
			h.verifyAs(same[0])
			r.running = append(r.running, same[0])
		}
	}
	return nil
}

// described is the handler's place and its configuration.
func (h rehearsedHandler) described() string {
	text, err := json.Marshal(h.Handler)
	if err != nil {
		return "" // it came out of JSON
	}
	return h.where + "\n" + string(text)
}

func (h *Handler) verifyAs(running *Handler) {
	h.verifier, h.remote, h.leeway, h.warnings = running.verifier, running.remote, running.leeway, running.warnings
}

// replaced reports whether a handler whose verifier was asked has ended, and with
// it, maybe, its key sets.
func (r *rehearsal) replaced() bool {
	return slices.ContainsFunc(r.running, func(h *Handler) bool { return h.ended.Load() })
}

// provision makes the routes of a server such as they can be asked.
func (r *rehearsal) provision(ctx caddy.Context, server *caddyhttp.Server) error {
	placeholders := caddy.NewReplacer()
	for i, address := range server.Listen {
		server.Listen[i] = placeholders.ReplaceKnown(address, "")
	}
	if err := server.Routes.Provision(ctx); err != nil {
		return err
	}
	for _, route := range server.NamedRoutes {
		if err := route.Provision(ctx, nil); err != nil {
			return err
		}
	}
	behind := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })
	r.serve(server, routesAlone{server, server.Routes.Compile(behind)})
	return nil
}

// routesAlone answers by the routes of a server that was not provisioned itself.
type routesAlone struct {
	server *caddyhttp.Server
	chain  caddyhttp.Handler
}

// ServeHTTP does what a server without error routes does.
func (s routesAlone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, s.server)
	err := s.chain.ServeHTTP(w, r)
	if err == nil {
		return
	}
	status := http.StatusInternalServerError
	if of := (caddyhttp.HandlerError{}); errors.As(err, &of) && of.StatusCode != 0 {
		status = of.StatusCode
	}
	w.WriteHeader(status)
}

// rehearsalKey is in the context of handlers that are only asked about.
type rehearsalKey struct{}

// rehearsalOf is the context of whoever asks, when a handler is provisioned to be
// asked in the process that runs it, or nil.
func rehearsalOf(ctx caddy.Context) context.Context {
	if ctx.Context == nil {
		return nil
	}
	asking, _ := ctx.Value(rehearsalKey{}).(context.Context)
	return asking
}
