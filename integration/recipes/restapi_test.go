package recipes

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	writer = "orders-writer"
	reader = "orders-reader"
)

// startAPI has the page's gateway, and its API behind a proxy that keeps what
// reaches it.
func startAPI(t *testing.T) (*world, stacktest.Page) {
	t.Helper()
	page := stacktest.ReadPage(t, "docs/recipes/rest-api.md")
	w := start(t, page, "api.example.com")
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	must(t, os.WriteFile(filepath.Join(directory, "api.py"), []byte(page.BlockWith("python", "class API")), 0o600))
	api, err := stack.StartProgram(directory, address, nil, "python3", "api.py", address[strings.LastIndexByte(address, ':')+1:])
	must(t, err)
	t.Cleanup(func() { must(t, api.Stop()) })
	w.upstream.mu.Lock()
	w.upstream.handler = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	w.upstream.mu.Unlock()
	return w, page
}

func tags(team string) map[string]any {
	return map[string]any{"environment": "production", "team": team}
}

// Each request differs from one that passes in one thing.
func TestRestAPI(t *testing.T) {
	t.Parallel()
	w, page := startAPI(t)
	orders := w.token(writer, tags("orders"))
	read := w.token(reader, tags("orders"))
	const path = "/teams/orders/1"
	for _, tt := range []struct {
		what, method, path, token string
		status                    int
		reason                    string
	}{
		{"the writer writes", "PUT", path, orders, 201, ""},
		{"a reader reads", "GET", path, read, 200, ""},
		{"a reader writes", "PUT", path, read, 403, "policy_denied"},
		{"a reader deletes", "DELETE", path, read, 403, "policy_denied"},
		{"a reader of the other account", "GET", path, w.tokenOf(other, reader, tags("orders")), 200, ""},
		{"a user of the reader's name", "GET", path, w.userToken("any/path/"+reader, tags("orders")), 403, "policy_denied"},
		{"a role with a path", "GET", path, w.token("any/path/"+reader, tags("orders")), 200, ""},
		{"a writer of the other account", "PUT", path, w.tokenOf(other, writer, tags("orders")), 403, "policy_denied"},
		{"a third account", "GET", path, w.tokenOf("999988887777", reader, tags("orders")), 401, "unknown_issuer"},
		{"another role", "GET", path, w.token("somebody", tags("orders")), 403, "policy_denied"},
		{"another team", "PUT", path, w.token(writer, tags("billing")), 403, "policy_denied"},
		{"that team's own path", "PUT", "/teams/billing/1", w.token(writer, tags("billing")), 201, ""},
		{"another environment", "PUT", path, w.token(writer, map[string]any{"environment": "sandbox", "team": "orders"}), 403, "requirement_failed"},
		{"no team", "PUT", path, w.token(writer, map[string]any{"environment": "production"}), 403, "policy_denied"},
		{"an empty team", "PUT", "/teams/", w.token(writer, tags("")), 403, "policy_denied"},
		{"a team with a slash", "PUT", "/teams/orders/1", w.token(writer, tags("orders/1")), 403, "policy_denied"},
		{"outside of the teams", "GET", "/admin", read, 403, "policy_denied"},
		{"dot segments", "PUT", "/teams/orders/../billing/1", orders, 403, "unsafe_path"},
		{"encoded dot segments", "PUT", "/teams/orders/%2e%2e/billing/1", orders, 403, "unsafe_path"},
		{"an encoded slash", "PUT", "/teams/orders%2f1", orders, 403, "unsafe_path"},
		{"no token", "GET", path, "", 401, "missing_token"},
		{"the health check", "GET", "/healthz", "", 200, ""},
	} {
		n := len(w.gateway.Decisions())
		got := w.ask(tt.method, tt.path, tt.token, `"bolts"`)
		if passes := tt.status < 300; got.status != tt.status || (len(got.seen) == 1) != passes {
			t.Errorf("%s: %d %s, the API saw %d requests", tt.what, got.status, got.body, len(got.seen))
		}
		if tt.reason != "" {
			if reason := w.reason(n); reason != tt.reason {
				t.Errorf("%s: %s, want %s", tt.what, reason, tt.reason)
			}
		}
	}
	t.Run("the page's commands", func(t *testing.T) {
		output, err := w.run(page.BlockWith("sh", "/healthz"), orders)
		if err != nil || !strings.Contains(output, `"by": "arn:aws:iam::`+account+`:role/`+writer) || !strings.HasSuffix(output, `"up"`) {
			t.Errorf("%v %s", err, output)
		}
	})
}

