package attack

import (
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// nested has two handlers in the way of /admin, with fields of their own.
const nested = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Site {aws_token.account.id}
		header X-Team {aws_token.principal_tags.team}
	}
	aws_jwt /admin/* {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Admin {aws_token.principal_tags.role}
	}
	reverse_proxy UPSTREAM`

// strippedPathProbes: the same forgery on each way that a request can take. A
// filter that sits where tokens are checked misses those that have none
// (CVE-2026-40575, oauth2-proxy on paths that skip authentication).
func strippedPathProbes() []probe {
	token := bareToken()
	forged := []field{{"X-Team", evil}, {"X-Aws-Token-Org-Id", evil}, {"X-Aws-Token-Sub", evil}, {"X~Aws~Token~Sub", evil}}
	var probes []probe
	add := func(name, site string, r request, who identity) {
		probes = append(probes, probe{
			name: name, site: site,
			attack: r.with(forged...), disarmed: all(carries(who), unforged),
			control: r.with(field{"X-Teams", evil}), intact: all(carries(who), has("X-Teams", evil)),
		})
	}
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	add("open path", matched, request{target: "/open"}, nobody)
	add("open path in the other group", matched, request{target: "/elsewhere"}, nobody)
	add("open path with a token", matched, request{target: "/open", fields: call(token).fields}, nobody)
	add("matched path", matched, request{target: "/admin", fields: call(token).fields}, bare)
	add("error route, no token", onErrors(plain), request{}, nobody)
	add("error route, expired token", onErrors(plain), call(expired), nobody)
	add("error route, malformed credential", onErrors(plain), call("a b"), nobody)
	add("error route, with a body", onErrors(plain), request{method: "POST", body: "body"}, nobody)
	add("error route, denied by policy", onErrors(inside(plain, "principal_tag team none")), call(token), nobody)
	add("error route behind a dead upstream", onErrors(dead), call(token), bare)
	add("error route with tracing", onErrors("\ttracing\n"+plain), request{}, nobody)
	add("default headers off", inside(plain, "default_headers off"), call(token), nobody)
	add("both of two handlers", nested, request{target: "/admin/x", fields: call(token).fields}, bare)
	return append(probes, nestedFieldProbes(token)...)
}

// nestedFieldProbes: each handler strips what the other sets.
func nestedFieldProbes(token string) []probe {
	at := func(target, name string) request {
		return request{target: target, fields: call(token, field{name, evil}).fields}
	}
	site := all(carries(bare), reads("X-Site", ordersAccount), reads("X-Admin", ""))
	admin := all(carries(bare), reads("X-Site", ""), reads("X-Admin", ""))
	var probes []probe
	for _, tt := range []struct {
		name, target, forged, neighbour string
		want                            func(stack.Arrival) string
	}{
		{"the stricter handler's field beside it", "/orders", "X-Admin", "X-Admins", site},
		{"the stricter handler's field", "/admin/x", "X-Admin", "X-Admins", admin},
		{"the site's field before the stricter handler", "/admin/x", "X-Site", "X-Sites", admin},
	} {
		probes = append(probes, probe{
			name: tt.name, site: nested,
			attack: at(tt.target, tt.forged), disarmed: all(tt.want, unforged),
			control: at(tt.target, tt.neighbour), intact: all(tt.want, has(tt.neighbour, evil)),
		})
	}
	return probes
}

// copying has other directives and templates read what the client sent.
const copying = `
	route {
		request_header X-Team {http.request.header.X-Other}
		aws_jwt {
			issuer ISSUER 111122223333
			audience orders.internal
			header X-Team {aws_token.principal_tags.team}
			header X-Echo {http.request.header.X-Aws-Token-Org-Id}
			header X-Echo-Other {http.request.header.X-Other}
		}
		request_header X-Later {http.request.header.X-Aws-Token-Org-Id}
		reverse_proxy UPSTREAM {
			header_up X-Last {http.request.header.X-Aws-Token-Org-Id}
		}
	}`

// copiedFieldProbes: a forged field must be gone before anything copies it.
func copiedFieldProbes() []probe {
	token := bareToken()
	var probes []probe
	for _, name := range []string{"X-Echo", "X-Later", "X-Last"} {
		probes = append(probes, probe{
			name: "copied to " + strings.ToLower(name), site: copying,
			attack: call(token, field{"X-Aws-Token-Org-Id", evil}), disarmed: all(carries(bare), unforged, reads(name, "")),
			control: call(mint(nil), field{"X-Other", "other"}),
			intact:  all(carries(whole), has("X-Echo-Other", "other"), reads(name, copiedOrg(name))),
		})
	}
	// What an earlier directive has written is a client's word all the same.
	return slices.Concat(probes, []probe{{
		name: "written by an earlier directive", site: copying,
		attack: call(token, field{"X-Other", evil}), disarmed: all(carries(bare), has("X-Echo-Other", evil)),
		control: call(mint(nil), field{"X-Other", evil}), intact: all(carries(whole), has("X-Echo-Other", evil)),
	}})
}

// copiedOrg is what a copy of the organization says where it is made after the
// handler has set it.
func copiedOrg(name string) string {
	if name == "X-Echo" {
		return ""
	}
	return whole["x-aws-token-org-id"]
}
