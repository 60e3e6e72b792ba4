package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// methodical has a policy that asks for the method.
var methodical = inside(plain, `
		deny writing `+"`request.method in [\"DELETE\", \"PUT\"]`"+`
		allow reading `+"`request.method == \"GET\"`")

// methodProbes: no method goes without a token, not OPTIONS for the sake of
// browsers, and not one that nobody knows (CVE-2025-54576, oauth2-proxy). The
// method that the policy saw is the one that the upstream sees.
func methodProbes() []probe {
	return slices.Concat(anyMethodProbes(), judgedMethodProbes(), overriddenMethodProbes(), []probe{wholeServer(), preflight()}, brokenMethodProbes())
}

func anyMethodProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, method := range []string{
		"GET", "OPTIONS", "HEAD", "TRACE", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACK", "PURGE", "QUERY", "get", "OpTiOnS", "INVENTED", "M-SEARCH", "X!#$%&'*+.^_`|~9",
	} {
		name := method
		if strings.ToLower(method) == method {
			name = "small " + method
		}
		with := request{method: method, fields: call(token).fields}
		probes = append(probes, probe{
			name: name, attack: request{method: method}, status: http.StatusUnauthorized, reason: "missing_token",
			control: with, intact: all(carries(whole), line(method+" /orders")),
		}, probe{
			name: name + " of an expired token", attack: request{method: method, fields: call(mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })).fields},
			status: http.StatusUnauthorized, reason: "expired", control: with, intact: line(method + " /orders"),
		})
	}
	return probes
}

// judgedMethodProbes: the policy goes by the method as it came; the case counts
// (RFC 9110, section 9.1).
func judgedMethodProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, method := range []string{"DELETE", "PUT", "delete", "POST", "HEAD", "get", "GETX", "OPTIONS"} {
		probes = append(probes, probe{
			name: "denied: " + method, site: methodical, attack: request{method: method, fields: call(token).fields},
			status: http.StatusForbidden, reason: "policy_denied", control: call(token), intact: all(carries(whole), line("GET /orders")),
		})
	}
	return probes
}

// overriddenMethodProbes: fields by which some frameworks change the method.
// They change nothing of what is asked here: a write is refused whatever they
// say, and a read stays one.
func overriddenMethodProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "X-Forwarded-Method", "Access-Control-Request-Method", "X-Rewrite-Method"} {
		probes = append(probes, probe{
			name: "a write that says read in " + strings.ToLower(name), site: methodical,
			attack: request{method: "DELETE", fields: call(token, field{name, "GET"}).fields}, status: http.StatusForbidden, reason: "policy_denied",
			control: request{method: "GET", fields: call(token, field{name, "GET"}).fields}, intact: line("GET /orders"),
		}, probe{
			name: "a read that says write in " + strings.ToLower(name), site: methodical,
			attack: call(token, field{name, "DELETE"}), disarmed: all(carries(whole), line("GET /orders")),
			control: call(token, field{name, "GET"}), intact: line("GET /orders"),
		})
	}
	return append(probes, probe{
		name: "a write that says read in its query", site: methodical,
		attack: request{method: "DELETE", target: "/orders?_method=GET", fields: call(token).fields}, status: http.StatusForbidden, reason: "policy_denied",
		control: request{target: "/orders?_method=GET", fields: call(token).fields}, intact: line("GET /orders?_method=GET"),
	}, probe{
		name: "a write that says read in its form", site: methodical,
		attack: request{method: "PUT", body: "_method=GET", fields: call(token, field{"Content-Type", "application/x-www-form-urlencoded"}).fields},
		status: http.StatusForbidden, reason: "policy_denied",
		control: request{body: "_method=GET", fields: call(token, field{"Content-Type", "application/x-www-form-urlencoded"}).fields}, intact: line("GET /orders"),
	})
}

// wholeServer is OPTIONS * (RFC 9110, section 9.3.7), which the HTTP server
// answers itself: no upstream sees one, with a token or without.
func wholeServer() probe {
	return probe{name: "options of the whole server", script: func(t *testing.T) {
		for _, site := range []string{plain, matched, onErrors(plain)} {
			g := gateOf(t, site)
			token := mint(nil)
			for _, p := range every {
				for _, r := range []request{{}, call(token), call(token, field{"X-Aws-Token-Sub", evil})} {
					r.method, r.target = http.MethodOptions, "*"
					g.arrivals(t, p, r, 0, nil)
				}
				control := request{method: http.MethodOptions, target: "/admin", fields: call(token).fields}
				arrives(t, "the control", g.passes(t, p, control), line("OPTIONS /admin"))
			}
		}
	}}
}

// preflight is a browser's question before a request (the Fetch standard, CORS):
// it bears no credential, and gets no exception.
func preflight() probe {
	fields := []field{{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "DELETE"}, {"Access-Control-Request-Headers", "authorization"}}
	return probe{
		name: "a browser's preflight", attack: request{method: http.MethodOptions, fields: fields}, status: http.StatusUnauthorized, reason: "missing_token",
		control: request{method: http.MethodOptions, fields: append(call(mint(nil)).fields, fields...)},
		intact:  all(carries(whole), line("OPTIONS /orders"), has("Access-Control-Request-Method", "DELETE")),
	}
}

// brokenMethodProbes: what is no method reaches no handler.
func brokenMethodProbes() []probe {
	token := mint(nil)
	bearer := "Authorization: Bearer " + token
	var probes []probe
	for name, method := range map[string]string{
		"with a slash": "GET/", "with a colon": "GET:", "with a brace": "{http.request.uri}", "beyond ascii": "GÉT", "with nul": "GET\x00", "with a tab": "GET\t",
	} {
		probes = append(probes, probe{
			name: name, by: onlyH1, attack: rawRequest(method+" /orders HTTP/1.1", bearer), status: http.StatusBadRequest,
			control: rawGet(bearer), intact: carries(whole),
		})
		probes = append(probes, probe{name: name + " in http/2", script: func(t *testing.T) {
			g := gateOf(t, plain)
			for _, p := range onlyH2 {
				g.arrivals(t, p, request{method: method, fields: call(token).fields}, 0, nil)
				arrives(t, "the control", g.passes(t, p, call(token)), carries(whole))
			}
		}})
	}
	longest := strings.Repeat("M", 32)
	return append(probes, probe{
		name: "33 letters", attack: request{method: longest + "M", fields: call(token).fields}, status: http.StatusMethodNotAllowed,
		control: request{method: longest, fields: call(token).fields}, intact: all(carries(whole), line(longest+" /orders")),
	})
}
