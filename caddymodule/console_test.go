package caddymodule

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func newConsole(t *testing.T, c *Console) *Console {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := c.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// seen is a request for the page, from a client and for a host.
func seen(client, host string, change func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil)
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, new(caddyhttp.Server))
	caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, client)
	if change != nil {
		change(r)
	}
	return r
}

func visits(t *testing.T, c *Console, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := c.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		t.Error("the next handler was asked")
		return nil
	})); err != nil {
		t.Error(err)
	}
	return w
}

func TestConsoleNeedsAnAccessRule(t *testing.T) {
	for name, row := range map[string]struct {
		console Console
		want    string // "" loads
	}{
		"none":           {Console{}, "configuring aws_jwt_console: remote_ip or authenticated: "},
		"hosts alone":    {Console{Hosts: []string{"console.internal"}}, "configuring aws_jwt_console: remote_ip or authenticated: "},
		"addresses":      {Console{RemoteIP: []string{"10.0.0.0/8", "::1"}}, ""},
		"authentication": {Console{Authenticated: true}, ""},
		"no address":     {Console{RemoteIP: []string{"10.0.0.0/8", "localhost"}}, `configuring aws_jwt_console: remote_ip[1]: "localhost" is no IP address and no CIDR range`},
		"no prefix":      {Console{RemoteIP: []string{"10.0.0.0/33"}}, `configuring aws_jwt_console: remote_ip[0]: "10.0.0.0/33" is no`},
		"a zone":         {Console{RemoteIP: []string{"fe80::1%eth0"}}, `configuring aws_jwt_console: remote_ip[0]: "fe80::1%eth0" is no`},
		"all of IPv4":    {Console{RemoteIP: []string{"::ffff:0.0.0.0/90"}}, `configuring aws_jwt_console: remote_ip[0]: `},
		"a wildcard":     {Console{RemoteIP: []string{"::1"}, Hosts: []string{"*.internal"}}, `configuring aws_jwt_console: hosts[0]: "*.internal" is no host name`},
		"a port":         {Console{RemoteIP: []string{"::1"}, Hosts: []string{"a", "b:80"}}, `configuring aws_jwt_console: hosts[1]: "b:80" is no host name`},
		"two faults":     {Console{RemoteIP: []string{"x"}, Hosts: []string{""}}, "configuring aws_jwt_console: 2 faults:"},
	} {
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
		err := row.console.Provision(ctx)
		cancel()
		if (err == nil) != (row.want == "") || err != nil && !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	// One that was never provisioned is for nobody.
	if (&Console{Authenticated: false}).refuses(seen("127.0.0.1", "localhost", nil)) == "" {
		t.Error("the zero Console lets somebody in")
	}
}

func TestConsoleAddresses(t *testing.T) {
	c := newConsole(t, &Console{RemoteIP: []string{"192.0.2.0/25", "198.51.100.7", "2001:db8::/32", "::ffff:203.0.113.0/120"}})
	for client, want := range map[string]int{
		"192.0.2.1": 200, "192.0.2.127": 200, "::ffff:192.0.2.1": 200, "198.51.100.7": 200, "2001:db8::5": 200, "203.0.113.9": 200,
		"2001:db8::5%eth0": 200,
		"192.0.2.128":      403, "198.51.100.8": 403, "2001:db9::5": 403, "203.0.114.0": 403, "127.0.0.1": 403, "": 403, "x": 403, "192.0.2.1:80": 403,
	} {
		if w := visits(t, c, seen(client, "127.0.0.1", nil)); w.Code != want {
			t.Errorf("%q: %d, want %d", client, w.Code, want)
		}
	}
}

// An address that a proxy hands on counts where the proxy is believed strictly:
// otherwise the client may have written it, the proxy's own address, too.
func TestConsoleAddressesOfHeaders(t *testing.T) {
	for _, row := range []struct {
		name                   string
		client                 string
		trusted, authenticated bool
		strict                 int
		want                   int
	}{
		{"handed on", "10.0.0.1", true, false, 0, 403},
		{"the proxy's own, as the client may write it", "10.9.9.9", true, false, 0, 403},
		{"handed on, strictly", "10.0.0.1", true, false, 1, 200},
		{"handed on, of whom a password is known", "10.0.0.1", true, true, 0, 200},
		{"without a proxy", "10.9.9.9", false, false, 0, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.RemoteAddr = "10.9.9.9:1234"
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, &caddyhttp.Server{TrustedProxiesStrict: row.strict})
		caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, row.client)
		caddyhttp.SetVar(r.Context(), caddyhttp.TrustedProxyVarKey, row.trusted)
		replacerOf(r).Set("http.auth.user.id", "alice")
		c := newConsole(t, &Console{RemoteIP: []string{"10.0.0.0/8"}, Authenticated: row.authenticated})
		if w := visits(t, c, r); w.Code != row.want {
			t.Errorf("%s: %d, want %d", row.name, w.Code, row.want)
		}
	}
}

