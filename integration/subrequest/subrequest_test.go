package subrequest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Each request differs from the first in one thing.
func TestProxiesAsk(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			set := func(field, value string) func(*http.Request) {
				return func(r *http.Request) { r.Header.Set(field, value) }
			}
			token := func(changed map[string]any) func(*http.Request) {
				return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.token(changed)) }
			}
			for what, tt := range map[string]struct {
				change func(*http.Request)
				status int
				reason string
			}{
				"the control":                   {func(*http.Request) {}, 200, ""},
				"no token":                      {func(r *http.Request) { r.Header.Del("Authorization") }, 401, "missing_token"},
				"a bad token":                   {set("Authorization", "Bearer x"), 401, "malformed_token"},
				"a bad field":                   {set("Authorization", "Bearer"), 400, "malformed_request"},
				"an old token":                  {token(map[string]any{"iat": time.Now().Unix() - 600, "exp": time.Now().Unix() - 300}), 401, "expired"},
				"another method":                {func(r *http.Request) { r.Method = http.MethodDelete }, 403, "policy_denied"},
				"another host":                  {func(r *http.Request) { r.Host = "admin.example.com" }, 403, "policy_denied"},
				"another path":                  {func(r *http.Request) { r.URL.Path = "/admin" }, 403, "policy_denied"},
				"a path that is read otherwise": {func(r *http.Request) { r.URL.Opaque = "/orders/..%2fadmin" }, 403, "unsafe_path"},
				// What a client says of the request is not believed.
				"a method of the client's":   {func(r *http.Request) { r.Method = http.MethodDelete; r.Header.Set("X-Original-Method", "GET") }, 403, "policy_denied"},
				"a path of the client's":     {func(r *http.Request) { r.URL.Path = "/admin"; r.Header.Set("X-Original-URI", "/orders") }, 403, "policy_denied"},
				"an address of the client's": {set("X-Real-IP", "nobody"), 200, ""},
				"a host of the client's": {func(r *http.Request) {
					r.Host = "admin.example.com"
					r.Header.Set("X-Original-Host", "orders.example.com")
				}, 403, "policy_denied"},
			} {
				r, n := w.request(), len(w.gateway.Decisions())
				tt.change(r)
				response, seen := w.send(r)
				if response.StatusCode != tt.status || (len(seen) == 1) != (tt.status == 200) {
					t.Errorf("%s: %d, the upstream saw %d requests", what, response.StatusCode, len(seen))
				}
				// nginx hands on that of 401 alone.
				if challenge := response.Header.Get("WWW-Authenticate"); (challenge != "") != (tt.status == 401) && (name == "nginx" || tt.status == 401 || tt.status == 200) {
					t.Errorf("%s: the challenge is %q", what, challenge)
				}
				if tt.reason == "" {
					continue
				}
				if decision, err := w.gateway.Decision(n); err != nil || decision.Reason != tt.reason {
					t.Errorf("%s: %s, %v", what, decision.Reason, err)
				}
			}
		})
	}
}

// The upstream sees the caller, and nothing that a client passes off as one.
func TestUpstreamSeesTheCaller(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			r := w.request()
			for _, field := range []string{"X-Aws-Token-Sub", "x_aws_token_sub", "X.Aws.Token.Sub", "X-AWS-Token-Account-Id", "X-Aws-Token-Assertion", "X-Aws-Token-Org-Id"} {
				r.Header[field] = []string{"forged"}
			}
			response, seen := w.send(r)
			if response.StatusCode != http.StatusOK || len(seen) != 1 {
				t.Fatalf("%d, the upstream saw %+v", response.StatusCode, seen)
			}
			for field, value := range map[string]string{"X-Aws-Token-Sub": arn, "X-Aws-Token-Account-Id": account} {
				if got := seen[0].Get(field); len(got) != 1 || got[0] != value {
					t.Errorf("%s: %q", field, got)
				}
			}
			for field, values := range seen[0].Header {
				if strings.EqualFold(field, "Authorization") || strings.Contains(strings.Join(values, ""), "forged") {
					t.Errorf("%s: %q", field, values)
				}
			}
			if seen[0].Line != "GET /orders?id=1 HTTP/1.1" && seen[0].Line != "GET /orders?id=1 HTTP/1.0" {
				t.Errorf("%s", seen[0].Line)
			}
		})
	}
}

// No upstream is asked for a connection that would outlive the token. nginx hands
// a handshake on as an ordinary request, HAProxy refuses it; the control is the same
// request without one.
func TestUpgrades(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			for _, upgrades := range []bool{false, true} {
				r, status := w.request(), http.StatusOK
				if upgrades {
					r.Header.Set("Connection", "Upgrade")
					r.Header.Set("Upgrade", "websocket")
					r.Header.Set("Sec-WebSocket-Version", "13")
					r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
					if name == "haproxy" {
						status = http.StatusForbidden
					}
				}
				response, seen := w.send(r)
				if response.StatusCode != status || (len(seen) == 1) != (status == http.StatusOK) {
					t.Errorf("upgrade %v: %d, the upstream saw %d requests", upgrades, response.StatusCode, len(seen))
				}
				if len(seen) == 1 && len(seen[0].Get("Upgrade")) != 0 {
					t.Errorf("the upstream saw %v", seen[0].Header)
				}
			}
		})
	}
}

// A refusal that is the gateway's fault reaches the client as one, with the time
// after which to try again. The control is in TestProxiesAsk.
func TestKeysAreUnavailable(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			must(t, w.sts.SetFault(devsts.Fault{Issuer: account, Kind: devsts.FaultError}))
			r := w.request()
			response, seen := w.send(r)
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || len(seen) != 0 {
				t.Errorf("%d %v, the upstream saw %d requests", response.StatusCode, response.Header, len(seen))
			}
		})
	}
}

// Where nobody answers the question nothing passes; the control is the same request
// while somebody does.
func TestGatewayIsDown(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			if response, seen := w.send(w.request()); response.StatusCode != http.StatusOK || len(seen) != 1 {
				t.Fatalf("the control: %d", response.StatusCode)
			}
			stacktest.StopGateway(t, w.gateway)
			response, seen := w.send(w.request())
			if response.StatusCode < 500 || len(seen) != 0 {
				t.Errorf("%d, the upstream saw %d requests", response.StatusCode, len(seen))
			}
		})
	}
}

// A body goes to the upstream and not with the question.
func TestBodies(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			r := w.request()
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello")), 5 // a GET may have one
			response, seen := w.send(r)
			if response.StatusCode != http.StatusOK || len(seen) != 1 || seen[0].Body != "hello" {
				t.Errorf("%d, the upstream saw %+v", response.StatusCode, seen)
			}
		})
	}
}
