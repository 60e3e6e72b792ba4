package recipes

import (
	"net/http"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Without a token the API gets one request target, to be read; what Caddy's matcher
// "path" takes for it as well does not arrive, since it would arrive as it is written.
func TestRestAPIOpenPath(t *testing.T) {
	t.Parallel()
	page := stacktest.ReadPage(t, "docs/recipes/rest-api.md")
	const exact = "vars {http.request.orig_uri} /healthz"
	for matcher, open := range map[string]bool{exact: false, "path /healthz": true} {
		w := start(t, page, "api.example.com", exact, matcher)
		for _, tt := range []struct {
			method, target string
			loose          bool // whether path lets it through
		}{
			{"GET", "/teams/orders%2f..%2f..%2fhealthz?x=1", true},
			{"GET", "/teams/orders/../../healthz", true},
			{"GET", "/teams/orders/%2e%2e/%2e%2e/healthz", true},
			{"GET", "/Healthz", true},
			{"GET", "/HEALTHZ", true},
			{"GET", "/%68ealthz", true},
			{"GET", "/./healthz", true},
			{"GET", "//healthz", true},
			{"GET", "/healthz?x=1", true},
			{"GET", "/healthz?", true},
			{"GET", "/healthz/", false},
			{"GET", "/healthz/teams", false},
			{"GET", "/healthz/../teams/orders/1", false},
			{"GET", "/healthz/%2e%2e/teams/orders/1", false},
			{"GET", "/healthz%00", false},
			{"GET", "/{http.request.orig_uri}", false},
			{"PUT", "/healthz", false},
			{"get", "/healthz", false},
		} {
			want, seen := http.StatusUnauthorized, 0
			if open && tt.loose {
				want, seen = http.StatusOK, 1
			}
			if got := w.ask(tt.method, tt.target, "", ""); got.status != want || len(got.seen) != seen {
				t.Errorf("%s: %s %s: %d, the API saw %d requests", matcher, tt.method, tt.target, got.status, len(got.seen))
			}
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := w.ask(method, "/healthz", "", "")
			if got.status != http.StatusOK || len(got.seen) != 1 || got.seen[0].RequestURI != "/healthz" {
				t.Errorf("%s: %s /healthz: %d, the API saw %d requests", matcher, method, got.status, len(got.seen))
			}
		}
	}
}

// The tag of one account opens the same as that of the other, until the rule that the
// page has in a comment pins a team to its account.
func TestRestAPIAccountOfTeam(t *testing.T) {
	t.Parallel()
	page := stacktest.ReadPage(t, "docs/recipes/rest-api.md")
	for _, pinned := range []bool{false, true} {
		var pairs []string
		if pinned {
			pairs = []string{"# deny other-account ", "deny other-account "}
		}
		w := start(t, page, "api.example.com", pairs...)
		for _, tt := range []struct {
			account, team string
			always        bool
		}{
			{account, "orders", true},
			{other, "billing", true},
			{other, "orders", false},
			{account, "billing", false},
			{account, "returns", false}, // of no account
		} {
			want := http.StatusOK
			if pinned && !tt.always {
				want = http.StatusForbidden
			}
			if got := w.ask("GET", "/teams/"+tt.team+"/1", w.tokenOf(tt.account, reader, tags(tt.team)), ""); got.status != want {
				t.Errorf("pinned %v: a reader of %s in %s: %d", pinned, tt.team, tt.account, got.status)
			}
		}
	}
}