// A name that leads to the gateway without the operator's doing is refused, so that
// a page of that name reads nothing.
func TestConsoleHosts(t *testing.T) {
	c := newConsole(t, &Console{RemoteIP: []string{"10.0.0.1"}, Hosts: []string{"Console.internal"}})
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "[::1]:8080": 200, "10.1.2.3": 200, "localhost:8080": 200, "console.localhost": 200, "LOCALHOST": 200,
		"console.internal": 200, "CONSOLE.internal:8080": 200, "console.internal.": 200,
		"evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "xconsole.internal": 403, "notlocalhost": 403,
	} {
		if w := visits(t, c, seen("10.0.0.1", host, nil)); w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
	// The browser itself has made sure of a name over TLS.
	if w := visits(t, c, seen("10.0.0.1", "evil.example", func(r *http.Request) { r.TLS = new(tls.ConnectionState) })); w.Code != 200 {
		t.Errorf("over TLS: %d", w.Code)
	}
	// A page elsewhere has no credential of this one.
	c = newConsole(t, &Console{RemoteIP: []string{"10.0.0.1"}, Authenticated: true})
	if w := visits(t, c, seen("10.0.0.1", "evil.example", func(r *http.Request) { replacerOf(r).Set("http.auth.user.id", "alice") })); w.Code != 200 {
		t.Errorf("authenticated: %d", w.Code)
	}
}

// Whatever is asked for, those who may not see it learn nothing: not even which
// paths there are.
func TestConsoleRefusesAllAlike(t *testing.T) {
	c := newConsole(t, &Console{RemoteIP: []string{"10.0.0.1"}, Authenticated: true})
	var first string
	for _, path := range []string{"/", "/api/summary", "/assets/app.js", "/none", "/x/../api/try", "//", "/console"} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE"} {
			for _, client := range []string{"10.0.0.1", "10.0.0.2"} {
				r := seen(client, "localhost", func(r *http.Request) { r.Method, r.URL.Path = method, path })
				w := visits(t, c, r)
				answer := fmt.Sprint(w.Header()) + w.Body.String()
				if w.Code != http.StatusForbidden || w.Body.Len() > 0 {
					t.Errorf("%s %s: %d with %d bytes", method, path, w.Code, w.Body.Len())
				}
				if first == "" {
					first = answer
				}
				if answer != first {
					t.Errorf("%s %s: answered otherwise: %s", method, path, answer)
				}
			}
		}
	}
}

