package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// matched authenticates one part of a site and leaves the rest open.
const matched = `
ADDRESS {
	aws_jwt /admin* {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	reverse_proxy UPSTREAM
}`

// A target that is matched and judged as another path than the upstream reads
// passes nowhere: not where a path is left open, not with a good token.
func TestOddTargets(t *testing.T) {
	open, closed := newWorld(t, matched), newWorld(t, plain)
	token := bearer(mint(t, nil))
	for _, target := range []string{"a:http://backend/admin/x", "a:admin/x", "*", "http://other"} {
		line := "GET " + target + " HTTP/1.1"
		for w, lines := range map[*world][]string{open: {line}, closed: {line, token}} {
			response, body := w.send("", lines...)
			if seen := w.upstream.Seen(); len(seen) != 0 || response.StatusCode < 400 && body != "" {
				t.Errorf("%s: status %d, the upstream saw %+v", target, response.StatusCode, seen)
			}
		}
	}
	open.passes("", "GET /open HTTP/1.1")
	closed.passes("", "GET /orders HTTP/1.1", token)
	open.refuses(http.StatusForbidden, "unsafe_path", "GET * HTTP/1.1")
	// These have the path that they seem to have.
	open.refuses(http.StatusUnauthorized, "missing_token", "GET http:/admin/x HTTP/1.1")
	open.refuses(http.StatusUnauthorized, "missing_token", "GET a:/admin HTTP/1.1")
	// The HTTP server itself answers this one, and no handler sees it.
	closed.send("", "OPTIONS * HTTP/1.1", token)
	if seen := closed.upstream.Seen(); len(seen) != 0 {
		t.Errorf("OPTIONS *: the upstream saw %+v", seen)
	}
}

// Behind an upgrade on an open path a client could write what it likes.
func TestUpgradeOnAnOpenPath(t *testing.T) {
	w := newWorld(t, matched)
	for _, upgrade := range []string{"h2c", "websocket"} {
		response, _, _ := w.refuses(http.StatusForbidden, "upgrade_refused", "GET /open HTTP/1.1", "Connection: Upgrade", "Upgrade: "+upgrade)
		if response.Header.Get("WWW-Authenticate") != "" {
			t.Error("a challenge on an open path")
		}
	}
	w.passes("", "GET /open HTTP/1.1", "Connection: Upgrade")
}

// What an error route proxies is stripped as well: fields and Upgrade. What
// cannot be made harmless, such as trailers, gets no error route.
func TestErrorRouteThatProxies(t *testing.T) {
	w := newWorld(t, strings.TrimSuffix(plain, "}")+`
	handle_errors {
		reverse_proxy UPSTREAM
	}
}`)
	refused := func(body string, lines ...string) {
		t.Helper()
		w.upstream.Seen()
		w.send(body, lines...)
		seen := w.upstream.Seen()
		if len(seen) != 1 {
			t.Fatalf("the error route's upstream saw %+v", seen)
		}
		for _, field := range []string{"X-Aws-Token-Sub", "X-Team", "Authorization", "Upgrade"} {
			want(t, seen[0], field, "")
		}
	}
	refused("4\r\nbody\r\n0\r\n\r\n", "POST /orders HTTP/1.1", "Transfer-Encoding: chunked", "X-Team: evil")
	refused("", "GET /orders HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c", "X-Aws-Token-Sub: evil")
	refused("", "GET /orders HTTP/1.1", bearer(mint(t, nil)), "Connection: Upgrade", "Upgrade: h2c")

	const trailers = "4\r\nbody\r\n0\r\nX-Kept: kept\r\nX-Aws-Token-Sub: evil\r\nX-Team: evil\r\n\r\n"
	w.refuses(http.StatusUnauthorized, "missing_token", "GET a:http://backend/x HTTP/1.1")
	w.refuses(http.StatusUnauthorized, "missing_token", "CONNECT "+w.gateway.Address+" HTTP/1.1")
	response, body := w.send(trailers, "POST /orders HTTP/1.1", "Transfer-Encoding: chunked", "Trailer: X-Kept")
	if seen := w.upstream.Seen(); len(seen) != 0 || response.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "about:blank") {
		t.Errorf("trailers: status %d %s, the error route's upstream saw %+v", response.StatusCode, body, seen)
	}
}

