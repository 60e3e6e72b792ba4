package caddymodule

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"
)

// goneBy are those handlers of Caddy's own, and the issuer of assertions, that let
// requests pass, or refuse them for a cause of their own that the documentation
// names.
var goneBy = []string{
	"authentication", "aws_jwt_issuer", "copy_response", "copy_response_headers", "encode", "intercept", "log_append",
	"push", "request_body", "templates", "timeouts", "tracing",
}

// unknownHandlers are warnings of the handlers that nobody here knows and that
// stand before an aws_jwt, by the name of their server: whether they end requests
// cannot be told.
func unknownHandlers(config []byte) map[string][]string {
	var all struct {
		Apps struct {
			HTTP struct {
				Servers map[string]struct {
					Routes any                       `json:"routes"`
					Named  map[string]map[string]any `json:"named_routes"`
				} `json:"servers"`
			} `json:"http"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(caddy.RemoveMetaFields(config), &all); err != nil {
		return nil // which is told where it is loaded
	}
	warnings := make(map[string][]string)
	for name, server := range all.Apps.HTTP.Servers {
		s := new(unknownSearch)
		s.routes(server.Routes, nil)
		for _, route := range server.Named {
			s.handlers(route, nil)
		}
		slices.Sort(s.found)
		for _, handler := range slices.Compact(s.found) {
			warnings[name] = append(warnings[name], fmt.Sprintf("handler %s, before an aws_jwt, is not known here: it is taken to let every request pass", handler))
		}
	}
	return warnings
}

// unknownSearch goes through routes in the order in which a request meets them.
type unknownSearch struct{ found []string }

// routes returns the unknown handlers that a request has met behind the routes,
// of which met are those before them.
func (s *unknownSearch) routes(routes any, met []string) []string {
	list, _ := routes.([]any)
	inGroup := make(map[string][]string) // of which a request meets one route
	for _, each := range list {
		route, _ := each.(map[string]any)
		group, _ := route["group"].(string)
		before := slices.DeleteFunc(slices.Clone(met), func(name string) bool { return slices.Contains(inGroup[group], name) })
		more := s.handlers(route, before)[len(before):]
		if route["terminal"] == true {
			continue
		}
		if group != "" {
			inGroup[group] = append(inGroup[group], more...)
		}
		met = append(met, more...)
	}
	return met
}

func (s *unknownSearch) handlers(route map[string]any, met []string) []string {
	handlers, _ := route["handle"].([]any)
	for _, each := range handlers {
		handler, _ := each.(map[string]any)
		switch name, _ := handler["handler"].(string); {
		case name == "aws_jwt", name == "aws_jwt_authorize":
			s.found = append(s.found, met...)
		case name == "subroute":
			met = s.routes(handler["routes"], met)
		case !slices.Contains(slices.Concat(waysThrough, ends, goneBy), name) && name != "static_response" && name != "error":
			met = append(met, name)
		}
	}
	return met
}
