package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// smugglingProbes: where the gateway and an upstream disagree on where a request
// ends, the rest of one is another one, which nobody has looked at (RFC 9112,
// section 11.2). The server's own defences must stay on in front of the handler,
// and what reaches the upstream is framed anew. In each probe the smuggled
// request bears no token, so that it may not arrive however it is read.
func smugglingProbes() []probe {
	return slices.Concat(refusedFramingProbes(), refusedLineProbes(), ambiguousFramingProbes(), chunkProbes(),
		earlyRequestProbes(), pipelineProbes(), downgradeProbes(), frameProbes())
}

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: HOST\r\nX-Aws-Token-Sub: evil\r\n\r\n"

// post is the head of a POST whose framing is still to come.
func post(token string) string {
	return "POST /orders HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer " + token + "\r\n"
}

// message is a request with framing and what follows it.
type message struct{ name, framing, rest string }

// refusedFramingProbes: whoever cannot tell where a request ends refuses it.
func refusedFramingProbes() []probe {
	const chunks = "4\r\nbody\r\n0\r\n\r\n"
	return rejections([]message{
		{"two lengths", "Content-Length: 4\r\nContent-Length: 100\r\n", "body" + smuggled},
		{"two lengths in one field", "Content-Length: 4, 100\r\n", "body" + smuggled},
		{"a length with a sign", "Content-Length: +4\r\n", "body" + smuggled},
		{"a negative length", "Content-Length: -4\r\n", "body" + smuggled},
		{"a length in hexadecimal", "Content-Length: 0x4\r\n", "body" + smuggled},
		{"a length with a fraction", "Content-Length: 4.0\r\n", "body" + smuggled},
		{"a length with an underscore", "Content-Length: 4_0\r\n", "body" + smuggled},
		{"an empty length", "Content-Length:\r\n", "body" + smuggled},
		{"a length over 63 bits", "Content-Length: 18446744073709551620\r\n", "body" + smuggled}, // 4, in 64 bits
		{"a space before the colon of the length", "Content-Length : 4\r\n", "body" + smuggled},
		{"a space before the colon of the coding", "Transfer-Encoding : chunked\r\n", chunks + smuggled},
		{"another coding", "Transfer-Encoding: xchunked\r\n", chunks + smuggled},
		{"identity", "Transfer-Encoding: identity\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"gzip and chunked", "Transfer-Encoding: gzip, chunked\r\n", chunks + smuggled},
		{"chunked and identity", "Transfer-Encoding: chunked, identity\r\n", chunks + smuggled},
		{"chunked twice", "Transfer-Encoding: chunked, chunked\r\n", chunks + smuggled},
		{"chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks + smuggled},
		{"chunked and something in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n", chunks + smuggled},
		{"chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n", chunks + smuggled},
		{"chunked with a comma", "Transfer-Encoding: chunked,\r\n", chunks + smuggled},
		{"chunked with a vertical tab", "Transfer-Encoding: \vchunked\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"chunked with nul", "Transfer-Encoding: chunked\x00\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"chunked with cr", "Transfer-Encoding: x\rTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"an empty coding", "Transfer-Encoding:\r\nContent-Length: 4\r\n", "body" + smuggled},
		{"chunked folded into another", "Transfer-Encoding: x,\r\n chunked\r\n", chunks + smuggled},
		{"a space in front of the length", "X-Kept: kept\r\n\r Content-Length: 4\r\n", "body" + smuggled},
		{"the length as a trailer", "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", "4\r\nbody\r\n0\r\nContent-Length: 4\r\n\r\n" + smuggled},
		{"the coding as a trailer", "Transfer-Encoding: chunked\r\nTrailer: Transfer-Encoding\r\n", "4\r\nbody\r\n0\r\nTransfer-Encoding: x\r\n\r\n" + smuggled},
	}, "Content-Length: 4\r\n", "body")
}

// refusedLineProbes: lines that some take for a field, or for the end.
func refusedLineProbes() []probe {
	return rejections([]message{
		{"no colon", "X-Kept\r\n", smuggled},
		{"no name", ": kept\r\n", smuggled},
		{"nul in a name", "X\x00-Team: evil\r\n", smuggled},
		{"nul in a value", "X-Kept: kept\x00\r\n", smuggled},
		{"cr in a value", "X-Kept: kept\rX-Team: evil\r\n", smuggled},
		{"cr in a name", "X-Kept\rX-Team: evil\r\n", smuggled},
		{"a space in a name", "X Team: evil\r\n", smuggled},
		{"a tab before the colon", "X-Team\t: evil\r\n", smuggled},
		{"a brace in a name", "X{Team: evil\r\n", smuggled},
		{"a letter beyond ascii in a name", "X-Teäm: evil\r\n", smuggled},
		{"two hosts", "Host: evil.example\r\n", smuggled},
		{"an escape in a value", "X-Kept: \x1b[31m\r\n", smuggled},
	}, "X-Kept: kept\r\n", "")
}

// rejections are messages that the server itself refuses.
func rejections(messages []message, framing, rest string) []probe {
	token := mint(nil)
	var probes []probe
	for _, m := range messages {
		probes = append(probes, probe{name: m.name, script: func(t *testing.T) {
			g := gateOf(t, plain)
			for _, p := range onlyH1 {
				g.forget()
				statuses := g.exchange(t, p, post(token)+m.framing+"\r\n"+m.rest, never)
				if len(statuses) != 1 || statuses[0] != http.StatusBadRequest && statuses[0] != http.StatusNotImplemented {
					t.Errorf("%s: answered %v", p, statuses)
				}
				if decisions := g.decisions(); len(decisions) > 0 {
					t.Errorf("%s: the handler decided: %+v", p, decisions)
				}
				g.onlyLines(t)
				arrives(t, "the control", g.passes(t, p, request{raw: post(token) + framing + "\r\n" + rest}), all(carries(whole), line("POST /orders")))
			}
		}})
	}
	return probes
}

// lasting ends a connection that is still open, so that all answers are read
// without waiting. It bears no token either.
const lasting = "GET /close HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"

// judged sends bytes and asserts which requests reach the upstream, each under a
// decision that let it pass.
func judged(name, raw string, want ...string) probe {
	return probe{name: name, script: func(t *testing.T) {
		g := gateOf(t, plain)
		token := mint(nil)
		for _, p := range onlyH1 {
			g.forget()
			statuses := g.exchange(t, p, strings.ReplaceAll(raw, "TOKEN", token)+lasting, never)
			seen := g.onlyLines(t, want...)
			for _, a := range seen {
				arrives(t, string(p), a, all(carries(whole), unforged, framedOnce))
			}
			g.allowed(t, len(seen))
			if ok := count(statuses, http.StatusOK); ok > len(want) {
				t.Errorf("%s: answered %v, of which %d may pass", p, statuses, len(want))
			}
			arrives(t, "the control", g.passes(t, p, request{raw: post(token) + "Content-Length: 4\r\n\r\nbody"}), all(carries(whole), hasBody))
		}
	}}
}

func count(statuses []int, status int) int {
	n := 0
	for _, each := range statuses {
		if each == status {
			n++
		}
	}
	return n
}