// Over HTTP/2 a CONNECT has a body, which a proxy would write as it is.
func TestHTTP2ConnectAndErrorRoutes(t *testing.T) {
	w := newWorldWith(t, "\tservers {\n\t\tprotocols h1 h2c\n\t}\n", strings.TrimSuffix(plain, "}")+`
	handle_errors {
		reverse_proxy UPSTREAM
	}
}`)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	for _, token := range []string{"none", mint(t, nil)} {
		for method, seen := range map[string]int{http.MethodConnect: 0, http.MethodPost: 1} {
			smuggled := "GET /admin HTTP/1.1\r\nHost: x\r\nX-Aws-Token-Sub: evil\r\n\r\n"
			request, err := http.NewRequest(method, "http://"+w.gateway.Address, io.MultiReader(strings.NewReader(smuggled)))
			if err != nil {
				t.Fatal(err)
			}
			if method == http.MethodPost {
				request.URL.Path = "/orders" // the control reaches the upstream, as one request
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if arrived := w.upstream.Seen(); len(arrived) != seen {
				t.Errorf("%s: status %d, the upstream saw %+v", method, response.StatusCode, arrived)
			}
		}
	}
}

// Caddy's tracing copies the request before it is stripped.
func TestTracingAndErrorRoutes(t *testing.T) {
	const trailers = "4\r\nbody\r\n0\r\nX-Kept: kept\r\nX-Aws-Token-Sub: evil\r\n\r\n"
	for name, site := range map[string]string{
		"refused": plain, "upstream down": strings.Replace(plain, "reverse_proxy UPSTREAM", "reverse_proxy 127.0.0.1:1", 1),
	} {
		w := newWorld(t, strings.TrimSuffix(site, "}")+`
	tracing
	handle_errors {
		reverse_proxy UPSTREAM
	}
}`)
		lines := []string{"POST /orders HTTP/1.1", "Transfer-Encoding: chunked", "Trailer: X-Kept"}
		if name != "refused" {
			lines = append(lines, bearer(mint(t, nil)))
		}
		w.send(trailers, lines...)
		for _, arrival := range w.upstream.Seen() {
			for _, sub := range arrival.Get("X-Aws-Token-Sub") {
				if sub == evil {
					t.Errorf("%s: the upstream saw %+v", name, arrival)
				}
			}
		}
	}
}

// The upstream that a passed request was meant for is down, and an error route
// takes it elsewhere: with the true identity and no other.
func TestErrorRouteAfterAPass(t *testing.T) {
	w := newWorld(t, strings.Replace(strings.TrimSuffix(plain, "}"), "reverse_proxy UPSTREAM", "reverse_proxy 127.0.0.1:1", 1)+`
	handle_errors {
		reverse_proxy UPSTREAM
	}
}`)
	w.send("4\r\nbody\r\n0\r\n\r\n", "POST /orders HTTP/1.1", bearer(mint(t, nil)), "Transfer-Encoding: chunked", "X-Aws-Token-Sub: evil")
	seen := w.upstream.Seen()
	if len(seen) != 1 {
		t.Fatalf("the error route's upstream saw %+v", seen)
	}
	want(t, seen[0], "X-Aws-Token-Sub", roleARN)
}

// A token that is handed on can neither be removed by Connection nor joined by
// a trailer.
func TestForwardedTokenIsKept(t *testing.T) {
	w := newWorld(t, strings.Replace(plain, "audience", "forward_token\n\t\taudience", 1))
	token := mint(t, nil)
	want(t, w.passes("", bearer(token), "Connection: close, Authorization"), "Authorization", "Bearer "+token)
	seen := w.passes("4\r\nbody\r\n0\r\nX-Kept: kept\r\nAuthorization: Bearer x\r\n\r\n", "POST /orders HTTP/1.1", bearer(token),
		"Transfer-Encoding: chunked", "Trailer: X-Kept")
	want(t, seen, "Authorization", "Bearer "+token)
	want(t, seen, "X-Kept", "kept")
}

// A policy sees the host that Caddy routed by.
func TestHostThatThePolicySees(t *testing.T) {
	w := newWorld(t, strings.Replace(strings.Replace(plain, "ADDRESS {", "ADDRESS, http://admin.example:PORT {", 1),
		"audience", "deny admin `request.host == \"admin.example\"`\n\t\taudience", 1))
	_, port, err := net.SplitHostPort(w.gateway.Address)
	if err != nil {
		t.Fatal(err)
	}
	token := bearer(mint(t, nil))
	for _, host := range []string{"admin.example:" + port, "admin.example", "ADMIN.example", "[admin.example", "admin.example]", "[admin.example]"} {
		connection := w.dial()
		if _, err := io.WriteString(connection, "GET /orders HTTP/1.1\r\nHost: "+host+"\r\n"+token+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		w.read(bufio.NewReader(connection))
		_ = connection.Close()
		if seen := w.upstream.Seen(); len(seen) > 0 {
			t.Errorf("Host %s: the upstream saw %+v", host, seen)
		}
	}
	w.passes("", token)
}

// A client that sends no body to the end is answered, and its connection ends,
// whatever it has announced.
func TestRefusalBeforeTheBody(t *testing.T) {
	for name, caddyfile := range map[string]string{
		"problem document": plain,
		"error routes":     strings.TrimSuffix(plain, "}") + "\thandle_errors {\n\t\trespond \"no\"\n\t}\n}",
	} {
		w := newWorld(t, caddyfile)
		for _, framing := range []string{
			"Content-Length: 100\r\n\r\nsome", "Content-Length: 1000000\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
			"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
		} {
			connection := w.dial()
			if _, err := io.WriteString(connection, "POST /orders HTTP/1.1\r\nHost: "+w.gateway.Address+"\r\n"+framing); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			in := bufio.NewReader(connection)
			response, _ := w.read(in)
			if response.StatusCode != http.StatusUnauthorized || !response.Close {
				t.Errorf("%s, %q: status %d, connection closes: %v", name, framing, response.StatusCode, response.Close)
			}
			// The deadline of the connection is 10 s, and ends this with an error.
			if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
				t.Errorf("%s, %q: after the answer came %q, %v, %v later", name, framing, rest, err, time.Since(began))
			}
			_ = connection.Close()
			if seen := w.upstream.Seen(); len(seen) > 0 {
				t.Errorf("the upstream saw %+v", seen)
			}
		}
	}
}
