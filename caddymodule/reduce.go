package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// A configuration that is only asked about is reduced to what decides which
// aws_jwt handlers a request meets: servers, routes and matchers. Nothing of it
// listens, writes, logs or reaches an upstream.

// reduction says how a configuration is reduced.
type reduction struct {
	// offline leaves out the files that keys come from or are fetched with, too:
	// keys are not asked for, and the machine need not have the files.
	offline bool

	// running says that the configuration is the one that runs, whose handlers stay
	// as they are: by that each is found among those that run.
	running bool
}

// waysThrough are the handlers that change what later routes match or policies
// read, and do nothing else.
var waysThrough = []string{"aws_jwt", "subroute", "rewrite", "vars", "map", "invoke", "headers"}

// ends are the handlers behind which a request does not go on.
var ends = []string{"aws_jwt_console", "aws_jwt_ready", "reverse_proxy", "file_server", "metrics", "acme_server"}

// reduce returns the JSON of a configuration that can be asked, of one that can
// be run.
func (r reduction) reduce(config []byte) ([]byte, error) {
	var all struct {
		Apps map[string]json.RawMessage `json:"apps"`
	}
	config = caddy.RemoveMetaFields(config) // which name parts of it, and no handler knows
	if err := json.Unmarshal(config, &all); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var app struct {
		Servers map[string]map[string]any `json:"servers"`
	}
	if all.Apps["http"] == nil {
		return nil, errors.New("reading the configuration: it serves no site")
	}
	if err := json.Unmarshal(all.Apps["http"], &app); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	servers := make(map[string]any, len(app.Servers))
	for name, server := range app.Servers {
		reduced := map[string]any{"listen": server["listen"], "automatic_https": map[string]any{"disable": true}}
		reduced["routes"] = r.routes(server["routes"])
		if named, ok := server["named_routes"].(map[string]any); ok {
			for name, route := range named {
				named[name] = r.route(route)
			}
			reduced["named_routes"] = named
		}
		servers[name] = reduced
	}
	return json.Marshal(map[string]any{
		"admin":   map[string]any{"disabled": true},
		"logging": map[string]any{"logs": map[string]any{"default": map[string]any{"level": "FATAL"}}},
		"apps":    map[string]any{"http": map[string]any{"servers": servers}},
	})
}

func (r reduction) routes(routes any) []any {
	list, _ := routes.([]any)
	reduced := make([]any, len(list))
	for i, route := range list {
		reduced[i] = r.route(route)
	}
	return reduced
}

func (r reduction) route(route any) any {
	members, ok := route.(map[string]any)
	if !ok {
		return route
	}
	handlers, _ := members["handle"].([]any)
	var kept []any
	for _, each := range handlers {
		if handler, ok := each.(map[string]any); ok {
			if reduced := r.handler(handler); reduced != nil {
				kept = append(kept, reduced)
			}
		}
	}
	members["handle"] = kept
	return members
}

// handler returns what stands for a handler, or nil when requests go by it.
func (r reduction) handler(handler map[string]any) map[string]any {
	name, _ := handler["handler"].(string)
	switch {
	case name == "file_server" && handler["pass_thru"] == true,
		name == "reverse_proxy" && asksWhetherToGoOn(handler):
		return nil
	case name == "static_response", name == "error":
		return answerItself(handler)
	case slices.Contains(ends, name):
		return map[string]any{"handler": "static_response"}
	case name == "aws_jwt_authorize":
		return r.questionOf(handler)
	case name == "aws_jwt_issuer":
		return documentsOf(handler)
	case !slices.Contains(waysThrough, name):
		return nil
	case name == "subroute":
		return map[string]any{"handler": name, "routes": r.routes(handler["routes"])}
	case name == "headers":
		// What it does to answers is nobody's concern here.
		return map[string]any{"handler": name, "request": handler["request"]}
	case name == "aws_jwt":
		r.keys(handler)
	}
	return handler
}

// documentsOf stands for an issuer of assertions: it answers what is its own, and
// lets all else pass.
func documentsOf(issuer map[string]any) map[string]any {
	text, _ := issuer["url"].(string)
	below, err := url.Parse(text)
	if err != nil {
		return nil // which is told where it is loaded
	}
	paths := []string{below.Path + discoveryPath, below.Path + jwksPath, below.Path + bundlePath}
	if issuer["exchange"] != nil {
		paths = append(paths, below.Path+tokenPath)
	}
	return map[string]any{"handler": "subroute", "routes": []any{map[string]any{
		"match":  []any{map[string]any{"path": paths}},
		"handle": []any{map[string]any{"handler": "static_response"}},
	}}}
}

// questionOf stands for a handler that answers another proxy: its aws_jwt decides,
// and nothing is behind it.
func (r reduction) questionOf(authorize map[string]any) map[string]any {
	handler, ok := authorize["aws_jwt"].(map[string]any)
	if !ok {
		return nil // which is told where it is loaded
	}
	handler["handler"] = "aws_jwt"
	r.keys(handler)
	return map[string]any{"handler": "subroute", "routes": []any{map[string]any{
		"handle": []any{handler, map[string]any{"handler": "static_response"}},
	}}}
}

// answerItself keeps of an answer of the site's own what tells that the request
// reaches no upstream. A status that only a request decides counts as the
// handler's default: 200, and 500 of error.
func answerItself(handler map[string]any) map[string]any {
	kept := map[string]any{"handler": handler["handler"]}
	if handler["abort"] == true {
		kept["abort"] = true
	}
	status := handler["status_code"]
	if text, ok := status.(string); status != nil && (!ok || !strings.Contains(text, "{")) {
		kept["status_code"] = status
	}
	return kept
}

// keys keeps an aws_jwt handler from writing to the storage, and offline from
// needing the files that keys come from or are fetched with. What is no setting,
// or not beside the others, stays, so that it is refused as the gateway would.
func (r reduction) keys(handler map[string]any) {
	if handler["firewall_only"] == true || r.running {
		return
	}
	if handler["jwks"] == nil {
		handler["jwks"] = make(map[string]any)
	}
	if jwks, ok := handler["jwks"].(map[string]any); ok {
		if _, set := jwks["persist"].(bool); set || jwks["persist"] == nil {
			jwks["persist"] = false
		}
		if files, ok := jwks["ca"].([]any); ok && r.offline && len(files) > 0 && !slices.ContainsFunc(files, isNoString) {
			delete(jwks, "ca")
		}
	}
	issuers, _ := handler["issuers"].([]any)
	for _, each := range issuers {
		issuer, _ := each.(map[string]any)
		if url := issuer["jwks_url"]; r.offline && (url == nil || url == "") && !isNoString(issuer["jwks_file"]) {
			delete(issuer, "jwks_file")
		}
	}
}

func isNoString(value any) bool {
	_, ok := value.(string)
	return !ok
}
