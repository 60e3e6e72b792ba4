package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

// newHandler is a good handler that trusts the issuer of the orders account,
// changed by change and provisioned.
func newHandler(t testing.TB, change func(*Handler)) *Handler {
	t.Helper()
	h := &Handler{
		Issuers:   []Issuer{{URL: issuerOf(t, ordersAccount), Accounts: []string{ordersAccount}}},
		Audiences: []string{audience},
	}
	if change != nil {
		change(h)
	}
	return provisioned(t, h)
}

func newFirewall(t testing.TB, headers ...Header) *Handler {
	t.Helper()
	return provisioned(t, &Handler{FirewallOnly: true, Headers: headers})
}

func provisioned(t testing.TB, h *Handler) *Handler {
	t.Helper()
	return provisionedAt(t, h, clock)
}

// steppedClock stands at instant until a test moves it. What handlers do beside
// their requests may read it meanwhile.
type steppedClock struct{ since atomic.Int64 }

func (c *steppedClock) now() time.Time { return instant.Add(time.Duration(c.since.Load())) }

// set has it stand at a time after instant.
func (c *steppedClock) set(since time.Duration) { c.since.Store(int64(since)) }

func provisionedAt(t testing.TB, h *Handler, now func() time.Time) *Handler {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	h.now = now
	if err := h.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	h.logger = zap.NewNop()
	return h
}

// outcome is what came of a request.
type outcome struct {
	*httptest.ResponseRecorder
	err     error
	sent    *http.Request // as the error routes would see it
	seen    []http.Header // what the upstream saw, one for each request
	answers map[string]string
	repl    *caddy.Replacer
}

func (o outcome) passed() bool { return len(o.seen) == 1 }

// upstreamSaw returns the one request's header.
func (o outcome) upstreamSaw(t testing.TB) http.Header {
	t.Helper()
	if len(o.seen) != 1 {
		t.Fatalf("the upstream saw %d requests, want 1; answer %d, placeholder reason %q", len(o.seen), o.Code, o.reason())
	}
	return o.seen[0]
}

// reason is what {aws_jwt.reason} shows.
func (o outcome) reason() string { return o.repl.ReplaceAll("{aws_jwt.reason}", "") }

// asked are the placeholders that the upstream asks for.
var asked = []string{
	"{aws_token.account.id}", "{aws_token.sub}", "{aws_token.principal_tags.team}",
	"{aws_jwt.reason}", "{aws_jwt.rule}", "{http.auth.user.id}",
}

// serve sends a request through the handlers, one after the other.
func serve(t testing.TB, r *http.Request, handlers ...*Handler) outcome {
	t.Helper()
	return serveOn(t, new(caddyhttp.Server), r, handlers...)
}

func serveOn(t testing.TB, server *caddyhttp.Server, r *http.Request, handlers ...*Handler) outcome {
	t.Helper()
	out := outcome{ResponseRecorder: httptest.NewRecorder(), repl: caddy.NewReplacer()}
	out.sent = caddyhttp.PrepareRequest(r, out.repl, out, server)
	var next caddyhttp.Handler = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		out.seen = append(out.seen, r.Header.Clone())
		out.answers = make(map[string]string)
		for _, placeholder := range asked {
			out.answers[placeholder] = out.repl.ReplaceAll(placeholder, "")
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	for i := len(handlers) - 1; i >= 0; i-- {
		h, inner := handlers[i], next
		next = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			return h.ServeHTTP(w, r, inner)
		})
	}
	out.err = next.ServeHTTP(out, out.sent)
	return out
}

// get is a request that bears a token, or none when it is "".
func get(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://orders.example/orders", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}
