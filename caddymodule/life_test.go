package caddymodule

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// forge gives a request identity headers in many spellings, and one that is
// nobody's business.
func forge(r *http.Request) *http.Request {
	for _, field := range []string{
		"X-Aws-Token-Account-Id", "x-aws-token-account-id", "X_Aws_Token_Account_Id", "X.Aws.Token.Account.Id",
		"X-AWS_token.Sub", "X-Aws-Token-Anything", "X-Aws-Token-", "X-Team", "x_team", "x.TEAM",
	} {
		r.Header[field] = []string{"forged", "forged twice"}
	}
	r.Header.Set("X-Other", "kept")
	r.Header["Connection"] = []string{"X-Aws-Token-Sub, keep-alive", "x_team"}
	return r
}

func forged(header http.Header) (found []string) {
	for field, values := range header {
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "forged") }) {
			found = append(found, field)
		}
		if strings.EqualFold(field, "Connection") && strings.Contains(strings.ToLower(strings.Join(values, ",")), "te") {
			found = append(found, "Connection: "+strings.Join(values, ","))
		}
	}
	return found
}

func withTeam(h *Handler) { h.Headers = []Header{{"X-Team", "{aws_token.principal_tags.team}"}} }

// path is one way that a request can go.
type path struct {
	name     string
	token    func(t *testing.T) string
	change   func(*http.Request)
	handlers func(t *testing.T) []*Handler
	server   *caddyhttp.Server
	reason   string // "" passes
}

var paths = []path{
	{name: "passed"},
	{name: "passed, forwarded", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, func(h *Handler) { withTeam(h); h.ForwardToken = true })}
	}},
	{name: "no attributes", token: changed(func(c claims) { clear(c.aws); c.aws["aws_account"] = ordersAccount; delete(c.top, "jti") })},
	{name: "no token", token: func(*testing.T) string { return "" }, reason: "missing_token"},
	{name: "bad token", token: func(*testing.T) string { return "a.b.c" }, reason: "malformed_token"},
	{name: "another scheme", token: func(*testing.T) string { return "" }, change: func(r *http.Request) { r.SetBasicAuth("a", "b") }, reason: "missing_token"},
	{name: "two credentials", change: func(r *http.Request) { r.Header.Add("Authorization", "Basic YTpi") }, reason: "malformed_request"},
	{name: "bad token, error routes", token: func(*testing.T) string { return "a.b.c" }, server: withErrorRoutes(), reason: "malformed_token"},
	{name: "denied", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, func(h *Handler) {
			withTeam(h)
			h.Deny = []Rule{{Name: "all", Expression: "true"}}
			h.ForwardToken = true
		})}
	}, reason: "policy_denied"},
	{name: "denied, error routes", server: withErrorRoutes(), handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, func(h *Handler) { withTeam(h); h.Deny = []Rule{{Name: "all", Expression: "true"}} })}
	}, reason: "policy_denied"},
	{name: "upgrade", change: func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, reason: "upgrade_refused"},
	{name: "header too long", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, func(h *Handler) { h.Headers = []Header{{"X-Team", strings.Repeat("x", 5000)}} })}
	}, reason: "unsafe_header_value"},
	{name: "denied by the second", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, func(h *Handler) { withTeam(h); h.ForwardToken = true }),
			newHandler(t, func(h *Handler) { h.Deny = []Rule{{Name: "all", Expression: "true"}} })}
	}, reason: "policy_denied"},
	{name: "firewall first", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newFirewall(t, Header{"X-Team", "x"}), newHandler(t, nil)}
	}},
	{name: "firewall behind", handlers: func(t *testing.T) []*Handler {
		return []*Handler{newHandler(t, withTeam), newFirewall(t)}
	}},
}

func (p path) send(t *testing.T) outcome {
	token := goodToken(t)
	if p.token != nil {
		token = p.token(t)
	}
	r := forge(get(token))
	if p.change != nil {
		p.change(r)
	}
	handlers := []*Handler{newHandler(t, withTeam)}
	if p.handlers != nil {
		handlers = p.handlers(t)
	}
	server := p.server
	if server == nil {
		server = new(caddyhttp.Server)
	}
	return serveOn(t, server, r, handlers...)
}

