package identity

import (
	"bufio"
	"context"
	"io"
	"iter"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// These tests send requests over real connections: client, front, upstream.
// What counts is what the upstream saw.

// seen is what arrives at the upstream.
type seen struct {
	header, trailer http.Header
	body            string
}

func protocols(h2c bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!h2c)
	p.SetUnencryptedHTTP2(h2c)
	return p
}

// serve listens on loopback with HTTP/1 and h2c.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = protocols(true)
	server.Config.Protocols.SetHTTP1(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// startFront returns a proxy's address, and what its upstream saw. The proxy
// forwards a shallow copy of the request, as handlers in Caddy do, and like it
// drops what Connection lists after prepare has set its fields.
func startFront(t *testing.T, h2cUpstream bool, prepare func(r *http.Request)) (string, <-chan seen) {
	t.Helper()
	arrived := make(chan seen, 1)
	upstream := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the upstream reads the body: %v", err)
		}
		arrived <- seen{r.Header, r.Trailer, string(body)}
	}))
	transport := &http.Transport{Protocols: protocols(h2cUpstream)}
	t.Cleanup(transport.CloseIdleConnections)
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, original *http.Request) {
		r := original.WithContext(context.WithValue(original.Context(), http.LocalAddrContextKey, nil))
		prepare(r)
		out := r.WithContext(r.Context())
		out.URL = &url.URL{Scheme: "http", Host: upstream, Path: "/"}
		out.RequestURI = ""
		for _, list := range out.Header["Connection"] {
			for name := range strings.SplitSeq(list, ",") {
				out.Header.Del(strings.TrimSpace(name))
			}
		}
		out.Header.Del("Connection")
		response, err := transport.RoundTrip(out)
		if err != nil {
			t.Errorf("forwarding: %v", err)
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		response.Body.Close()
	}))
	return front, arrived
}

func wait(t *testing.T, arrived <-chan seen) seen {
	t.Helper()
	select {
	case s := <-arrived:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrived at the upstream")
	}
	return seen{}
}

// sendRaw writes a request to a TCP connection and waits for the answer.
func sendRaw(t *testing.T, address, request string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// stripped prepares as the module does, open as a proxy without it would.
func stripped(t *testing.T) func(*http.Request) {
	t.Helper()
	h := mustNew(t, Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "{aws_token.principal_tags.team}"}}})
	return func(r *http.Request) {
		h.Strip(r)
		if err := h.Set(r.Header, testToken(), nil); err != nil {
			t.Error(err)
		}
	}
}

func open(*http.Request) {}

func keys(h http.Header) iter.Seq[string] { return maps.Keys(h) }

func wantIdentity(t *testing.T, header http.Header) {
	t.Helper()
	for field, want := range map[string]string{
		"X-Aws-Token-Account-Id": "123456789012", "X-Aws-Token-Org-Id": "o-a1b2c3d4e5", "X-Team": "x",
	} {
		if got := header[field]; len(got) != 1 || got[0] != want {
			t.Errorf("the upstream saw %s: %q, want %q", field, got, want)
		}
	}
	for key := range header {
		if o := oracle(key); o == "X_TEAM" && key != "X-Team" || strings.HasPrefix(o, "X_AWS_TOKEN_") && !strings.HasPrefix(key, "X-Aws-Token-") {
			t.Errorf("the upstream saw the other spelling %q", key)
		}
	}
}

func TestHeadersOverHTTP1(t *testing.T) {
	for _, test := range []struct{ name, header string }{
		{"none", ""},
		{"another identity", "X-Aws-Token-Account-Id: 999999999999\nX-Team: admins\n"},
		{"twice", "X-Team: admins\nX-Team: admins\n"},
		{"other spellings", "x_team: admins\nX.TEAM: admins\nx_aws_token_account_id: 999999999999\n"},
		{"dropped by Connection", "Connection: X-Aws-Token-Account-Id\n"},
		{"dropped by several lines", "Connection: keep-alive\nConnection: x-team ,, X-Aws-Token-Org-Id\n"},
		{"dropped beside Upgrade", "Upgrade: example\nConnection: Upgrade, X-Team\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			front, arrived := startFront(t, false, stripped(t))
			sendRaw(t, front, "GET / HTTP/1.1\nHost: a\n"+test.header+"\n")
			wantIdentity(t, wait(t, arrived).header)
		})
	}
}
