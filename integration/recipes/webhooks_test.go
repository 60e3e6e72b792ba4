package recipes

import (
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	webhook  = "orders-webhook"
	function = "arn:aws:lambda:eu-central-1:" + account + ":function:orders"
)

func lambda(arn, region string) []string {
	return []string{"lambda_source_function_arn", arn, "source_region", region}
}

// startHooks has the page's gateway and its receiver.
func startHooks(t *testing.T) (*world, *stack.Program) {
	t.Helper()
	page := stacktest.ReadPage(t, "docs/recipes/webhooks.md")
	w := start(t, page, "hooks.example.com")
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	must(t, os.WriteFile(filepath.Join(directory, "receiver.py"), []byte(page.BlockWith("python", "class Receiver")), 0o600))
	receiver, err := stack.StartProgram(directory, address, nil, "python3", "receiver.py", address[strings.LastIndexByte(address, ':')+1:])
	must(t, err)
	t.Cleanup(func() { must(t, receiver.Stop()) })
	w.upstream.mu.Lock()
	w.upstream.handler = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	w.upstream.mu.Unlock()
	return w, receiver
}

// Each request differs from the first in one thing.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	w, _ := startHooks(t)
	good := w.token(webhook, nil, lambda(function, "eu-central-1")...)
	const path = "/webhooks/orders"
	for _, tt := range []struct {
		what, method, path, token string
		status                    int
		reason                    string
	}{
		{"the function", "POST", path, good, 202, ""},
		{"another method", "PUT", path, good, 403, "policy_denied"},
		{"another path", "POST", "/webhooks/refunds", good, 403, "policy_denied"},
		{"below the path", "POST", path + "/1", good, 403, "policy_denied"},
		{"a slash behind it", "POST", path + "/", good, 403, "policy_denied"},
		{"a path that is read otherwise", "POST", "/webhooks/refunds/../orders", good, 403, "unsafe_path"},
		{"another function", "POST", path, w.token(webhook, nil, lambda(function+"-2", "eu-central-1")...), 403, "policy_denied"},
		{"that function in another account", "POST", path, w.tokenOf(other, webhook, nil, lambda(function, "eu-central-1")...), 401, "unknown_issuer"},
		{"another region", "POST", path, w.token(webhook, nil, lambda(function, "us-east-1")...), 403, "policy_denied"},
		{"the role outside of Lambda", "POST", path, w.token(webhook, nil, "source_region", "eu-central-1"), 403, "policy_denied"},
		{"two audiences", "POST", path, w.sts.Token(account, "orders-lambda", "https://hooks.example.com", func(_, top, aws map[string]any) {
			top["aud"], aws["source_region"] = []string{"https://hooks.example.com", "https://other.example.com"}, "eu-central-1"
		}), 401, "wrong_audience"},
		{"a token of ten minutes", "POST", path, w.sts.Token(account, "orders-lambda", "https://hooks.example.com", func(_, top, _ map[string]any) {
			top["exp"] = top["iat"].(int64) + 600
		}), 401, "lifetime_too_long"},
		{"no token", "POST", path, "", 401, "missing_token"},
	} {
		n := len(w.gateway.Decisions())
		got := w.ask(tt.method, tt.path, tt.token, `{"order": 17}`, "Idempotency-Key", tt.what, "X-Lambda-Function", "forged", "x_lambda_function", "forged")
		if passes := tt.status < 300; got.status != tt.status || (len(got.seen) == 1) != passes {
			t.Errorf("%s: %d %s, the receiver saw %d requests", tt.what, got.status, got.body, len(got.seen))
		}
		for _, r := range got.seen {
			if values := identity(r, "x-lambda-function")["x-lambda-function"]; len(values) != 1 || values[0] != function {
				t.Errorf("%s: the receiver saw %q", tt.what, values)
			}
		}
		if tt.reason != "" {
			if reason := w.reason(n); reason != tt.reason {
				t.Errorf("%s: %s, want %s", tt.what, reason, tt.reason)
			}
		}
	}
	for size, want := range map[int]int{256 << 10: 202, 256<<10 + 1: 413} {
		if got := w.ask("POST", path, good, `"`+strings.Repeat("x", size-2)+`"`, "Idempotency-Key", "size"); got.status != want {
			t.Errorf("%d bytes: %d", size, got.status)
		}
	}
	output, err := w.run(strings.SplitN(stacktest.ReadPage(t, "docs/recipes/webhooks.md").BlockWith("sh", "curl"), "\naws", 2)[0], "")
	if err != nil || !strings.Contains(output, " 401") || len(w.upstream.takeSeen()) != 0 {
		t.Errorf("the page's curl: %v %s", err, output)
	}
}

// A body that does not parse leaves its key free, so that the same event, sent again
// as it should be, is heard; the twin is one that was heard before.
func TestWebhooksBodyThatDoesNotParse(t *testing.T) {
	t.Parallel()
	w, receiver := startHooks(t)
	token := w.token(webhook, nil, lambda(function, "eu-central-1")...)
	for _, tt := range []struct {
		key, body string
		status    int
	}{
		{"broken", `{"order": 17`, 400},
		{"broken", `{"order": 17}`, 202},
		{"whole", `{"order": 18}`, 202},
		{"whole", `{"order": 18}`, 200},
		{"whole", `{"order": 18`, 400},
		{"bytes", "\"\xff\"", 400},
	} {
		if got := w.ask("POST", "/webhooks/orders", token, tt.body, "Idempotency-Key", tt.key); got.status != tt.status {
			t.Errorf("%s %q: %d, want %d", tt.key, tt.body, got.status, tt.status)
		}
	}
	for _, order := range []string{"17", "18"} {
		stacktest.Eventually(t, "the event is heard", func() bool {
			return strings.Contains(strings.Join(receiver.Log(), "\n"), `{"event": {"order": `+order+`}, "from": "`+function+`"}`)
		})
	}
}

// While the issuer's keys are not to be had, nothing passes, and the answer says when
// to come again. The control is in TestWebhooks.
func TestWebhooksWithoutKeys(t *testing.T) {
	t.Parallel()
	w, _ := startHooks(t)
	must(t, w.sts.SetFault(devsts.Fault{Issuer: account, Kind: devsts.FaultError}))
	got := w.ask("POST", "/webhooks/orders", w.token(webhook, nil, lambda(function, "eu-central-1")...), "{}", "Idempotency-Key", "a")
	if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); got.status != 503 || err != nil || seconds < 1 || len(got.seen) != 0 {
		t.Errorf("%d, Retry-After %q, the receiver saw %d requests", got.status, got.header.Get("Retry-After"), len(got.seen))
	}
}