func TestConsoleBothRulesMustHold(t *testing.T) {
	c := newConsole(t, &Console{RemoteIP: []string{"10.0.0.1"}, Authenticated: true})
	alice := func(r *http.Request) { replacerOf(r).Set("http.auth.user.id", "alice") }
	nobody := func(r *http.Request) { replacerOf(r).Set("http.auth.user.id", "") }
	for _, row := range []struct {
		client string
		change func(*http.Request)
		want   int
	}{{"10.0.0.1", alice, 200}, {"10.0.0.2", alice, 403}, {"10.0.0.1", nil, 403}, {"10.0.0.1", nobody, 403}} {
		if w := visits(t, c, seen(row.client, "console.example", row.change)); w.Code != row.want {
			t.Errorf("%s: %d, want %d", row.client, w.Code, row.want)
		}
	}
}

// Behind an aws_jwt it takes a token that its policy lets pass. One that only mode
// audit lets pass, and a request without a token under optional, do not count.
func TestConsoleBehindAWSJWT(t *testing.T) {
	console := newConsole(t, &Console{Authenticated: true})
	denying := []Rule{{Expression: "true"}}
	audit := newHandler(t, func(h *Handler) { h.Deny, h.Mode = denying, modeAudit })
	open := newHandler(t, nil)
	optional := newHandler(t, func(h *Handler) { h.Optional = true })
	for name, row := range map[string]struct {
		handlers []*Handler
		token    string
		user     string // whom another handler has let in
		want     int
	}{
		"allowed":                     {[]*Handler{open}, goodToken(t), "", 200},
		"optional, with a token":      {[]*Handler{optional}, goodToken(t), "", 200},
		"optional, without":           {[]*Handler{optional}, "", "", 403},
		"optional, and another user":  {[]*Handler{optional}, "", "alice", 200},
		"audited":                     {[]*Handler{audit}, goodToken(t), "", 403},
		"audited, then allowed":       {[]*Handler{audit, open}, goodToken(t), "", 200},
		"allowed, then audited":       {[]*Handler{open, audit}, goodToken(t), "", 403},
		"audited, and another user":   {[]*Handler{audit}, goodToken(t), "alice", 403},
		"none":                        {nil, goodToken(t), "", 403},
		"another one's user, no more": {nil, "", "alice", 200},
	} {
		r := get(row.token)
		r.URL.Path = "/"
		w := httptest.NewRecorder()
		repl := caddy.NewReplacer()
		r = caddyhttp.PrepareRequest(r, repl, w, new(caddyhttp.Server))
		if row.user != "" {
			repl.Set("http.auth.user.id", row.user)
		}
		var next caddyhttp.Handler = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			return console.ServeHTTP(w, r, nil)
		})
		for i := len(row.handlers) - 1; i >= 0; i-- {
			h, inner := row.handlers[i], next
			next = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return h.ServeHTTP(w, r, inner) })
		}
		if err := next.ServeHTTP(w, r); err != nil || w.Code != row.want {
			t.Errorf("%s: %d, error %v, want %d", name, w.Code, err, row.want)
		}
	}
}

// An error route has the request as it came in. Whom an aws_jwt refused, or let
// pass in audit mode alone, is not let in there either.
func TestConsoleInAnErrorRoute(t *testing.T) {
	console := newConsole(t, &Console{Authenticated: true})
	denying := []Rule{{Expression: "true"}}
	for name, row := range map[string]struct {
		change func(*Handler)
		want   int
	}{
		"refused": {func(h *Handler) { h.Deny = denying }, 403},
		"audited": {func(h *Handler) { h.Deny, h.Mode = denying, modeAudit }, 403},
		"allowed": {nil, 200},
	} {
		r := get(goodToken(t))
		r.URL.Path = "/"
		w := httptest.NewRecorder()
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{Errors: &caddyhttp.HTTPErrorConfig{Routes: caddyhttp.RouteList{{}}}})
		fails := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
			return caddyhttp.Error(http.StatusBadGateway, nil)
		})
		if err := newHandler(t, row.change).ServeHTTP(w, r, fails); err == nil {
			t.Fatalf("%s: there is no error for the route", name)
		}
		if got := visits(t, console, r); got.Code != row.want {
			t.Errorf("%s: %d, want %d", name, got.Code, row.want)
		}
	}
}
