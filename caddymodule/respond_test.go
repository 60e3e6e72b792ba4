package caddymodule

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func withErrorRoutes() *caddyhttp.Server {
	return &caddyhttp.Server{Errors: &caddyhttp.HTTPErrorConfig{Routes: caddyhttp.RouteList{{}}}}
}

// Where the server has error routes, they write the body.
func TestErrorRoutes(t *testing.T) {
	for _, tt := range []struct {
		name      string
		server    *caddyhttp.Server
		hasRoutes bool
	}{
		{"with routes", withErrorRoutes(), true},
		{"with an empty list", &caddyhttp.Server{Errors: new(caddyhttp.HTTPErrorConfig)}, false},
		{"without", new(caddyhttp.Server), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := tokenWith(t, func(c claims) { c.top["aud"] = "https://other.example" })
			got := serveOn(t, tt.server, get(token), newHandler(t, nil))
			if header := got.Header().Get("WWW-Authenticate"); header != `Bearer realm="aws", error="invalid_token"` {
				t.Errorf("WWW-Authenticate: %q", header)
			}
			if !tt.hasRoutes {
				if got.err != nil || got.Code != http.StatusUnauthorized || got.Body.String() != problems[401] {
					t.Errorf("error %v, status %d, body %q", got.err, got.Code, got.Body)
				}
				return
			}
			var handlerError caddyhttp.HandlerError
			if !errors.As(got.err, &handlerError) || handlerError.StatusCode != http.StatusUnauthorized {
				t.Fatalf("error %v, want a HandlerError of 401", got.err)
			}
			if handlerError.Err.Error() != "aws_jwt: wrong_audience" {
				t.Errorf("the cause is %q", handlerError.Err)
			}
			if got.Body.Len() != 0 || got.Header().Get("Content-Type") != "" {
				t.Errorf("a body was written: %q, %v", got.Body, got.Header())
			}
		})
	}
}

// A server that has error routes gets every status of the table through them.
func TestErrorRoutesEveryReason(t *testing.T) {
	h := newHandler(t, nil)
	for reason, want := range designTable {
		got := serveOn(t, withErrorRoutes(), get(""), h) // for its server and writer
		clear(got.Header())
		err := h.respond(got, got.sent, &refusal{reason: reason, retryAfter: 1500 * time.Millisecond})
		var handlerError caddyhttp.HandlerError
		if !errors.As(err, &handlerError) || handlerError.StatusCode != want.status {
			t.Errorf("%s: error %v, want a HandlerError of %d", reason, err, want.status)
		}
		if got := got.Header().Get("WWW-Authenticate"); got != want.challenge {
			t.Errorf("%s: WWW-Authenticate: %q, want %q", reason, got, want.challenge)
		}
		wantRetry := ""
		if want.status == http.StatusServiceUnavailable {
			wantRetry = "2"
		}
		if got := got.Header().Get("Retry-After"); got != wantRetry {
			t.Errorf("%s: Retry-After: %q, want %q", reason, got, wantRetry)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "1", 0: "1", 1: "1", time.Second: "1", time.Second + 1: "2", 30 * time.Second: "30",
	} {
		if got := retryAfter(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// A reason that the table lacks is a fault of ours and must not pass.
func TestUnknownReasonIsOurFault(t *testing.T) {
	r := &refusal{reason: "org_mismatch_of_tomorrow"}
	if got := r.answer(); got != ourFault {
		t.Errorf("got %+v", got)
	}
}

func TestExplainErrors(t *testing.T) {
	token := tokenWith(t, func(c claims) { c.top["aud"] = "https://other.example" })
	for _, tt := range []struct {
		name    string
		explain bool
		realm   string
		token   string
		want    string
	}{
		{"off", false, "", token, `Bearer realm="aws", error="invalid_token"`},
		{"on", true, "", token, `Bearer realm="aws", error="invalid_token", error_description="wrong_audience"`},
		{"on, without a token", true, "", "", `Bearer realm="aws", error_description="missing_token"`},
		{"another realm", false, "orders of example", token, `Bearer realm="orders of example", error="invalid_token"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(tt.token), newHandler(t, func(h *Handler) { h.ExplainErrors, h.Realm = tt.explain, tt.realm }))
			if header := got.Header().Get("WWW-Authenticate"); header != tt.want {
				t.Errorf("WWW-Authenticate: %s, want %s", header, tt.want)
			}
			if got.Body.String() != problems[401] {
				t.Errorf("body %q", got.Body)
			}
		})
	}
}

// A refusal that leaves a body unread closes the connection, so that nothing
// waits for it, and what comes behind it is not read as a request.
func TestConnectionClose(t *testing.T) {
	for _, tt := range []struct {
		name   string
		token  bool
		change func(*http.Request)
		want   string
	}{
		{"no body", false, func(*http.Request) {}, ""},
		{"a body", false, func(r *http.Request) { r.ContentLength = 5 }, "close"},
		{"a chunked body", false, func(r *http.Request) { r.ContentLength = -1 }, "close"},
		{"a body in HTTP/2", false, func(r *http.Request) { r.ContentLength, r.ProtoMajor = 5, 2 }, ""},
		{"an upgrade without a token", false, func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, "close"},
		{"an upgrade", true, func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, "close"},
		{"a body of a request that passes", true, func(r *http.Request) { r.ContentLength = 5 }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := ""
			if tt.token {
				token = goodToken(t)
			}
			for _, server := range []*caddyhttp.Server{new(caddyhttp.Server), withErrorRoutes()} {
				r := get(token)
				tt.change(r)
				if r.ContentLength != 0 {
					r.Body = http.NoBody
				}
				got := serveOn(t, server, r, newHandler(t, nil))
				if value := strings.Join(got.Header()["Connection"], "|"); value != tt.want {
					t.Errorf("Connection: %q, want %q", value, tt.want)
				}
			}
		})
	}
}
