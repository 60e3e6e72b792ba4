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
func leavesHTTP(r *http.Request, mayUpgrade bool) *refusal {
	switch {
	case wantsUpgrade(r) && (!mayUpgrade || !isWebSocketHandshake(r)):
		return refusedUpgrade(mayUpgrade)
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
