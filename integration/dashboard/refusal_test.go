package dashboard

import (
	"net/http"
	"testing"
)

// What is refused reaches no dashboard; each case differs in one property from the
// last, which passes.
func TestRefused(t *testing.T) {
	t.Parallel()
	upstream := startUpstream(t)
	w := newWorld(t, upstream.Address)
	changed := func(change func(c *caller)) string {
		c := role("reports", "Viewer")
		change(&c)
		return w.token(c)
	}
	for _, c := range []struct {
		name, token, path string
		status            int
		reason            string
	}{
		{"no token", "", "/dashboard/", http.StatusUnauthorized, "missing_token"},
		{"another account", changed(func(c *caller) { c.account, c.arn = stranger, "arn:aws:iam::"+stranger+":role/reports" }), "/dashboard/", http.StatusUnauthorized, "unknown_issuer"},
		{"Admin", w.token(role("reports", "Admin")), "/dashboard/", http.StatusForbidden, "requirement_failed"},
		{"another case", w.token(role("reports", "viewer")), "/dashboard/", http.StatusForbidden, "requirement_failed"},
		{"no tag", changed(func(c *caller) { c.tags = map[string]any{"team": "orders"} }), "/dashboard/", http.StatusForbidden, "requirement_failed"},
		{"a user", changed(func(c *caller) { c.arn = "arn:aws:iam::" + account + ":user/reports" }), "/dashboard/", http.StatusForbidden, "policy_denied"},
		{"Grafana's passwords", w.token(viewer), "/login", http.StatusForbidden, "policy_denied"},
		{"Grafana's administration", w.token(viewer), "/api/admin/users", http.StatusForbidden, "policy_denied"},
		{"Graphite's passwords", w.token(viewer), "/account/login", http.StatusForbidden, "policy_denied"},
		{"Django's administration", w.token(viewer), "/admin/", http.StatusForbidden, "policy_denied"},
		{"the same with dots", w.token(viewer), "/dashboard/../admin/", http.StatusForbidden, "unsafe_path"},
		{"the same encoded", w.token(viewer), "/dashboard/%2e%2e/admin/", http.StatusForbidden, "unsafe_path"},
		{"nothing wrong", w.token(viewer), "/dashboard/", http.StatusOK, ""},
	} {
		logged := len(w.gateway.Decisions())
		a := send(t, w.gateway.Address, c.path, c.token, nil, "X-WEBAUTH-USER", "admin")
		reason := ""
		if c.status != http.StatusOK {
			decision, err := w.gateway.Decision(logged)
			must(t, err)
			reason = decision.Reason
		}
		if a.status != c.status || reason != c.reason {
			t.Errorf("%s: %d, %s", c.name, a.status, reason)
		}
	}
	if seen := upstream.Seen(); len(seen) != 1 {
		t.Errorf("the upstream saw %+v", seen)
	}
}

// Without the line that lists the roles, whoever may tag is Admin: what the page
// warns of is so.
func TestRoleThatIsNotPinned(t *testing.T) {
	t.Parallel()
	upstream := startUpstream(t)
	w := newWorld(t, upstream.Address, "\t\tprincipal_tag dashboard-role Viewer Editor\n", "")
	send(t, w.gateway.Address, "/api/user", w.token(role("reports", "Admin")), nil)
	seen := upstream.Seen()
	if len(seen) != 1 {
		t.Fatalf("the upstream saw %+v", seen)
	}
	if _, more := readGrafana(t).user("127.0.0.1", seen[0]); more["Role"] != "Admin" {
		t.Errorf("Grafana would have %v", more)
	}
}
