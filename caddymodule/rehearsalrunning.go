package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

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
// storage and key sets they share, and without a server to register anything with.

// rehearseRunning opens the configuration that runs, of which config is the JSON.
// Close what it returns.
func rehearseRunning(config []byte) (*rehearsal, error) {
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
	if err := json.Unmarshal(reduced, &parsed); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	active := caddy.ActiveContext()
	if active.Context == nil {
		return nil, errors.New("reading the configuration: none is running")
	}
	ctx, end := caddy.NewContext(active)
	ctx = ctx.WithValue(rehearsalKey{}, true)
	r := &rehearsal{end: end}
	for name, server := range parsed.Apps.HTTP.Servers {
		if err := r.provision(ctx, server); err != nil {
			end()
			return nil, fmt.Errorf("loading server %s: %w", name, ownFault(err))
		}
	}
	if err := r.open(parsed.Apps.HTTP.Servers, config); err != nil {
		end()
		return nil, err
	}
	return r, nil
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

// isRehearsal reports whether a handler is provisioned to be asked, in the process
// that runs it.
func isRehearsal(ctx caddy.Context) bool {
	return ctx.Context != nil && ctx.Value(rehearsalKey{}) != nil
}
