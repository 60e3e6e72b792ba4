package snippets

import (
	"net/http"
	"testing"
)

// aside are ways to say /healthz to a matcher of paths and something else to an
// upstream, or to ask it for more than its health.
var aside = []struct{ method, path string }{
	{http.MethodDelete, "/healthz"},
	{http.MethodDelete, "/orders/1%2f..%2f..%2fhealthz"},
	{http.MethodGet, "/orders/1%2f..%2f..%2fhealthz"},
	{http.MethodGet, "/orders/%2e%2e/healthz"},
	{http.MethodGet, "/orders/../healthz"},
	{http.MethodGet, "/HEALTHZ"},
	{http.MethodGet, "//healthz"},
	{http.MethodGet, "/./healthz"},
	{http.MethodGet, "/%68ealthz"},
}

// Without a token one request alone comes to the upstream, and it is what the page
// says, not what something makes of it.
func TestMigrationOpenPath(t *testing.T) {
	m := startMoved(t, "@authenticated", envoy)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		status, seen, _ := m.send(method, "/healthz", "")
		if status != http.StatusOK || len(seen) != 1 || seen[0].Line != method+" /healthz HTTP/1.1" || len(forgeries(seen)) > 0 {
			t.Errorf("%s /healthz: status %d, %+v arrived", method, status, seen)
		}
	}
	for _, request := range append(aside, []struct{ method, path string }{
		{http.MethodPost, "/healthz"}, {http.MethodOptions, "/healthz"}, {"get", "/healthz"},
		{http.MethodGet, "/healthz/"}, {http.MethodGet, "/healthz?"}, {http.MethodGet, "/healthz?all"},
		{http.MethodGet, "/healthz;v=1"}, {http.MethodGet, "/healthz%2f"}, {http.MethodGet, "/healthz%00"},
		{http.MethodGet, "/healthz/../orders"}, {http.MethodGet, "/healthz%2f..%2forders"}, {http.MethodGet, "/healthz%3f"},
	}...) {
		status, seen, _ := m.send(request.method, request.path, "")
		if status != http.StatusUnauthorized || len(seen) > 0 {
			t.Errorf("%s %s: status %d, %d arrived", request.method, request.path, status, len(seen))
		}
	}
}

// The twin: a matcher of paths, and of no method, lets each of them pass.
func TestMigrationOpenPathByPath(t *testing.T) {
	m := startMoved(t, "@authenticated", envoy, "\t\tmethod GET HEAD\n", "", "expression `{uri} == \"/healthz\"`", "path /healthz")
	for _, request := range aside {
		_, seen, _ := m.send(request.method, request.path, "")
		if len(seen) != 1 || seen[0].Line != request.method+" "+request.path+" HTTP/1.1" {
			t.Errorf("%s %s: %+v arrived", request.method, request.path, seen)
		}
	}
}
