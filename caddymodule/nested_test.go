package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func denyAll(h *Handler) { h.Deny = []Rule{{Name: "all", Expression: "true"}} }

// Several handlers in one request's way must all let it pass.
func TestNestedAllMustPass(t *testing.T) {
	admins := func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {"admins"}} }
	orders := func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {"orders"}} }
	stranger := func(h *Handler) { h.Issuers = []Issuer{{URL: issuerOf(t, strangerAccount)}} }
	other := func(h *Handler) { h.Audiences = []string{"https://other.example"} }
	for _, tt := range []struct {
		name          string
		first, second func(*Handler)
		reason        string
	}{
		{"the control", nil, nil, ""},
		{"a stricter second that passes", nil, orders, ""},
		{"a stricter second", nil, admins, "requirement_failed"},
		{"a stricter first", admins, nil, "requirement_failed"},
		{"a second that trusts others", nil, stranger, "unknown_issuer"},
		{"a first that trusts others", stranger, nil, "unknown_issuer"},
		{"a second for another audience", nil, other, "wrong_audience"},
		{"a first that denies", denyAll, nil, "policy_denied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(goodToken(t)), newHandler(t, tt.first), newHandler(t, tt.second))
			if got.reason() != tt.reason || got.passed() != (tt.reason == "") {
				t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), tt.reason)
			}
			if tt.reason != "" {
				checkAnswer(t, got.Result(), got.Body.String(), tt.reason)
				checkHeader(t, got.sent.Header, http.Header{})
			}
		})
	}
}

func noDefaults(h *Handler) { h.DefaultHeaders = new(bool) }

func sets(field, value string) func(*Handler) {
	return func(h *Handler) { noDefaults(h); h.Headers = append(h.Headers, Header{field, value}) }
}

// The last handler's headers are what the upstream sees: a field that only an
// earlier one set is gone, in whatever way it is spelt.
func TestNestedHeaders(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second func(*Handler)
		want          http.Header
	}{
		{"the same field", sets("X-Team", "first"), sets("X-Team", "second"), http.Header{"X-Team": {"second"}}},
		{"another spelling", sets("X_team", "first"), sets("X-Team", "second"), http.Header{"X-Team": {"second"}}},
		{"another field", sets("X-Team", "first"), sets("X-Role", "second"), http.Header{"X-Role": {"second"}}},
		{"nothing", sets("X-Team", "first"), noDefaults, http.Header{}},
		{"default headers first", nil, noDefaults, http.Header{}},
		{"empty for the second", sets("X-Team", "first"), sets("X-Team", "{aws_token.source_identity}"), http.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(goodToken(t)), newHandler(t, tt.first), newHandler(t, tt.second))
			checkHeader(t, got.upstreamSaw(t), tt.want)
		})
	}
}

// forward_token counts on the last handler, and each one sees the credential
// that the first one took out.
func TestNestedForwardToken(t *testing.T) {
	for _, tt := range []struct {
		name     string
		forwards []bool
		want     bool
	}{
		{"none", []bool{false, false}, false},
		{"the first", []bool{true, false}, false},
		{"the last", []bool{false, true}, true},
		{"both", []bool{true, true}, true},
		{"two of three", []bool{true, true, false}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := goodToken(t)
			var handlers []*Handler
			for _, forward := range tt.forwards {
				handlers = append(handlers, newHandler(t, func(h *Handler) { h.ForwardToken = forward }))
			}
			var want []string
			if tt.want {
				want = []string{"Bearer " + token}
			}
			if got := serve(t, get(token), handlers...).upstreamSaw(t); !slices.Equal(got["Authorization"], want) {
				t.Errorf("Authorization: %q, want %q", got["Authorization"], want)
			}
		})
	}
}

// A handler that only strips keeps what one before it has set for a caller
// that it verified, and nothing else.
func TestNestedFirewall(t *testing.T) {
	team := func(h *Handler) { noDefaults(h); withTeam(h) }
	ours := http.Header{"X-Team": {"orders"}}
	for _, tt := range []struct {
		name     string
		handlers []*Handler
		want     http.Header
	}{
		{"behind", []*Handler{newHandler(t, team), newFirewall(t)}, ours},
		{"behind, of the same field", []*Handler{newHandler(t, team), newFirewall(t, Header{"X-Team", "x"})}, ours},
		{"behind, of another spelling", []*Handler{newHandler(t, team), newFirewall(t, Header{"x_team", "x"})}, ours},
		{"in front", []*Handler{newFirewall(t, Header{"X-Team", "x"}), newHandler(t, team)}, ours},
		{"between two", []*Handler{newHandler(t, sets("X-Role", "first")), newFirewall(t), newHandler(t, team)}, ours},
		{"alone", []*Handler{newFirewall(t, Header{"X-Team", "x"})}, http.Header{}},
		{"twice", []*Handler{newHandler(t, team), newFirewall(t), newFirewall(t)}, ours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := get(goodToken(t))
			r.Header["X-Aws-Token-Sub"] = []string{"forged"}
			r.Header["X_Team"] = []string{"forged"}
			got := serve(t, r, tt.handlers...).upstreamSaw(t)
			got.Del("Authorization") // TestFirewallOnly
			checkHeader(t, got, tt.want)
		})
	}
}

// The identity of an earlier handler does not outlive a refusal by a later one.
func TestNestedRefusalLeavesNoIdentity(t *testing.T) {
	got := serveOn(t, withErrorRoutes(), get(goodToken(t)),
		newHandler(t, func(h *Handler) { withTeam(h); h.ForwardToken = true }), newHandler(t, denyAll))
	checkHeader(t, got.sent.Header, http.Header{})
	if got.reason() != "policy_denied" || len(got.seen) != 0 {
		t.Errorf("reason %q, %d requests upstream", got.reason(), len(got.seen))
	}
}

// What one handler has set and another middleware has kept is not written over
// by the next handler.
func TestNestedHeadersHaveTheirOwnMemory(t *testing.T) {
	first, second := newHandler(t, sets("X-Team", "first")), newHandler(t, sets("X-Team", "second"))
	var kept, seen []string
	r := get(goodToken(t))
	err := first.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		kept = r.Header["X-Team"]
		return second.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			seen = r.Header["X-Team"]
			return nil
		}))
	}))
	if err != nil || !slices.Equal(kept, []string{"first"}) || !slices.Equal(seen, []string{"second"}) {
		t.Errorf("kept %q, seen %q, error %v", kept, seen, err)
	}
}
