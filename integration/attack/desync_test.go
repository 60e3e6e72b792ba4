package attack

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// framedOnce says what is wrong unless the message has one framing at most.
func framedOnce(a stack.Arrival) string {
	lengths, codings := readAs(a, "Content-Length"), readAs(a, "Transfer-Encoding")
	if len(lengths)+len(codings) > 1 {
		return "it is framed by " + strings.Join(append(lengths, codings...), " and ")
	}
	return ""
}

const orders, posted = "GET /orders HTTP/1.1", "POST /orders HTTP/1.1"

// ambiguousFramingProbes: what the server takes in spite of its form is handed
// on in one form, with what it took for the body in it.
func ambiguousFramingProbes() []probe {
	head := post("TOKEN")
	const chunks = "4\r\nbody\r\n0\r\n\r\n"
	return []probe{
		judged("the same length twice", head+"Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody"+smuggled, posted),
		judged("a length with zeros", head+"Content-Length: 0000000000000000000004\r\n\r\nbody"+smuggled, posted),
		judged("a length and chunks", head+"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+smuggled, posted),
		judged("chunks and a length", head+"Transfer-Encoding: chunked\r\nContent-Length: 9999\r\n\r\n"+chunks+smuggled, posted),
		judged("chunked in capitals", head+"Transfer-Encoding: CHUNKED\r\n\r\n"+chunks+smuggled, posted),
		judged("chunked behind a tab", head+"Transfer-Encoding:\tchunked \t\r\n\r\n"+chunks+smuggled, posted),
		judged("chunked, folded", head+"Transfer-Encoding:\r\n chunked\r\n\r\n"+chunks+smuggled, posted),
		judged("a coding with an underscore", head+"Transfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nbody"+smuggled, posted),
		judged("a length with an underscore in its name", head+"Content_Length: 100\r\nContent-Length: 4\r\n\r\nbody"+smuggled, posted),
		judged("a length listed in connection", head+"Connection: Content-Length, Transfer-Encoding\r\nContent-Length: 4\r\n\r\nbody"+smuggled, posted),
		judged("a body that is a request", head+"Content-Length: "+itoa(len(smuggled)-len("HOST")+1)+"\r\n\r\n"+strings.Replace(smuggled, "HOST", "h", 1), posted),
		judged("chunks that are a request", head+"Transfer-Encoding: chunked\r\n\r\n"+hex(len(smuggled)-3)+"\r\n"+strings.Replace(smuggled, "HOST", "h", 1)+"\r\n0\r\n\r\n", posted),
		judged("get with a body", strings.Replace(head, "POST", "GET", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled, orders),
		judged("get with chunks", strings.Replace(head, "POST", "GET", 1)+"Transfer-Encoding: chunked\r\n\r\n"+chunks+smuggled, orders),
		judged("http/1.0 with chunks", strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1)+"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+smuggled, posted),
		judged("http/1.0 with chunks and a length", strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1)+"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nbody"+smuggled, posted),
		judged("bare line feeds", strings.ReplaceAll(head+"Content-Length: 4\r\n\r\n", "\r\n", "\n")+"body"+smuggled, posted),
		judged("an empty line in front", "\r\n"+head+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("an empty line between", head+"Content-Length: 4\r\n\r\nbody\r\n"+smuggled, posted),
		judged("a space in front of the first field", strings.Replace(head, "Host", " Host", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("http/0.9", "GET /orders\r\n"+smuggled),
		judged("http/0.9 with a token", "GET /orders?access_token=TOKEN\r\n\r\n"+smuggled),
		judged("http/2.0 on the line", strings.Replace(head, "HTTP/1.1", "HTTP/2.0", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("http/1.10", strings.Replace(head, "HTTP/1.1", "HTTP/1.10", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("another name for http", strings.Replace(head, "HTTP/1.1", "ICAP/1.1", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("two spaces on the line", strings.Replace(head, " HTTP", "  HTTP", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("a tab on the line", strings.Replace(head, "POST ", "POST\t", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
		judged("no host", strings.Replace(head, "Host: HOST\r\n", "", 1)+"Content-Length: 4\r\n\r\nbody"+smuggled),
	}
}

// chunkProbes: a chunk that is spelt so that others read another length (chunk
// extensions and bare line feeds: CVE-2025-22871 in net/http). The request was
// let in, but is not brought to its end.
func chunkProbes() []probe {
	head := post("TOKEN") + "Transfer-Encoding: chunked\r\n\r\n"
	const end = "0\r\n\r\n"
	probes := []probe{
		judged("a chunk extension", head+"4;a=b\r\nbody\r\n"+end+smuggled, posted),
		judged("a chunk extension in quotes", head+"4;a=\"b;c\"\r\nbody\r\n"+end+smuggled, posted),
		judged("a chunk length with zeros", head+"0004\r\nbody\r\n"+end+smuggled, posted),
		judged("a space behind the chunk length", head+"4 \r\nbody\r\n"+end+smuggled, posted),
	}
	for name, chunk := range map[string]string{
		"a chunk extension with a bare line feed":  "4;a\nbody\r\n",
		"a chunk length with a bare line feed":     "4\nbody\r\n",
		"a chunk extension with a bare cr":         "4;a\rb\r\nbody\r\n",
		"a chunk length in 0x":                     "0x4\r\nbody\r\n",
		"a negative chunk length":                  "-4\r\nbody\r\n",
		"a chunk length with a plus":               "+4\r\nbody\r\n",
		"a chunk length over 64 bits":              "10000000000000004\r\nbody\r\n",
		"an empty chunk length":                    "\r\nbody\r\n",
		"a space in front of the chunk length":     " 4\r\nbody\r\n",
		"a tab behind the chunk length and letter": "4\tx\r\nbody\r\n",
		"no line end behind a chunk":               "4\r\nbody",
		"more than the chunk length":               "4\r\nbodybody\r\n",
		"a line feed behind a chunk":               "4\r\nbody\n",
		"a chunk line without an end":              "4;" + strings.Repeat("x", 8<<10) + "\r\nbody\r\n",
		"chunk extensions without an end":          strings.Repeat("1;"+strings.Repeat("x", 2000)+"\r\nb\r\n", 40),
		"a trailer without a colon":                "4\r\nbody\r\n0\r\nX-Team\r\n\r\n",
		"a trailer with a space before its colon":  "4\r\nbody\r\n0\r\nX-Team : evil\r\n\r\n",
		"a trailer with nul":                       "4\r\nbody\r\n0\r\nX-Kept: \x00\r\n\r\n",
		"a length behind the chunks":               "4\r\nbody\r\n0\r\nContent-Length: 100\r\nTransfer-Encoding: x\r\nHost: evil\r\n\r\n",
	} {
		probes = append(probes, broken(name, head+chunk+end+smuggled, never))
	}
	// The rest of this one would be waited for.
	return append(probes, broken("the longest chunk", head+"7fffffffffffffff\r\nbody\r\n"+end+smuggled, atOnce))
}

// broken sends a message that cannot be read to its end: the upstream may see
// its head, or nothing, and never the smuggled request.
func broken(name, raw string, sendsNoMore moment) probe {
	return probe{name: name, script: func(t *testing.T) {
		g := gateOf(t, unfinished)
		token := mint(nil)
		for _, p := range onlyH1 {
			g.exchange(t, p, strings.ReplaceAll(raw, "TOKEN", token)+lasting, sendsNoMore)
			g.balance(t, p, 1, carries(whole), request{raw: post(token) + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"})
		}
	}}
}
