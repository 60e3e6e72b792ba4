package attack

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func itoa(n int) string { return strconv.Itoa(n) }

func hex(n int) string { return strconv.FormatInt(int64(n), 16) }

// inHTTP2 sends a request that is malformed in HTTP/2 (RFC 9113, section 8.1.1).
// The upstream may see it as one clean request of /orders, or not at all.
func inHTTP2(name string, r request, control request) probe {
	return probe{name: "http/2: " + name, script: func(t *testing.T) {
		g := gateOf(t, unfinished)
		for _, p := range onlyH2 {
			g.send(t, p, r)
			g.balance(t, p, 1, carries(whole), control)
		}
	}}
}

// downgradeProbes: what HTTP/2 can hold and HTTP/1.1 cannot, on the way from one
// to the other ("HTTP/2: the sequel is always worse", 2021).
func downgradeProbes() []probe {
	token := mint(nil)
	with := func(fields ...field) request { return call(token, fields...) }
	body := func(r request, body string) request {
		r.method, r.body, r.chunked = "POST", body, true
		return r
	}
	asMethod := func(method string, r request) request { r.method = method; return r }
	at := func(target string, r request) request { r.target = target; return r }
	forHost := func(host string, r request) request { r.host = host; return r }
	kept := with(field{"x-kept", "kept"})
	complete := body(with(field{"content-length", "4"}), "body")
	long := "body" + strings.Replace(smuggled, "HOST", "h", 1)
	return []probe{
		inHTTP2("a length that is too short", body(with(field{"content-length", "4"}), long), complete),
		inHTTP2("a length of nothing", body(with(field{"content-length", "0"}), long), complete),
		inHTTP2("a length that is too long", body(with(field{"content-length", "400"}), long), complete),
		inHTTP2("two lengths", body(with(field{"content-length", "4"}, field{"content-length", "400"}), long), complete),
		inHTTP2("two lengths in one field", body(with(field{"content-length", "4, 400"}), long), complete),
		inHTTP2("a length with a sign", body(with(field{"content-length", "+4"}), long), complete),
		inHTTP2("a negative length", body(with(field{"content-length", "-4"}), long), complete),
		inHTTP2("a length that is no number", body(with(field{"content-length", "0x4"}), long), complete),
		inHTTP2("a length with crlf", body(with(field{"content-length", "4\r\nTransfer-Encoding: chunked"}), long), complete),
		inHTTP2("transfer-encoding", body(with(field{"transfer-encoding", "chunked"}), "0\r\n\r\n"+smuggled), complete),
		inHTTP2("transfer-encoding and a length", body(with(field{"transfer-encoding", "chunked"}, field{"content-length", "4"}), "0\r\n\r\n"), complete),
		inHTTP2("transfer_encoding", body(with(field{"transfer_encoding", "chunked"}), "0\r\n\r\n"+smuggled), complete),
		inHTTP2("get with a body", asMethod("GET", body(with(), long)), complete),
		inHTTP2("crlf in a value", with(field{"x-kept", "kept\r\nX-Team: evil\r\n\r\n" + smuggled}), kept),
		inHTTP2("lf in a value", with(field{"x-kept", "kept\nX-Team: evil"}), kept),
		inHTTP2("cr in a value", with(field{"x-kept", "kept\rX-Team: evil"}), kept),
		inHTTP2("nul in a value", with(field{"x-kept", "kept\x00evil"}), kept),
		inHTTP2("crlf in a name", with(field{"x-kept: kept\r\nx-team", evil}), kept),
		inHTTP2("a colon in a name", with(field{"x-team: evil\r\nx-kept", "kept"}), kept),
		inHTTP2("a colon at the end of a name", with(field{"x-team:", evil}), kept),
		inHTTP2("a space in a name", with(field{"x team", evil}), kept),
		inHTTP2("an empty name", with(field{"", evil}), kept),
		inHTTP2("nul in a name", with(field{"x-team\x00", evil}), kept),
		inHTTP2("crlf in the method", asMethod("GET /smuggled HTTP/1.1\r\nX-Team: evil\r\n\r\nGET", with()), kept),
		inHTTP2("crlf in the path", at("/orders HTTP/1.1\r\nX-Team: evil\r\n\r\nGET /smuggled", with()), kept),
		inHTTP2("crlf in the authority", forHost("evil\r\nX-Team: evil", with()), kept),
		inHTTP2("a path in the authority", forHost("evil/smuggled", with()), kept),
		inHTTP2("a user in the authority", forHost("evil@127.0.0.1", with()), kept),
		inHTTP2("an empty authority", with(field{":authority", ""}), kept),
		inHTTP2("another host", with(field{"host", evil}), kept),
		inHTTP2("two other hosts", with(field{"host", evil}, field{"host", "evil.example"}), kept),
		inHTTP2("two paths", with(field{":path", "/smuggled"}), kept),
		inHTTP2("two methods", with(field{":method", "DELETE"}), kept),
		inHTTP2("two authorities", with(field{":authority", evil}), kept),
		inHTTP2("two schemes", with(field{":scheme", "file"}), kept),
		inHTTP2("a pseudo-field of answers", with(field{":status", "200"}), kept),
		inHTTP2("an unknown pseudo-field", with(field{":x-team", evil}), kept),
		inHTTP2("trailers with a length", trailed(with(), true, field{"content-length", "400"}), kept),
		inHTTP2("trailers with a path", trailed(with(), true, field{":path", "/smuggled"}), kept),
		inHTTP2("trailers with crlf", trailed(with(), true, field{"x-other", "a\r\nX-Team: evil"}), kept),
	}
}

