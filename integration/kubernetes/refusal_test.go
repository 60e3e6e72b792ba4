package kubernetes

import (
	"net/http"
	"strings"
	"testing"
)

// serviceAccountLine is the line of the page's text for a token of the gateway's own.
func serviceAccountLine(t *testing.T) string {
	t.Helper()
	_, line, found := strings.Cut(page(t).Text, "`header_up Authorization")
	line, _, ended := strings.Cut(line, "`")
	if !found || !ended {
		t.Fatal("the page has no header_up")
	}
	return "header_up Authorization" + line
}

// What the gateway refuses reaches no API server; each case differs from one that
// does in one property.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, differences{})
	claims := func(name, value string) func(top, aws map[string]any) {
		return func(top, aws map[string]any) {
			top[name] = value
			if name == "sub" {
				aws["principal_id"] = value
			}
		}
	}
	tag := func(value any) func(top, aws map[string]any) {
		return func(_, aws map[string]any) { aws["principal_tags"] = map[string]any{"kubernetes-group": value} }
	}
	for name, c := range map[string]struct {
		token  string
		path   string
		status int
		reason string
	}{
		"nothing":            {"", review, http.StatusUnauthorized, "missing_token"},
		"another account":    {w.tokenOf(stranger, "other", nil), review, http.StatusUnauthorized, "unknown_issuer"},
		"another audience":   {w.token(claims("aud", "https://orders.example.com")), review, http.StatusUnauthorized, "wrong_audience"},
		"a user":             {w.token(claims("sub", "arn:aws:iam::"+account+":user/deployer")), review, http.StatusForbidden, "policy_denied"},
		"the account itself": {w.token(claims("sub", "arn:aws:iam::"+account+":root")), review, http.StatusForbidden, "policy_denied"},
		"no tag":             {w.token(func(_, aws map[string]any) { delete(aws, "principal_tags") }), review, http.StatusForbidden, "requirement_failed"},
		"another tag":        {w.token(tag("system:masters")), review, http.StatusForbidden, "requirement_failed"},
		"a request tag": {w.token(func(_, aws map[string]any) {
			aws["request_tags"] = aws["principal_tags"]
			delete(aws, "principal_tags")
		}), review, http.StatusForbidden, "requirement_failed"},
		"another path":          {w.token(nil), "/metrics", http.StatusForbidden, "policy_denied"},
		"a path like it":        {w.token(nil), "/apiserver", http.StatusForbidden, "policy_denied"},
		"a path with dots":      {w.token(nil), "/api/../metrics", http.StatusForbidden, "unsafe_path"},
		"an encoded slash":      {w.token(nil), "/api/v1/namespaces/shop%2Fconfigmaps", http.StatusForbidden, "unsafe_path"},
		"two slashes, in front": {w.token(nil), "//api/v1/namespaces", http.StatusForbidden, "unsafe_path"},
	} {
		logged := len(w.gateway.Decisions())
		response := w.send(http.MethodPost, c.path, c.token, "Impersonate-User", "kubernetes-admin")
		decision, err := w.gateway.Decision(logged)
		must(t, err)
		if response.StatusCode != c.status || decision.Reason != c.reason {
			t.Errorf("%s: %s, %s", name, response.Status, decision.Reason)
		}
	}
	for path, code := range map[string]int{review: http.StatusCreated, configMaps: http.StatusCreated} {
		if response := w.send(http.MethodPost, path, w.token(nil)); response.StatusCode != code {
			t.Errorf("%s: %s: %s", path, response.Status, response.Body)
		}
	}
	if acts := seen(t, w.cluster, 2); !acts[0].acted(deployer, deployers, all) || !acts[1].acted(deployer, deployers, all) {
		t.Errorf("the API server saw %+v", acts)
	}
}

// A request without Impersonate-User would be the gateway's own. Each of the three
// things that the page names stands alone, when the others are taken away; with none
// of them, the gateway itself is who acts.
func TestNeverTheGatewayItself(t *testing.T) {
	t.Parallel()
	const (
		user  = "\t\t\theader Impersonate-User aws:{aws_token.account.id}:{aws_token.principal.name}\n"
		group = "\t\t\theader Impersonate-Group aws:{aws_token.principal_tags.kubernetes-group}\n"
		guard = "\t\terror @nobody 500\n"
		strip = "\t\trequest_header -Impersonate-*\n"
		next  = "\t\t@nobody not" // what follows aws_jwt

		binding = "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
		admin   = "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: too-much}\n" +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n" +
			"subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: aws-gateway}]"
	)
	byCaddy := []string{user, "", group, "", next, "\t\trequest_" + strings.TrimSpace(user) + "\n\t\trequest_" + strings.TrimSpace(group) + "\n" + next}
	everything := []string{binding, admin + binding}
	connection := []string{"Connection", "Impersonate-User, Impersonate-Group"}

	for name, c := range map[string]struct {
		caddyfile []string
		access    []string
		headers   []string
		status    int
		acted     int // requests that the API server saw
		itself    bool
		anonymous bool
	}{
		"the page":                             {nil, nil, connection, http.StatusOK, 1, false, false},
		"all rights, the page's Caddyfile":     {nil, everything, connection, http.StatusOK, 1, false, false},
		"no name, with the guard":              {[]string{user, ""}, everything, nil, http.StatusInternalServerError, 0, false, false},
		"no token, where none is needed":       {[]string{"\t\t\tmax_stream 1h\n", "\t\t\tmax_stream 1h\n\t\t\toptional\n"}, everything, nil, http.StatusInternalServerError, 0, false, true},
		"the same, without the guard":          {[]string{"\t\t\tmax_stream 1h\n", "\t\t\tmax_stream 1h\n\t\t\toptional\n", guard, ""}, everything, nil, http.StatusOK, 1, true, true},
		"stripped behind, with the guard":      {[]string{strip, "", next, strip + next}, everything, nil, http.StatusInternalServerError, 0, false, false},
		"no name, no guard, no rights":         {[]string{user, "", group, "", guard, ""}, nil, nil, http.StatusForbidden, 1, true, false},
		"a group without a name":               {[]string{user, "", guard, ""}, everything, nil, http.StatusBadRequest, 1, true, false},
		"named by Caddy, no rights":            {byCaddy, nil, connection, http.StatusForbidden, 1, true, false},
		"named by Caddy, all rights: the hole": {byCaddy, everything, connection, http.StatusOK, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, differences{caddyfile: c.caddyfile, access: c.access})
			token := w.token(nil)
			if c.anonymous {
				token = ""
			}
			response := w.send(http.MethodGet, configMaps, token, c.headers...)
			if response.StatusCode != c.status {
				t.Errorf("%s: %s", response.Status, response.Body)
			}
			for _, act := range seen(t, w.cluster, c.acted) {
				if itself := act.User == gatewayUser && act.As == ""; itself != c.itself {
					t.Errorf("the API server saw %+v", act)
				}
			}
			if late := w.cluster.acts(); len(late) > 0 {
				t.Errorf("the API server also saw %+v", late)
			}
		})
	}
}
