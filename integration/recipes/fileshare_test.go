package recipes

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const importer = "nightly-import"

// startFiles has the page's gateway on a share of two teams. What must not come out
// has the word secret in it.
func startFiles(t *testing.T, pairs ...string) (w *world, root string) {
	t.Helper()
	top := t.TempDir()
	root = filepath.Join(top, "share")
	for name, text := range map[string]string{
		"outside.txt":                 "secret",
		"share/orders/report.csv":     "id,item\n1,bolts\n2,nuts\n",
		"share/orders/public/a.txt":   "secret of the team orders",
		"share/orders/.git/config":    "secret",
		"share/orders/.env":           "secret",
		"share/orders/%2e%2e/odd.txt": "odd",
		"share/orders/web/index.html": "<p>index",
		"share/billing/report.csv":    "secret of the team billing",
		"share/-/x.txt":               "secret",
		"share/top.txt":               "secret",
	} {
		file := filepath.Join(top, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		must(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return start(t, stacktest.ReadPage(t, "docs/recipes/file-share.md"), "files.example.com", append(pairs, "/srv/share", root)...), root
}

func team(name string) map[string]any { return map[string]any{"team": name} }

// Each request differs from one that passes in one thing.
func TestFileShare(t *testing.T) {
	t.Parallel()
	w, _ := startFiles(t)
	orders := w.token(importer, team("orders"))
	const file = "/orders/report.csv"
	for _, tt := range []struct {
		what, method, path, token string
		status                    int
		reason                    string
	}{
		{"the team's file", "GET", file, orders, 200, ""},
		{"its head", "HEAD", file, orders, 200, ""},
		{"below a folder", "GET", "/orders/public/a.txt", orders, 200, ""},
		{"a folder's index", "GET", "/orders/web/", orders, 200, ""},
		{"a name that looks encoded", "GET", "/orders/%252e%252e/odd.txt", orders, 200, ""},
		{"that name, encoded twice", "GET", "/orders/%252e%252e/%252e%252e/billing/report.csv", orders, 404, ""},
		{"a folder without one", "GET", "/orders/", orders, 404, ""},
		{"another folder without one", "GET", "/orders/public/", orders, 404, ""},
		{"the folder without a slash", "GET", "/orders", orders, 403, "policy_denied"},
		{"the top", "GET", "/", orders, 403, "policy_denied"},
		{"a file at the top", "GET", "/top.txt", orders, 403, "policy_denied"},
		{"a hidden file", "GET", "/orders/.env", orders, 404, ""},
		{"in a hidden folder", "GET", "/orders/.git/config", orders, 404, ""},
		{"a missing file", "GET", "/orders/missing", orders, 404, ""},
		{"the other team's file", "GET", "/billing/report.csv", orders, 403, "policy_denied"},
		{"the other team's missing file", "GET", "/billing/missing", orders, 403, "policy_denied"},
		{"by the other team", "GET", "/billing/report.csv", w.token(importer, team("billing")), 200, ""},
		{"in capitals", "GET", "/ORDERS/report.csv", orders, 403, "policy_denied"},
		{"dot segments", "GET", "/orders/../billing/report.csv", orders, 403, "unsafe_path"},
		{"encoded dot segments", "GET", "/orders/%2e%2e/billing/report.csv", orders, 403, "unsafe_path"},
		{"half encoded", "GET", "/orders/.%2E/billing/report.csv", orders, 403, "unsafe_path"},
		{"an encoded slash", "GET", "/orders/..%2fbilling/report.csv", orders, 403, "unsafe_path"},
		{"a backslash", "GET", `/orders/..\billing\report.csv`, orders, 403, "unsafe_path"},
		{"an encoded backslash", "GET", "/orders/..%5cbilling%5creport.csv", orders, 403, "unsafe_path"},
		{"two slashes", "GET", "//billing/report.csv", orders, 403, "unsafe_path"},
		{"a NUL", "GET", file + "%00.txt", orders, 403, "unsafe_path"},
		{"out of the root", "GET", "/orders/../../outside.txt", orders, 403, "unsafe_path"},
		{"no team", "GET", file, w.token(importer, nil), 403, "policy_denied"},
		{"an empty team", "GET", file, w.token(importer, team("")), 403, "policy_denied"},
		{"an empty team and its path", "GET", "//orders/report.csv", w.token(importer, team("")), 403, "unsafe_path"},
		{"a team with a slash", "GET", "/orders/public/a.txt", w.token(importer, team("orders/public")), 403, "policy_denied"},
		{"a team of dots", "GET", "/../outside.txt", w.token(importer, team("..")), 403, "unsafe_path"},
		{"a hidden team", "GET", "/.git/x", w.token(importer, team(".git")), 403, "policy_denied"},
		{"a team with a line end", "GET", file, w.token(importer, team("orders\n")), 403, "policy_denied"},
		{"a dash for a team", "GET", "/-/x.txt", w.token(importer, team("-")), 403, "policy_denied"},
		{"PUT", "PUT", file, orders, 403, "policy_denied"},
		{"DELETE", "DELETE", file, orders, 403, "policy_denied"},
		{"another account", "GET", file, w.tokenOf(other, importer, team("orders")), 401, "unknown_issuer"},
		{"no token", "GET", file, "", 401, "missing_token"},
	} {
		n := len(w.gateway.Decisions())
		got := w.ask(tt.method, tt.path, tt.token, "")
		if got.status != tt.status || strings.Contains(got.body, "secret") && got.status != 200 || strings.Contains(got.body, "report.csv") {
			t.Errorf("%s: %d %q", tt.what, got.status, got.body)
		}
		if tt.reason != "" {
			if reason := w.reason(n); reason != tt.reason {
				t.Errorf("%s: %s, want %s", tt.what, reason, tt.reason)
			}
		}
	}
}

// Parts, versions, and the page's commands.
func TestFileShareParts(t *testing.T) {
	t.Parallel()
	w, root := startFiles(t)
	token := w.token(importer, team("orders"))
	const file, text = "/orders/report.csv", "id,item\n1,bolts\n2,nuts\n"
	whole := w.ask("GET", file, token, "")
	tag := whole.header.Get("Etag")
	if whole.body != text || tag == "" {
		t.Fatalf("%q, ETag %q", whole.body, tag)
	}
	for _, tt := range []struct {
		status int
		body   string
		fields []string
	}{
		{206, "1,bolts\n", []string{"Range", "bytes=8-15"}},
		{206, "nuts\n", []string{"Range", "bytes=-5"}},
		{416, "", []string{"Range", "bytes=99-"}},
		{206, text[8:], []string{"Range", "bytes=8-", "If-Range", tag}},
		{200, text, []string{"Range", "bytes=8-", "If-Range", `"another"`}},
		{304, "", []string{"If-None-Match", tag}},
		{200, text, []string{"If-None-Match", `"another"`}},
	} {
		got := w.ask("GET", file, token, "", tt.fields...)
		if got.status != tt.status || tt.body != "" && got.body != tt.body {
			t.Errorf("%q: %d %q", tt.fields, got.status, got.body)
		}
		// A part of what is not one's own is none, either.
		if got := w.ask("GET", "/billing/report.csv", token, "", tt.fields...); got.status != 403 {
			t.Errorf("%q of the other team: %d", tt.fields, got.status)
		}
	}
	output, err := w.run(stacktest.ReadPage(t, "docs/recipes/file-share.md").BlockWith("sh", "curl"), token)
	if err != nil || output != "304\n" {
		t.Errorf("the page's commands: %v %s", err, output)
	}
	// What the page says of links: they are followed.
	must(t, os.Symlink(filepath.Join(root, "..", "outside.txt"), filepath.Join(root, "orders", "link.txt")))
	if got := w.ask("GET", "/orders/link.txt", token, ""); got.body != "secret" {
		t.Errorf("a link: %d %q; the page says that it is followed", got.status, got.body)
	}
}

// Without the rule not-reading, file_server itself serves no PUT.
func TestFileShareWithoutTheRule(t *testing.T) {
	t.Parallel()
	w, root := startFiles(t, "deny not-reading `!(request.method in [\"GET\", \"HEAD\"])`", "")
	for method, want := range map[string]int{"PUT": 405, "GET": 200} {
		if got := w.ask(method, "/orders/report.csv", w.token(importer, team("orders")), "x"); got.status != want {
			t.Errorf("%s: %d, want %d", method, got.status, want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "orders", "report.csv")); err != nil || string(text) == "x" {
		t.Errorf("the file: %q %v", text, err)
	}
}

// A download that lasts for max_stream breaks off, and goes on where it was with
// Range; by the page's own hour, the same one comes to its end.
func TestFileShareLongDownload(t *testing.T) {
	t.Parallel()
	const size = 48 << 20 // much more than the buffers between the two hold
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	for _, breaks := range []bool{false, true} {
		pairs := []string{"{\n\tservers {", "{\n\tdebug\n\tservers {"}
		if breaks {
			pairs = append(pairs, "max_stream 1h", "max_stream 2s")
		}
		w, root := startFiles(t, pairs...)
		must(t, os.WriteFile(filepath.Join(root, "orders", "long.bin"), content, 0o600))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://files.example.com/orders/long.bin", http.NoBody)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+w.token(importer, team("orders")))
		response, err := w.client.Do(r)
		must(t, err)
		if breaks {
			stacktest.Eventually(t, "the stream ends", func() bool {
				return strings.Contains(strings.Join(w.gateway.Log(), "\n"), "stream ended")
			})
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if (err != nil) != breaks || (len(got) < size) != breaks {
			t.Fatalf("breaks %v: %d of %d bytes, %v", breaks, len(got), size, err)
		}
		for rounds := 0; len(got) < size && rounds < 100; rounds++ {
			r.Header.Set("Range", "bytes="+strconv.Itoa(len(got))+"-")
			r.Header.Set("If-Range", response.Header.Get("Etag"))
			rest, err := w.client.Do(r)
			must(t, err)
			if rest.StatusCode != http.StatusPartialContent {
				t.Fatalf("the rest: %s", rest.Status)
			}
			part, _ := io.ReadAll(rest.Body) // which may break off, too
			rest.Body.Close()
			got = append(got, part...)
		}
		if !bytes.Equal(got, content) {
			t.Errorf("breaks %v: another content", breaks)
		}
	}
}