// framed is a request of which each part is written by hand.
type framed func(c *h2Client, address, scheme, token string) error

// frameProbes: frames in an order that no client sends.
func frameProbes() []probe {
	head := func(address, scheme, token string) []field {
		return []field{{":method", "POST"}, {":scheme", scheme}, {":authority", address}, {":path", "/orders"}, {"authorization", "Bearer " + token}}
	}
	var probes []probe
	for name, write := range map[string]framed{
		"a name in capitals": func(c *h2Client, address, scheme, token string) error {
			return c.block(1, true, append(head(address, scheme, token), field{"X-Team", evil}))
		},
		"a pseudo-field behind the others": func(c *h2Client, address, scheme, token string) error {
			return c.block(1, true, append(head(address, scheme, token), field{"x-kept", "kept"}, field{":path", "/smuggled"}))
		},
		"no path": func(c *h2Client, address, scheme, token string) error {
			return c.block(1, true, append(head(address, scheme, token)[:3:3], field{"authorization", "Bearer " + token}))
		},
		"no method": func(c *h2Client, address, scheme, token string) error {
			return c.block(1, true, head(address, scheme, token)[1:])
		},
		"a second head on the stream": func(c *h2Client, address, scheme, token string) error {
			second := head(address, scheme, token)
			second[3].value = "/smuggled"
			return errors.Join(c.block(1, false, head(address, scheme, token)), c.block(1, true, second))
		},
		"a second head when the stream has ended": func(c *h2Client, address, scheme, token string) error {
			second := head(address, scheme, token)
			second[3].value = "/smuggled"
			return errors.Join(c.block(1, true, head(address, scheme, token)), c.block(1, true, second))
		},
		"data before the head": func(c *h2Client, address, scheme, token string) error {
			return errors.Join(c.framer.WriteData(1, false, []byte(smuggled)), c.block(1, true, head(address, scheme, token)))
		},
		"data when the stream has ended": func(c *h2Client, address, scheme, token string) error {
			return errors.Join(c.block(1, true, head(address, scheme, token)), c.framer.WriteData(1, true, []byte(smuggled)))
		},
		"a stream of the server's": func(c *h2Client, address, scheme, token string) error {
			return c.block(2, true, head(address, scheme, token))
		},
		"stream zero": func(c *h2Client, address, scheme, token string) error {
			return c.block(0, true, head(address, scheme, token))
		},
	} {
		probes = append(probes, probe{name: "frames: " + name, script: func(t *testing.T) {
			g := gateOf(t, unfinished)
			for _, p := range onlyH2 {
				token := mint(nil)
				c, err := g.dialH2(p)
				if err != nil {
					t.Fatal(err)
				}
				if write(c, g.address(p), scheme(p), token) == nil {
					_, _ = c.read() // until the stream or the connection ends, whichever way
				}
				_ = c.connection.Close()
				g.balance(t, p, 1, carries(whole), call(token))
			}
		}})
	}
	return append(probes, streamsByTurns())
}

// streamsByTurns: streams of one connection share a table of fields (RFC 7541),
// and no credential.
func streamsByTurns() probe {
	return probe{name: "streams by turns", script: func(t *testing.T) {
		g := gateOf(t, plain)
		for _, p := range onlyH2 {
			g.forget()
			c, err := g.dialH2(p)
			if err != nil {
				t.Fatal(err)
			}
			token := mint(nil)
			for i := range 20 {
				r, want := call(token), 200
				if i%2 == 1 {
					r, want = request{target: "/bad"}, 401
				}
				if err := c.send(r, g.address(p), scheme(p)); err != nil {
					t.Fatal(err)
				}
				if a, err := c.read(); err != nil || a.status != want {
					t.Errorf("%s: stream %d: status %d, %v; want %d", p, c.stream, a.status, err, want)
				}
			}
			_ = c.connection.Close()
			seen := g.upstream.Seen()
			for _, a := range seen {
				arrives(t, string(p), a, all(carries(whole), line("GET /orders")))
			}
			if len(seen) != 10 {
				t.Errorf("%s: the upstream saw %d requests, want 10", p, len(seen))
			}
		}
	}}
}

// block writes fields as they are spelt, in one frame.
func (c *h2Client) block(stream uint32, ends bool, fields []field) error {
	c.encoded.Reset()
	for _, f := range fields {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value}); err != nil {
			return err
		}
	}
	flags := http2.FlagHeadersEndHeaders
	if ends {
		flags |= http2.FlagHeadersEndStream
	}
	return c.framer.WriteRawFrame(http2.FrameHeaders, flags, stream, c.encoded.Bytes())
}