// The API sees the caller's team and role, and nothing that the client passes off
// as such: not on the open path, either.
func TestRestAPIIdentity(t *testing.T) {
	t.Parallel()
	w, _ := startAPI(t)
	forged := []string{"X-Team", "billing", "x_team", "billing", "X.Team", "billing", "X-Aws-Token-Sub", "forged", "x-aws_token-sub", "forged", "X-AWS-TOKEN-ACCOUNT-ID", other}
	for _, tt := range []struct{ path, token string }{{"/teams/orders/1", w.token(writer, tags("orders"))}, {"/healthz", ""}} {
		got := w.ask(http.MethodGet, tt.path, tt.token, "", forged...)
		if len(got.seen) != 1 {
			t.Fatalf("%s: %d, the API saw %d requests", tt.path, got.status, len(got.seen))
		}
		fields := identity(got.seen[0], "x-team")
		if tt.token == "" {
			if len(fields) != 0 {
				t.Errorf("%s: the API saw %v", tt.path, fields)
			}
			continue
		}
		for name, want := range map[string]string{"x-team": "orders", "x-aws-token-sub": "arn:aws:iam::" + account + ":role/" + writer, "x-aws-token-account-id": account} {
			if values := fields[name]; len(values) != 1 || values[0] != want {
				t.Errorf("%s: %s: %q, want %q", tt.path, name, values, want)
			}
		}
		if fields["authorization"] != nil {
			t.Error("the API saw the token")
		}
	}
}

// A body that nobody reads is not taken for the next request, which would come with
// whatever identity the client wrote.
func TestRestAPIUnreadBody(t *testing.T) {
	t.Parallel()
	w, _ := startAPI(t)
	token := w.token(writer, tags("orders"))
	inner := "PUT /teams/billing/1 HTTP/1.1\r\nHost: api.example.com\r\nX-Team: billing\r\nX-Aws-Token-Sub: forged\r\nContent-Length: 3\r\n\r\n\"x\""
	w.ask("GET", "/teams/orders/1", token, inner)
	billing := w.token(writer, tags("billing"))
	if got := w.ask("GET", "/teams/billing/1", billing, ""); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.ask("PUT", "/teams/billing/1", billing, `"x"`)
	if got := w.ask("GET", "/teams/billing/1", billing, ""); got.status != 200 {
		t.Errorf("the control: %d", got.status)
	}
}

// A body of the size that the page allows arrives, one that is a byte longer does
// not, announced or not.
func TestRestAPISizes(t *testing.T) {
	t.Parallel()
	w := start(t, stacktest.ReadPage(t, "docs/recipes/rest-api.md"), "api.example.com")
	token := w.token(writer, tags("orders"))
	for size, want := range map[int]int{1 << 20: 200, 1<<20 + 1: 413} {
		if got := w.ask("PUT", "/teams/orders/1", token, strings.Repeat("x", size)); got.status != want {
			t.Errorf("%d bytes: %d", size, got.status)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://api.example.com/teams/orders/1", struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", size))})
		must(t, err)
		r.ContentLength = -1
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := w.client.Do(r)
		must(t, err)
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%d bytes in chunks: %d", size, response.StatusCode)
		}
	}
}

// An API that does not answer is 504, and the log says who asked, but has no part of
// the token; the twin is one that answers.
func TestRestAPITimeAndLog(t *testing.T) {
	t.Parallel()
	for limit, want := range map[string]int{"30s": 200, "1s": 504} {
		w := start(t, stacktest.ReadPage(t, "docs/recipes/rest-api.md"), "api.example.com", "response_header_timeout 30s", "response_header_timeout "+limit)
		w.upstream.mu.Lock()
		w.upstream.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if want == 504 {
				<-r.Context().Done()
			}
		})
		w.upstream.mu.Unlock()
		token := w.token(writer, tags("orders"))
		got := w.ask("GET", "/teams/orders/1", token, "")
		if got.status != want {
			t.Errorf("%s: %d", limit, got.status)
		}
		stacktest.Eventually(t, "the API saw the request", func() bool { // which may be after the answer
			return len(append(got.seen, w.upstream.takeSeen()...)) == 1
		})
		stacktest.Eventually(t, "the request is logged", func() bool {
			return strings.Contains(strings.Join(w.gateway.Log(), "\n"), `"user_id":"arn:aws:iam::`+account+`:role/`+writer+`"`)
		})
		for _, part := range strings.Split(token, ".") {
			if strings.Contains(strings.Join(w.gateway.Log(), "\n"), part) {
				t.Error("a part of the token is in the log")
			}
		}
	}
}

// The page's file of cases holds for its Caddyfile, and all its rules are tried.
func TestRestAPIPolicy(t *testing.T) {
	t.Parallel()
	page := stacktest.ReadPage(t, "docs/recipes/rest-api.md")
	directory := t.TempDir()
	certificate, key := certificateOf(t)
	caddyfile := stacktest.Replaced(t, page.BlockWith("caddyfile", "api.example.com {"), "/etc/caddy-awsjwt/api.pem", certificate, "/etc/caddy-awsjwt/api-key.pem", key)
	must(t, os.WriteFile(filepath.Join(directory, "Caddyfile"), []byte(caddyfile), 0o600))
	cases := page.BlockWith("yaml", "config: Caddyfile")
	for want, text := range map[bool]string{true: cases, false: stacktest.Replaced(t, cases, "path: /teams/billing/1", "path: /teams/orders/2")} {
		file := filepath.Join(directory, "policies_test.yaml")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		output, err := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "aws-jwt", "test", "--strict", file).CombinedOutput()
		if (err == nil) != want {
			t.Errorf("%v\n%s", err, output)
		}
	}
}
