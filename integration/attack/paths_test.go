package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// pathPolicy closes a part of a site by its path.
var pathPolicy = inside(plain, `
		deny admin `+"`request.path.startsWith(\"/admin\")`"+`
		allow others true`)

// pathProbes: what a policy, a proxy and an upstream each take for the path
// must be one path. CVE-2026-33494 (Oathkeeper judged /a/../b by its first
// half), CVE-2026-26308 (Envoy), CVE-2026-27587 and CVE-2026-27588 (Caddy's
// matchers and encoded or mixed-case paths).
func pathProbes() []probe {
	return slices.Concat(unsafePathProbes(), deniedPathProbes(), untouchedPathProbes(), absoluteTargetProbes(), rewrittenPathProbes(), pathInHTTP2Probes())
}

// unsafePathProbes: a path that some upstream reads otherwise is refused. Each
// control is a path that all read alike.
func unsafePathProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, tt := range []struct{ name, target, clean string }{
		{"dot segments", "/orders/../admin", "/orders/..x/admin"},
		{"dot segments at the end", "/orders/..", "/orders/..x"},
		{"one dot", "/./admin", "/x/admin"},
		{"one dot at the end", "/orders/.", "/orders/.x"},
		{"encoded dots", "/orders/%2e%2e/admin", "/orders/%2e%2ex/admin"},
		{"one encoded dot of two", "/orders/.%2E/admin", "/orders/.%2Ex/admin"},
		{"one encoded dot", "/%2e/admin", "/%2ex/admin"},
		{"two slashes", "//admin", "/x/admin"},
		{"two slashes inside", "/orders//admin", "/orders/x/admin"},
		{"two slashes at the end", "/orders//", "/orders/"},
		{"a host in front", "//127.0.0.1/admin", "/127.0.0.1/admin"},
		{"an encoded slash", "/orders/..%2fadmin", "/orders/..x/admin"},
		{"an encoded slash in capitals", "/x%2Fadmin", "/x/admin"},
		{"a slash encoded alone", "/%2fadmin", "/x/admin"},
		{"a backslash", `/orders\..\admin`, "/orders-..-admin"},
		{"an encoded backslash", "/orders/..%5cadmin", "/orders/..x/admin"},
		{"an encoded backslash in capitals", "/%5Cadmin", "/x/admin"},
		{"nul", "/orders/%00", "/orders/%30"},
		{"nul behind the name", "/orders%00/admin", "/orders/admin"},
		{"a line feed", "/orders/%0a", "/orders/a"},
		{"crlf and a field", "/orders%0d%0aX-Team:%20evil", "/orders-X-Team:%20kept"},
		{"a tab", "/orders%09", "/orders"},
		{"delete", "/orders%7f", "/orders%7e"},
		{"a parameter behind dots", "/orders/..;/admin", "/orders/..x;/admin"},
		{"a named parameter behind dots", "/orders/..;a=b/admin", "/orders/..x;a=b/admin"},
		{"an encoded parameter behind dots", "/orders/..%3b/admin", "/orders/x%3b/admin"},
		{"a parameter behind encoded dots", "/orders/%2e%2e;/admin", "/orders/%2e%2ex;/admin"},
		{"an empty segment with a parameter", "/;/admin", "/x;/admin"},
		{"bad utf-8", "/orders/%ff", "/orders/%c3%bf"},
		{"an overlong slash", "/orders/..%c0%afadmin", "/orders/..%c2%afadmin"},
		{"an overlong dot", "/orders/%c0%ae%c0%ae/admin", "/orders/%c2%ae%c2%ae/admin"},
		{"a fragment with dot segments", "/orders#/../admin", "/orders#/x/admin"},
		{"a query sign with dot segments", "/orders%3f/../admin", "/orders%3f/x/admin"},
		{"next line", "/orders/%c2%85", "/orders/%c2%a5"},
	} {
		probes = append(probes, probe{
			name: tt.name, site: pathPolicy, attack: request{target: tt.target, fields: call(token).fields},
			status: http.StatusForbidden, reason: "unsafe_path",
			control: request{target: tt.clean, fields: call(token).fields}, intact: all(carries(whole), line("GET "+sentAs(tt.clean))),
		})
	}
	return probes
}

// sentAs is a target as a proxy writes it: what a path may not hold (RFC 3986,
// section 3.3) is encoded, and the rest stays as it came.
func sentAs(target string) string {
	path, query, asks := strings.Cut(target, "?")
	path = strings.NewReplacer("#", "%23", " ", "%20", "ä", "%C3%A4").Replace(path)
	if asks {
		path += "?" + query
	}
	return path
}

