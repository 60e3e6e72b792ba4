package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// rehearsal is a configuration that can be asked what it would make of a
// request. It does not run: nothing listens, and no upstream is reached.
type rehearsal struct {
	servers  []rehearsed
	handlers []rehearsedHandler // all of them but firewalls
	offline  bool
	by       map[*caddyhttp.Server]http.Handler // what answers in the place of each server
	end      func()                             // ends what was provisioned; nil: the process does
	running  []*Handler                         // those that run and verify for it; none: it verifies itself
}

// rehearsed is one server of a rehearsal.
type rehearsed struct {
	name   string
	server *caddyhttp.Server
	by     http.Handler // what answers in its place
	hosts  []string     // that its sites are for, as far as they name any

	anyHost bool // whether one of its sites is for whatever host

	warnings []string // of what of it cannot be told
}

// rehearse loads a configuration file as caddy run would read it. Close what it
// returns. Offline, keys are not asked for.
func rehearse(file, adapter string, offline bool) (*rehearsal, error) {
	config, err := adapted(file, adapter)
	if err != nil {
		return nil, err
	}
	reduced, err := reduction{offline: offline}.reduce(config)
	if err != nil {
		return nil, err
	}
	var parsed caddy.Config
	if err := json.Unmarshal(reduced, &parsed); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	ctx, err := caddy.ProvisionContext(&parsed)
	if err != nil {
		return nil, ownFault(err)
	}
	app, err := ctx.App("http")
	if err != nil {
		return nil, err
	}
	served, ok := app.(*caddyhttp.App)
	if !ok {
		return nil, fmt.Errorf("loading the configuration: the app http is a %T", app)
	}
	r := &rehearsal{offline: offline}
	for _, server := range served.Servers {
		r.serve(server, server)
	}
	return r, r.open(served.Servers, config)
}

// serve says by what a server answers.
func (r *rehearsal) serve(server *caddyhttp.Server, by http.Handler) {
	if r.by == nil {
		r.by = make(map[*caddyhttp.Server]http.Handler)
	}
	r.by[server] = by
}

// open takes the servers of a configuration that was provisioned.
func (r *rehearsal) open(servers map[string]*caddyhttp.Server, config []byte) error {
	unknown := unknownHandlers(config)
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		r.add(name, servers[name], unknown[name])
	}
	if len(r.handlers) == 0 {
		return errNoAWSJWT
	}
	r.nameHandlers()
	return nil
}

var errNoAWSJWT = errors.New("loading the configuration: no site of it has an aws_jwt")

// ownFault leaves out through which modules Caddy came to a handler of ours.
func ownFault(err error) error {
	if at := strings.LastIndex(err.Error(), faultsBegin); at >= 0 {
		return errors.New(err.Error()[at:])
	}
	return err
}

// Close gives back what the handlers hold. Caddy has no other way to end a
// configuration that was provisioned and never run.
func (r *rehearsal) Close() {
	if r.end != nil {
		r.end()
		return
	}
	for _, h := range r.handlers {
		_ = h.Cleanup() // the process is about to end
	}
}

func (r *rehearsal) add(name string, server *caddyhttp.Server, warnings []string) {
	added := rehearsed{name: name, server: server, by: r.by[server], warnings: warnings}
	for _, route := range server.Routes {
		added.anyHost = added.anyHost || len(route.MatcherSets) == 0 || slices.ContainsFunc(route.MatcherSets, namesNoHost)
	}
	visit := func(route caddyhttp.Route, at place) {
		for _, set := range route.MatcherSets {
			for _, matcher := range set {
				if hosts, ok := matcher.(*caddyhttp.MatchHost); ok {
					added.hosts = append(added.hosts, *hosts...)
				}
			}
		}
		r.collect(route, at.in(server))
	}
	visitRoutes(server.Routes, place{}, visit)
	for _, name := range slices.Sorted(maps.Keys(server.NamedRoutes)) {
		visitRoutes(caddyhttp.RouteList{*server.NamedRoutes[name]}, place{hosts: "&(" + name + ")"}, visit)
	}
	r.servers = append(r.servers, added)
}

func namesNoHost(set caddyhttp.MatcherSet) bool {
	return !slices.ContainsFunc(set, func(matcher any) bool { _, ok := matcher.(*caddyhttp.MatchHost); return ok })
}

func (r *rehearsal) collect(route caddyhttp.Route, where string) {
	for _, handler := range route.Handlers {
		if h, ok := handler.(*Handler); ok && !h.FirewallOnly {
			r.handlers = append(r.handlers, rehearsedHandler{h, where})
		}
	}
}

// adapted reads a configuration file into Caddy's JSON. As caddy run does, it
// takes a file whose name begins with Caddyfile, or ends so, for a Caddyfile.
func adapted(file, adapter string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	name := strings.ToLower(filepath.Base(file))
	if adapter == "" && filepath.Ext(name) != ".json" && (strings.HasPrefix(name, "caddyfile") || strings.HasSuffix(name, ".caddyfile")) {
		adapter = "caddyfile"
	}
	if adapter == "" {
		if !json.Valid(text) {
			return nil, fmt.Errorf("reading the configuration: %s is not JSON; is it a Caddyfile? then give --adapter caddyfile", file)
		}
		return text, nil
	}
	with := caddyconfig.GetAdapter(adapter)
	if with == nil {
		return nil, fmt.Errorf("reading the configuration: there is no adapter %q; caddyfile is one", adapter)
	}
	config, _, err := with.Adapt(text, map[string]any{"filename": file})
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return config, nil
}
