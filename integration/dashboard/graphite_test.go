package dashboard

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// startGraphite starts Graphite's web interface as the page sets it up, with a
// directory of its own, and returns its address.
func startGraphite(t *testing.T) string {
	t.Helper()
	address, _ := startGraphiteIn(t)
	return address
}

// startGraphiteIn returns what its programs have in their environment as well.
func startGraphiteIn(t *testing.T) (address string, environment []string) {
	t.Helper()
	directory := t.TempDir()
	address = stacktest.FreeAddress(t)
	debian, err := os.ReadFile("/etc/graphite/local_settings.py")
	if err != nil {
		t.Fatalf(`Graphite is missing: run "make deps": %v`, err)
	}
	settings := stacktest.Replaced(t, string(debian), "/var/lib/graphite", directory, "/var/log/graphite", directory) +
		stacktest.Replaced(t, page(t).BlockWith("python", "SECRET_KEY"), "/etc/graphite/", directory+"/")
	for name, text := range map[string]string{
		"local_settings.py": settings,
		"gateway_user.py":   page(t).BlockWith("python", "class GatewayUser"),
		"secret_key":        "of the test\n",
	} {
		must(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(directory, "whisper"), 0o700))
	environment = []string{"PYTHONPATH=" + directory, "GRAPHITE_SETTINGS_MODULE=local_settings"}
	migrate, serve, _ := strings.Cut(page(t).BlockWith("sh", "gunicorn"), "\n")
	command := exec.CommandContext(t.Context(), "sh", "-euc", migrate)
	command.Env = append(os.Environ(), environment...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	serve = stacktest.Replaced(t, strings.TrimSpace(serve), "127.0.0.1:3000", address, "GRAPHITE_SETTINGS_MODULE=local_settings gunicorn", "exec gunicorn")
	graphite, err := stack.StartProgram(directory, address, environment, "/bin/sh", "-euc", serve)
	must(t, err)
	t.Cleanup(func() { must(t, graphite.Stop()) })
	return address, environment
}

var userName = regexp.MustCompile(`var userName = (?:null|'([^']*)');`)

// signedIn is whom Graphite took the request to be from, as its page of dashboards
// says; "" is nobody.
func signedIn(t *testing.T, a answer) string {
	t.Helper()
	found := userName.FindStringSubmatch(a.text)
	if a.status != http.StatusOK || found == nil {
		t.Fatalf("%d, and no user in\n%.2000s", a.status, a.text)
	}
	return found[1]
}

var (
	viewer = role("reports", "Viewer")
	editor = role("painter", "Editor")
)

func TestGraphite(t *testing.T) {
	t.Parallel()
	graphite := startGraphite(t)
	w := newWorld(t, graphite)
	t.Run("names", func(t *testing.T) { graphiteNames(t, w, graphite) })
	t.Run("roles", func(t *testing.T) { graphiteRoles(t, w) })
}

// Graphite signs in the role that the token is of, under no name that a client gives
// itself, in no spelling and by no cookie; asked without the gateway it believes each.
func graphiteNames(t *testing.T, w *world, graphite string) {
	const reports = "aws:" + account + ":reports:Viewer"
	painters := send(t, w.gateway.Address, "/dashboard/", w.token(editor), nil)
	if got := signedIn(t, painters); got != "aws:"+account+":painter:Editor" || len(painters.cookies) != 1 {
		t.Fatalf("signed in %q, with %d cookies", got, len(painters.cookies))
	}
	for name, c := range map[string]struct {
		headers []string
		direct  string // who it is without the gateway
	}{
		"nothing":            {nil, ""},
		"the header":         {[]string{"X-WEBAUTH-USER", "admin"}, "admin"},
		"lower case":         {[]string{"x-webauth-user", "admin"}, "admin"},
		"underscores":        {[]string{"X_WEBAUTH_USER", "admin"}, "admin"},
		"both":               {[]string{"X-Webauth_User", "admin"}, "admin"},
		"connection":         {[]string{"Connection", "X-WEBAUTH-USER"}, ""},
		"connection and one": {[]string{"Connection", "x-webauth-user", "X-Webauth-User", "admin"}, "admin"},
		"another's cookie":   {[]string{"Cookie", painters.cookies[0].String()}, ""},
	} {
		if got := signedIn(t, send(t, w.gateway.Address, "/dashboard/", w.token(viewer), nil, c.headers...)); got != reports {
			t.Errorf("%s: signed in %q", name, got)
		}
		if got := signedIn(t, send(t, graphite, "/dashboard/", "", nil, c.headers...)); got != c.direct {
			t.Errorf("%s: signed in %q without the gateway, want %q", name, got, c.direct)
		}
	}
}

// The tag says who may change dashboards, each time anew.
func graphiteRoles(t *testing.T, w *world) {
	save := func(c caller, headers ...string) string {
		return send(t, w.gateway.Address, "/dashboard/save/orders", w.token(c), url.Values{"state": {`{"name": "orders"}`}}, headers...).text
	}
	const saved, refused = `"success"`, "appropriate permissions"
	for _, c := range []struct {
		name    string
		caller  caller
		headers []string
		want    string
	}{
		{"a viewer", viewer, nil, refused},
		{"a viewer that claims more", viewer, []string{"X-WEBAUTH-ROLE", "Editor", "X_Webauth_Role", "Editor"}, refused},
		{"an editor", editor, nil, saved},
		{"an editor whose role is named in Connection", editor, []string{"Connection", "X-WEBAUTH-ROLE"}, saved},
		{"the viewer, with another tag", role("reports", "Editor"), nil, saved},
		{"the viewer again", viewer, nil, refused},
	} {
		if got := save(c.caller, c.headers...); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := send(t, w.gateway.Address, "/dashboard/load/orders", w.token(viewer), nil).text; !strings.Contains(got, `"orders"`) {
		t.Errorf("a viewer loads %s", got)
	}
}
