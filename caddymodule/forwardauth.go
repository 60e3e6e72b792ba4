package caddymodule

import "slices"

// asksWhetherToGoOn reports whether a reverse_proxy is what Caddy makes of
// forward_auth: it asks another server with a GET, and for an answer of 2xx the
// request goes on, with headers of that answer. Any other proxy ends a request,
// whatever its handle_response does.
func asksWhetherToGoOn(proxy map[string]any) bool {
	rewrite, _ := proxy["rewrite"].(map[string]any)
	responses, _ := proxy["handle_response"].([]any)
	if rewrite["method"] != "GET" || len(responses) == 0 {
		return false
	}
	// The first that matches is taken. Those behind it are not for 2xx.
	good, _ := responses[0].(map[string]any)
	routes, _ := good["routes"].([]any)
	return hasOnly(good, "match", "routes") && isSuccess(good["match"]) && len(routes) > 0 &&
		!slices.ContainsFunc(routes, func(route any) bool { return !copiesHeaders(route) })
}

func isSuccess(match any) bool {
	members, _ := match.(map[string]any)
	codes, _ := members["status_code"].([]any)
	return hasOnly(members, "status_code") && len(codes) == 1 && codes[0] == 2.0
}

// copiesHeaders reports whether a route does nothing but what the routes of
// forward_auth do. One that is terminal would end the request.
func copiesHeaders(route any) bool {
	members, _ := route.(map[string]any)
	handlers, _ := members["handle"].([]any)
	return hasOnly(members, "match", "handle", "group") && !slices.ContainsFunc(handlers, func(each any) bool {
		handler, _ := each.(map[string]any)
		return handler["handler"] != "headers" && handler["handler"] != "vars"
	})
}

// hasOnly reports whether an object is there and has no other members.
func hasOnly(object map[string]any, names ...string) bool {
	for name := range object {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return object != nil
}
