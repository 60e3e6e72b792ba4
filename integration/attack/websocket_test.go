package attack

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

const webSocketSite = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
		leeway 0s
		allow_upgrade websocket
	}
	reverse_proxy UPSTREAM`

// matchedWebSocketSite asks for a token on a part of the site alone.
const matchedWebSocketSite = `
	aws_jwt /live/* {
		issuer ISSUER 111122223333
		audience orders.internal
		allow_upgrade websocket
	}
	reverse_proxy UPSTREAM`

// handshake is a browser's (RFC 6455, section 1.2), changed by field lines that
// take the place of its own.
func handshake(fields ...field) request {
	r := request{fields: []field{
		{"Connection", "Upgrade"}, {"Upgrade", "websocket"},
		{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
	}}
	for _, f := range fields {
		at := -1
		for i, own := range r.fields {
			if own.name == f.name {
				at = i
			}
		}
		if at < 0 {
			r.fields = append(r.fields, f)
		} else {
			r.fields[at] = f
		}
	}
	return r
}

func bearer() field { return field{"Authorization", "Bearer " + mint(nil)} }

// webSockets are the probes of row H7 where allow_upgrade is set: a handshake
// passes, with a token, and nothing else does.
func webSockets() []probe {
	var probes []probe
	refused := func(name, site string, attack, control request, status int, reason string) {
		probes = append(probes, probe{
			name: name, site: site, by: onlyH1, attack: attack, control: control, status: status, reason: reason,
			intact: has("Upgrade", "websocket"),
		})
	}
	for name, f := range map[string]field{
		"allowed websocket, h2c":                {"Upgrade", "h2c"},
		"allowed websocket, two protocols":      {"Upgrade", "websocket, h2c"},
		"allowed websocket, no key":             {"Sec-WebSocket-Key", ""},
		"allowed websocket, a short key":        {"Sec-WebSocket-Key", "YQ=="},
		"allowed websocket, another version":    {"Sec-WebSocket-Version", "7"},
		"allowed websocket, HTTP2-Settings":     {"HTTP2-Settings", "AAMAAABkAAQAAP__"},
		"allowed websocket, no upgrade option":  {"Connection", "close"},
		"allowed websocket, a body":             {"Content-Length", "0\r\nTransfer-Encoding: chunked"},
		"allowed websocket, a length":           {"Content-Length", "5"},
		"allowed websocket, a second Upgrade":   {"X-A", "b\r\nUpgrade: h2c"},
		"allowed websocket, identity in option": {"Connection", "upgrade2, X-Aws-Token-Sub"},
	} {
		refused(name, webSocketSite, handshake(bearer(), f), handshake(bearer()), http.StatusForbidden, "upgrade_refused")
	}
	refused("allowed websocket, no token", webSocketSite, handshake(), handshake(bearer()), http.StatusUnauthorized, "missing_token")
	refused("allowed websocket, anonymous", optionalSite, handshake(), handshake(bearer()), http.StatusForbidden, "upgrade_refused")
	refused("allowed websocket behind a matcher, no token", matchedWebSocketSite,
		handshake().to("/live/x"), handshake(bearer()).to("/live/x"), http.StatusUnauthorized, "missing_token")
	probes = append(probes,
		probe{
			name: "allowed websocket, its name in Connection", site: webSocketSite, by: onlyH1,
			attack:  handshake(bearer(), field{"Connection", "Upgrade, X-Aws-Token-Sub, X-Team"}),
			control: handshake(bearer()), disarmed: trueIdentity, intact: trueIdentity,
		},
		// Nobody has verified a token there, so nobody changes the protocol.
		probe{
			name: "allowed websocket, an open path beside it", site: matchedWebSocketSite, by: onlyH1,
			attack: handshake().to("/open"), control: handshake(bearer()).to("/live/x"),
			disarmed: all(has("Upgrade", ""), has("X-Aws-Token-Sub", "")), intact: has("Upgrade", "websocket"),
		},
		probe{name: "allowed websocket, bytes sent early", script: bytesSentEarly},
		probe{name: "allowed websocket, ends with its token", script: webSocketEnds},
	)
	return probes
}

// What follows a handshake that the upstream does not take up is the next
// request, and is judged as one.
func bytesSentEarly(t *testing.T) {
	g := gateOf(t, webSocketSite)
	first := handshake(bearer()).h1(g.gateway.Address)
	for name, second := range map[string]request{"attack": {target: "/second"}, "control": call(mint(nil)).to("/second")} {
		g.forget()
		connection, err := g.dial(h1)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := io.WriteString(connection, first+second.h1(g.gateway.Address)); err != nil {
			t.Fatal(err)
		}
		in, want := bufio.NewReader(connection), map[string]int{"attack": http.StatusUnauthorized, "control": http.StatusOK}[name]
		for i, status := range []int{http.StatusOK, want} {
			if a, err := readH1(in, http.MethodGet); err != nil || a.status != status {
				t.Fatalf("%s: answer %d has status %d (%v), want %d", name, i, a.status, err, status)
			}
		}
		if seen := g.upstream.Seen(); len(seen) != map[string]int{"attack": 1, "control": 2}[name] {
			t.Errorf("%s: the upstream saw %+v", name, seen)
		}
	}
}

// switches has an upstream take up a handshake and echo what it is sent; ended
// gets what came when the connection is over.
func switches(ended chan<- string) stack.Answer {
	return func(a stack.Arrival, connection net.Conn, in *bufio.Reader) error {
		digest := sha1.Sum([]byte(strings.Join(a.Get("Sec-WebSocket-Key"), "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, err := fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(digest[:]))
		if err != nil {
			return err
		}
		var came strings.Builder
		_, err = io.Copy(io.MultiWriter(&came, connection), in)
		ended <- came.String()
		return errors.Join(err, io.EOF)
	}
}

// An upgraded connection ends when its token does, for the client and for the
// upstream; beside it, one whose token lasts longer goes on.
func webSocketEnds(t *testing.T) {
	t.Parallel()
	for _, p := range onlyH1 {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			g := newGate(t, webSocketSite)
			ended := make(chan string, 2)
			g.upstream.SetAnswer(switches(ended))
			short, end := mintShort()
			brief, briefIn := g.upgrade(t, p, short)
			lasting, lastingIn := g.upgrade(t, p, mint(nil))
			echoes(t, brief, briefIn, "brief")
			if rest, err := io.ReadAll(briefIn); len(rest) > 0 || errors.As(err, new(net.Error)) && isTimeout(err) {
				t.Errorf("the connection outlives its token by %v: read %q, %v", time.Since(end), rest, err)
			}
			if early := time.Until(end); early > 0 {
				t.Errorf("the connection ended %v before its token", early)
			}
			if came := <-ended; came != "brief" {
				t.Errorf("the upstream's connection that ended had %q", came)
			}
			if err := lasting.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			echoes(t, lasting, lastingIn, "lasting")
		})
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// shortLife is what tokens have left that end under a stream: enough for a busy
// machine to begin the stream.
const shortLife = 5 * time.Second

// mintShort makes a token that ends within shortLife, and says when.
func mintShort() (token string, end time.Time) {
	end = time.Now().Add(shortLife).Truncate(time.Second)
	return mint(func(p *parts) {
		p.claims["iat"], p.claims["exp"] = end.Unix()-60, end.Unix()
	}), end
}

// upgrade opens a WebSocket.
func (g *gate) upgrade(t *testing.T, p protocol, token string) (net.Conn, *bufio.Reader) {
	t.Helper()
	connection, err := g.dial(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if _, err := io.WriteString(connection, handshake(field{"Authorization", "Bearer " + token}).h1(g.address(p))); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(connection)
	response, err := http.ReadResponse(in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrading: %+v, %v", response, err)
	}
	return connection, in
}

func echoes(t *testing.T, connection net.Conn, in *bufio.Reader, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(in, got); err != nil || string(got) != text {
		t.Fatalf("sent %q, read %q, %v", text, got, err)
	}
}