// Whatever becomes of a request, what it forged and its credential are gone
// from it: for the upstream, and for the error routes.
func TestEveryPathIsStripped(t *testing.T) {
	for _, p := range paths {
		t.Run(p.name, func(t *testing.T) {
			got := p.send(t)
			if got.reason() != p.reason || got.passed() != (p.reason == "") {
				t.Fatalf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), p.reason)
			}
			for _, header := range append(got.seen, got.sent.Header) {
				if found := forged(header); len(found) > 0 {
					t.Errorf("forged and still there: %q", found)
				}
				if header.Get("X-Other") != "kept" {
					t.Error("X-Other is gone")
				}
			}
			forwards := p.name == "passed, forwarded"
			if credential := got.sent.Header.Get("Authorization"); (credential != "") != forwards {
				t.Errorf("Authorization: %q", credential)
			}
		})
	}
}

// A path that is left open strips too, and leaves the credential alone: it is
// not ours there.
func TestFirewallOnly(t *testing.T) {
	for _, headers := range []*bool{nil, new(bool)} {
		h := provisioned(t, &Handler{FirewallOnly: true, DefaultHeaders: headers, Headers: []Header{{"X-Team", "x"}}})
		got := serve(t, forge(get("a.b.c")), h)
		header := got.upstreamSaw(t)
		if found := forged(header); len(found) > 0 {
			t.Errorf("forged and still there: %q", found)
		}
		if header.Get("Authorization") != "Bearer a.b.c" || header.Get("X-Other") != "kept" || len(header) != 3 {
			t.Errorf("the upstream saw %v", header)
		}
	}
}

// What the upstream sees of a good token: these fields, each once, and no more.
func TestPassedHeaders(t *testing.T) {
	all := http.Header{
		"X-Aws-Token-Account-Id":    {ordersAccount},
		"X-Aws-Token-Org-Id":        {"o-devsts0001"},
		"X-Aws-Token-Sub":           {ordersARN},
		"X-Aws-Token-Source-Region": {"us-east-1"},
		"X-Aws-Token-Jti":           {"7a0c9d7e-0000-4000-8000-000000000000"},
	}
	token := tokenWith(t, func(c claims) { c.top["jti"] = all.Get("X-Aws-Token-Jti") })
	for _, tt := range []struct {
		name   string
		change func(*Handler)
		want   http.Header
	}{
		{"default", nil, all},
		{"default_headers on", func(h *Handler) { on := true; h.DefaultHeaders = &on }, all},
		{"default_headers off", func(h *Handler) { h.DefaultHeaders = new(bool); withTeam(h) }, http.Header{"X-Team": {"orders"}}},
		{"none", func(h *Handler) { h.DefaultHeaders = new(bool) }, http.Header{}},
		{"another placeholder", func(h *Handler) {
			h.DefaultHeaders = new(bool)
			h.Headers = []Header{{"X-Peer", "{http.request.remote.host} {aws_token.account_id} {unknown.placeholder}"}}
		}, http.Header{"X-Peer": {"192.0.2.1 " + ordersAccount}}},
		{"an empty attribute", func(h *Handler) {
			h.DefaultHeaders = new(bool)
			h.Headers = []Header{{"X-Vpc", "{aws_token.ec2_instance_source_vpc}"}}
		}, http.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(token), newHandler(t, tt.change)).upstreamSaw(t)
			checkHeader(t, got, tt.want)
		})
	}
}

func checkHeader(t *testing.T, got, want http.Header) {
	t.Helper()
	for field, values := range want {
		if !slices.Equal(got[field], values) {
			t.Errorf("%s: %q, want %q", field, got[field], values)
		}
	}
	for field := range got {
		if _, wanted := want[field]; !wanted {
			t.Errorf("%s: %q, which nobody wanted", field, got[field])
		}
	}
}

// forward_token puts back the field as it was, when the request passes.
func TestForwardToken(t *testing.T) {
	token := goodToken(t)
	for _, tt := range []struct {
		name    string
		forward bool
		deny    bool
		field   string // as the client writes it
		want    []string
	}{
		{"off", false, false, "Bearer " + token, nil},
		{"on", true, false, "Bearer " + token, []string{"Bearer " + token}},
		{"on, spelt otherwise", true, false, "bEARER " + token, []string{"bEARER " + token}},
		{"on, denied", true, true, "Bearer " + token, nil},
		{"on, another scheme", true, false, "Basic YTpi", nil},
		{"on, not verified", true, false, "Bearer a.b.c", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := get("")
			r.Header["authorization"] = []string{tt.field}
			got := serve(t, r, newHandler(t, func(h *Handler) {
				h.ForwardToken = tt.forward
				if tt.deny {
					h.Deny = []Rule{{Name: "all", Expression: "true"}}
				}
			}))
			if !slices.Equal(got.sent.Header["Authorization"], tt.want) || got.sent.Header[strings.ToLower("Authorization")] != nil {
				t.Errorf("Authorization: %q, want %q", got.sent.Header["Authorization"], tt.want)
			}
		})
	}
}
