package dashboard

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// grafana is what the page's configuration has it believe of a request, by the rules
// of Grafana's documentation. It is not Grafana.
type grafana map[string]string

func readGrafana(t *testing.T) grafana {
	t.Helper()
	g, section := make(grafana), ""
	for lines := bufio.NewScanner(strings.NewReader(page(t).BlockWith("ini", "[auth.proxy]"))); lines.Scan(); {
		switch line := strings.TrimSpace(lines.Text()); {
		case line == "":
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			key, value, found := strings.Cut(line, " = ")
			if !found {
				t.Fatalf("no setting: %q", line)
			}
			g[section+"/"+key] = value
		}
	}
	return g
}

// user is whom a request signs in and what else of the user it sets; each header
// counts once.
func (g grafana) user(from string, a stack.Arrival) (name string, more map[string]string) {
	if g["auth.proxy/enabled"] != "true" || !slices.Contains(strings.Split(g["auth.proxy/whitelist"], ", "), from) {
		return "", nil
	}
	more = make(map[string]string)
	for each := range strings.FieldsSeq(g["auth.proxy/headers"]) {
		property, field, _ := strings.Cut(each, ":")
		more[property] = strings.Join(a.Get(field), "|")
	}
	return strings.Join(a.Get(g["auth.proxy/header_name"]), "|"), more
}

// The gateway sends what the page's Grafana reads, and nothing that a client says.
func TestGrafana(t *testing.T) {
	t.Parallel()
	g := readGrafana(t)
	for key, want := range map[string]string{
		"server/http_addr": "127.0.0.1", "auth.proxy/header_property": "username", "auth.proxy/enable_login_token": "false", "users/auto_assign_org_role": "Viewer",
	} {
		if g[key] != want {
			t.Errorf("%s = %s", key, g[key])
		}
	}
	upstream := startUpstream(t)
	w := newWorld(t, upstream.Address)
	full := viewer
	full.tags = map[string]any{"dashboard-role": "Editor", "team": "orders"}
	claims := []string{
		"X-WEBAUTH-USER", "admin", "X_Webauth_User", "admin", "x-webauth-role", "Admin", "X-Webauth-Groups", "admins",
		"Connection", "X-WEBAUTH-USER, X-WEBAUTH-ROLE", "Authorization-Extra", "kept",
	}
	for name, c := range map[string]struct {
		caller caller
		role   string
		groups string
	}{
		"a viewer":              {viewer, "Viewer", ""},
		"an editor with a team": {full, "Editor", "orders"},
	} {
		for _, headers := range [][]string{nil, claims} {
			if a := send(t, w.gateway.Address, "/api/user", w.token(c.caller), nil, headers...); a.status != http.StatusOK {
				t.Errorf("%s: %d", name, a.status)
			}
			seen := upstream.Seen()
			if len(seen) != 1 || len(seen[0].Get("Authorization")) != 0 {
				t.Fatalf("%s: %+v", name, seen)
			}
			user, more := g.user("127.0.0.1", seen[0])
			if user != "aws:"+account+":reports:"+c.role || more["Role"] != c.role || more["Groups"] != c.groups {
				t.Errorf("%s: Grafana would sign in %q with %v", name, user, more)
			}
			if user, _ := g.user("192.0.2.1", seen[0]); user != "" {
				t.Errorf("%s: Grafana would sign in %q from anywhere", name, user)
			}
		}
	}
}

func startUpstream(t *testing.T) *stack.Upstream {
	t.Helper()
	upstream, err := stack.StartUpstream()
	must(t, err)
	t.Cleanup(upstream.Close)
	return upstream
}
