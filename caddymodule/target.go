package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// leavesHTTP refuses requests that would escape the rules that each request is
// looked at by. It holds for a firewall, too: behind an upgrade, a client's
// bytes reach the upstream as they are, and a target without a path is matched
// and judged as another than the upstream reads.
func leavesHTTP(r *http.Request) *refusal {
	switch {
	case wantsUpgrade(r):
		return &refusal{reason: upgradeRefused, hint: "upgrades and CONNECT are refused; a client that offers HTTP/2 by Upgrade must not"}
	case !hasPath(r):
		return &refusal{reason: string(celpolicy.ReasonUnsafePath), hint: "the target of the request is not a path that begins with a slash"}
	}
	return nil
}

// hasPath reports whether the target of the request is a path, and nothing that
// a proxy would write in its place.
func hasPath(r *http.Request) bool {
	return r.URL.Opaque == "" && strings.HasPrefix(r.URL.Path, "/")
}

// wantsUpgrade reports whether the request would leave HTTP. Whatever Upgrade
// asks for counts, since not every server holds it against Connection.
func wantsUpgrade(r *http.Request) bool {
	_, upgrade := r.Header["Upgrade"]
	_, protocol := r.Header[":protocol"] // RFC 8441, RFC 9220
	return upgrade || protocol || r.Method == http.MethodConnect
}

// dropUpgrade takes from a refused request what an error route's proxy would
// follow.
func dropUpgrade(header http.Header) {
	delete(header, "Upgrade")
	delete(header, "Http2-Settings")
	delete(header, ":protocol")
}