// deniedPathProbes are other spellings of the path that the policy closes.
func deniedPathProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, target := range []string{
		"/admin", "/admin/", "/admin/x", "/administration", "/%61dmin", "/%61%64%6d%69%6e/x", "/adm%69n?x=/orders", "/admin?", "/admin?/../orders",
		"/admin;x=1", "/admin.", "/admin%20", "/admin%3f", "/admin%23", "/admin#/orders", "/admin*", "/admin%25", "/admin:80", "/admin@orders",
	} {
		clean := strings.NewReplacer("admin", "order", "%61dmin", "%6frder", "%61%64%6d%69%6e", "%6frder", "adm%69n", "ord%65r").Replace(target)
		probes = append(probes, probe{
			name: "denied: " + target, site: pathPolicy, attack: request{target: target, fields: call(token).fields},
			status: http.StatusForbidden, reason: "policy_denied",
			control: request{target: clean, fields: call(token).fields}, intact: all(carries(whole), line("GET "+sentAs(clean))),
		})
	}
	return probes
}

// untouchedPathProbes: what passes arrives as it was sent, so that whoever
// decodes it once reads what the policy read. Case and dots at the end count.
func untouchedPathProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, target := range []string{
		"/ADMIN", "/Admin", "/.admin", "/orders/admin", "/orders/...", "/orders.", "/orders./x", "/orders/x..", "/orders;v=1", "/orders;admin", "/orders/%2561dmin",
		"/%2561dmin", "/orders/%252e%252e/admin", "/orders/%252fadmin", "/orders/%25%32%65", "/orders%3bx", "/orders%26x", "/orders/%E2%80%AE", "/orders/ä",
		"/orders/..%ef%bc%8fadmin", "/orders?/../admin", "/orders?x=%2e%2e%2f", "/orders?a=1;b=2", "/orders?", "/orders?%00", "/orders?a#b",
	} {
		probes = append(probes, probe{
			name: "as sent: " + target, site: pathPolicy, attack: request{target: target, fields: call(token).fields}, disarmed: all(carries(whole), line("GET "+sentAs(target))),
			control: call(token), intact: line("GET /orders"),
		})
	}
	for _, target := range []string{"/orders%", "/orders%2", "/orders%zz", "/orders%u0061"} {
		probes = append(probes, probe{
			name: "no path: " + target, site: pathPolicy, by: onlyH1, attack: request{target: target, fields: call(token).fields}, status: http.StatusBadRequest,
			control: request{target: "/orders%25", fields: call(token).fields}, intact: line("GET /orders%25"),
		})
	}
	return probes
}

// absoluteTargetProbes: a target may be a whole URL (RFC 9112, section 3.2.2),
// of which the path counts.
func absoluteTargetProbes() []probe {
	token := mint(nil)
	bearer := "Authorization: Bearer " + token
	control := rawRequest("GET http://HOST/orders HTTP/1.1", bearer)
	var probes []probe
	for name, tt := range map[string]struct {
		site, target, reason string
	}{
		"a url of the closed path":       {pathPolicy, "http://HOST/admin", "policy_denied"},
		"a url with dot segments":        {pathPolicy, "http://HOST/orders/../admin", "unsafe_path"},
		"a url with two slashes":         {pathPolicy, "http://HOST//admin", "unsafe_path"},
		"a url without a path":           {pathPolicy, "http://HOST", "unsafe_path"},
		"a url with a query alone":       {pathPolicy, "http://HOST?/admin", "unsafe_path"},
		"another scheme":                 {pathPolicy, "ftp://HOST/admin", "policy_denied"},
		"a scheme without a host":        {pathPolicy, "a:/admin", "policy_denied"},
		"a scheme and an opaque path":    {pathPolicy, "a:admin/x", "unsafe_path"},
		"a url in a url":                 {pathPolicy, "a:http://HOST/admin", "unsafe_path"},
		"an asterisk":                    {pathPolicy, "*", "unsafe_path"},
		"an opaque path to an open site": {matched, "a:admin/x", "unsafe_path"},
		"a scheme before a matched path": {matched, "a:/admin", "missing_token"},
	} {
		attack, status := rawRequest("GET "+tt.target+" HTTP/1.1", bearer), http.StatusForbidden
		if tt.reason == "missing_token" {
			attack, status = rawRequest("GET "+tt.target+" HTTP/1.1"), http.StatusUnauthorized
		}
		probes = append(probes, probe{
			name: name, site: tt.site, by: onlyH1, attack: attack, status: status, reason: tt.reason,
			control: control, intact: line("GET /orders"),
		})
	}
	return probes
}

// rewriting has Caddy's own directives change the path in front of the policy.
const rewriting = `
	uri /api/* strip_prefix /api
	rewrite /old/* /admin{uri}
	uri /swap/* replace /swap/ /admin/
	handle_path /inner/* {
		aws_jwt {
			issuer ISSUER 111122223333
			audience orders.internal
			deny admin ` + "`request.path.startsWith(\"/admin\")`" + `
		}
		reverse_proxy UPSTREAM
	}
	handle {
		aws_jwt {
			issuer ISSUER 111122223333
			audience orders.internal
			deny admin ` + "`request.path.startsWith(\"/admin\")`" + `
		}
		reverse_proxy UPSTREAM
	}`

// rewrittenPathProbes: the policy sees what the directives made of the path, as
// the upstream does.
func rewrittenPathProbes() []probe {
	token := mint(nil)
	var probes []probe
	for _, tt := range []struct{ target, reason, clean, arrives string }{
		{"/api/admin", "policy_denied", "/api/orders", "/orders"},
		{"/api/%61dmin", "policy_denied", "/api/%6frders", "/%6frders"},
		{"/%61pi/admin", "policy_denied", "/%61pi/orders", "/orders"},
		{"/API/admin", "policy_denied", "/API/orders", "/orders"},
		{"/api//admin", "policy_denied", "/api//orders", "/orders"},
		{"/api/../admin", "unsafe_path", "/api/..x/admin", "/..x/admin"},
		{"/api/%2e%2e/admin", "unsafe_path", "/api/x/admin", "/x/admin"},
		{"/api/%2fadmin", "unsafe_path", "/api/x/admin", "/x/admin"},
		{"/api/orders/../../admin", "unsafe_path", "/api/orders/x", "/orders/x"},
		{"/old/x", "policy_denied", "/older/x", "/older/x"},
		{"/old/../orders", "unsafe_path", "/orders", "/orders"},
		{"/swap/x", "policy_denied", "/swaps/x", "/swaps/x"},
		{"/inner/admin", "policy_denied", "/inner/orders", "/orders"},
		{"/inner/%61dmin", "policy_denied", "/inner/%6frders", "/%6frders"},
		{"/inner//admin", "policy_denied", "/inner//orders", "/orders"},
		{"/inner/x/../admin", "policy_denied", "/inner/x/../orders", "/orders"},
		{"/inner/%2fadmin", "unsafe_path", "/inner/x/admin", "/x/admin"},
		{"/inner/%5cadmin", "unsafe_path", "/inner/x/admin", "/x/admin"},
	} {
		probes = append(probes, probe{
			name: "rewritten: " + tt.target, site: rewriting, attack: request{target: tt.target, fields: call(token).fields},
			status: http.StatusForbidden, reason: tt.reason,
			control: request{target: tt.clean, fields: call(token).fields}, intact: all(carries(whole.but("x-team")), line("GET "+tt.arrives)),
		})
	}
	return probes
}

// pathInHTTP2Probes: in HTTP/2 a path is a field, which could hold anything.
// Whether the server or the policy refuses it, or it is encoded, the upstream
// reads one request, and not of the closed path.
func pathInHTTP2Probes() []probe {
	var probes []probe
	for name, target := range map[string]string{
		"no slash": "admin", "a space": "/orders HTTP/1.1 /admin", "a whole request": "/orders HTTP/1.1\r\nX-Team: evil\r\n\r\nGET /admin",
		"a line feed": "/orders\n/admin", "nul": "/orders\x00/../admin", "a url": "http://127.0.0.1/admin", "an asterisk": "*",
		"a query alone": "?/admin", "a tab": "/orders\tHTTP/1.1", "a raw byte": "/orders\xff", "an authority": "//admin", "a space alone": " ", "a semicolon": ";/admin", "a broken escape": "/orders%zz",
	} {
		probes = append(probes, probe{name: "http/2: " + name, script: func(t *testing.T) {
			g := gateOf(t, pathPolicy)
			token := mint(nil)
			for _, p := range onlyH2 {
				g.forget()
				g.send(t, p, request{target: target, fields: call(token).fields})
				for _, a := range g.upstream.Seen() {
					arrives(t, string(p), a, all(carries(whole), unforged, onOrders))
				}
				arrives(t, "the control", g.passes(t, p, call(token)), line("GET /orders"))
			}
		}})
	}
	return probes
}

// onOrders says what is wrong unless the request line is one of /orders.
func onOrders(a stack.Arrival) string {
	if words := strings.Split(a.Line, " "); len(words) != 3 || !strings.HasPrefix(words[1], "/orders") || strings.Contains(words[1], "/admin") && !strings.Contains(words[1], "%20") {
		return "the line is " + a.Line
	}
	return ""
}
