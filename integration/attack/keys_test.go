package attack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// keyRows are about the issuers' keys.
var keyRows = []row{
	{"K1", k1}, {"K2", k2}, {"K3", k3}, {"K4", k4}, {"K5", k5}, {"K6", k6}, {"K7", k7},
}

// k1: what an issuer's server says may not lead the gateway to anywhere else.
func k1() []probe {
	probes := append(redirections(), addresses()...)
	for n, each := range misleading {
		probes = append(probes, probe{name: each.name, script: func(t *testing.T) { astray().follow(t, n, 1) }})
	}
	return append(probes, probe{name: "the foreign host on purpose", script: func(t *testing.T) { astray().onPurpose(t) }})
}

// misleading are discovery documents. OWN stands for the issuer's URL, ITSELF for
// its server's host:port, PORT for that port, and TRAP for the host:port of a
// server that has the right keys, and should never be asked for them.
var misleading = []struct{ name, document string }{
	{"another port", `{"issuer":"OWN","jwks_uri":"http://TRAP/keys"}`},
	{"another name", `{"issuer":"OWN","jwks_uri":"http://localhost:PORT/keys"}`},
	{"https for http", `{"issuer":"OWN","jwks_uri":"https://ITSELF/keys"}`},
	{"another port by default", `{"issuer":"OWN","jwks_uri":"http://127.0.0.1/keys"}`},
	{"own host as user", `{"issuer":"OWN","jwks_uri":"http://ITSELF@TRAP/keys"}`},
	{"user of own host", `{"issuer":"OWN","jwks_uri":"http://TRAP@ITSELF/keys"}`},
	{"backslash", `{"issuer":"OWN","jwks_uri":"http://TRAP\\@ITSELF/keys"}`},
	{"fragment before own host", `{"issuer":"OWN","jwks_uri":"http://TRAP#@ITSELF/keys"}`},
	{"line break", `{"issuer":"OWN","jwks_uri":"http://ITSELF/keys HTTP/1.1\r\nHost: TRAP\r\n\r\n"}`},
	{"no scheme", `{"issuer":"OWN","jwks_uri":"//TRAP/keys"}`},
	{"no host", `{"issuer":"OWN","jwks_uri":"/keys"}`},
	{"file", `{"issuer":"OWN","jwks_uri":"file:///etc/hostname"}`},
	{"data", `{"issuer":"OWN","jwks_uri":"data:application/json,{}"}`},
	{"metadata service", `{"issuer":"OWN","jwks_uri":"http://169.254.169.254/latest/meta-data/"}`},
	{"ten", `{"issuer":"OWN","jwks_uri":"https://10.0.0.1/keys"}`},
	{"loopback of ipv6", `{"issuer":"OWN","jwks_uri":"http://[::1]:PORT/keys"}`},
	{"unique local", `{"issuer":"OWN","jwks_uri":"https://[fd00::1]/keys"}`},
	{"mapped", `{"issuer":"OWN","jwks_uri":"http://[::ffff:127.0.0.1]:PORT/keys"}`},
	{"unspecified", `{"issuer":"OWN","jwks_uri":"http://0.0.0.0:PORT/keys"}`},
	{"decimal", `{"issuer":"OWN","jwks_uri":"http://2130706433:PORT/keys"}`},
	{"short", `{"issuer":"OWN","jwks_uri":"http://127.1:PORT/keys"}`},
	{"octal", `{"issuer":"OWN","jwks_uri":"http://0177.0.0.1:PORT/keys"}`},
	{"dot behind", `{"issuer":"OWN","jwks_uri":"http://127.0.0.1.:PORT/keys"}`},
	{"list", `{"issuer":"OWN","jwks_uri":["http://ITSELF/keys"]}`},
	{"null", `{"issuer":"OWN","jwks_uri":null}`},
	{"none", `{"issuer":"OWN"}`},
	{"other case", `{"issuer":"OWN","JWKS_URI":"http://ITSELF/keys"}`},
	{"two, own first", `{"issuer":"OWN","jwks_uri":"http://ITSELF/keys","jwks_uri":"http://TRAP/keys"}`},
	{"two, own last", `{"issuer":"OWN","jwks_uri":"http://TRAP/keys","jwks_uri":"http://ITSELF/keys"}`},
	{"another issuer", `{"issuer":"http://TRAP/told","jwks_uri":"http://ITSELF/keys"}`},
	{"issuer with a slash", `{"issuer":"OWN/","jwks_uri":"http://ITSELF/keys"}`},
	{"issuer with a question mark", `{"issuer":"OWN?","jwks_uri":"http://ITSELF/keys"}`},
	{"issuer in a list", `{"issuer":["OWN"],"jwks_uri":"http://ITSELF/keys"}`},
	{"issuer in other case", `{"Issuer":"OWN","jwks_uri":"http://ITSELF/keys"}`},
	{"two issuers", `{"issuer":"http://TRAP/told","issuer":"OWN","jwks_uri":"http://ITSELF/keys"}`},
	{"no issuer", `{"jwks_uri":"http://ITSELF/keys"}`},
	{"two documents", `{"issuer":"OWN","jwks_uri":"http://ITSELF/keys"}{"jwks_uri":"http://TRAP/keys"}`},
	{"in an array", `[{"issuer":"OWN","jwks_uri":"http://ITSELF/keys"}]`},
}

// labyrinth has issuers that mislead, and a trap that they lead to. Each has a
// twin that is told the truth.
type labyrinth struct {
	publisher, trap *publisher
	site            string
}

var astray = sync.OnceValue(func() *labyrinth {
	l := &labyrinth{publisher: newPublisher(nil), trap: newPublisher(nil)}
	l.trap.other = says(ordersKeys())
	l.publisher.page("/keys", says(ordersKeys()))
	lines := []string{"aws_jwt {", "audience orders.internal", "jwks {", "persist off", "}",
		"issuer " + l.publisher.issuer("named") + " 111122223333 {", "jwks_url " + l.trap.url + "/keys", "}"}
	for n := range len(misleading) + len(redirects) {
		lines = append(lines, "issuer "+l.misled(n)+" 111122223333", "issuer "+l.told(n)+" 111122223333")
	}
	for n, each := range misleading {
		l.publisher.page(fmt.Sprintf("/misled-%d", n)+discoveryPath, says(l.fill(each.document, l.misled(n))))
		l.publisher.page(fmt.Sprintf("/told-%d", n)+discoveryPath, says(l.fill(`{"issuer":"OWN","jwks_uri":"http://ITSELF/keys"}`, l.told(n))))
	}
	for n, each := range redirects {
		l.redirect(n+len(misleading), each)
	}
	l.site = strings.Join(append(lines, "}", "reverse_proxy UPSTREAM"), "\n")
	return l
})

func (l *labyrinth) misled(n int) string { return l.publisher.issuer(fmt.Sprintf("misled-%d", n)) }
func (l *labyrinth) told(n int) string   { return l.publisher.issuer(fmt.Sprintf("told-%d", n)) }

func (l *labyrinth) fill(document, own string) string {
	itself := l.publisher.address()
	return strings.NewReplacer("OWN", own, "ITSELF", itself, "PORT", itself[strings.LastIndexByte(itself, ':')+1:],
		"TRAP", l.trap.address()).Replace(document)
}

// follow asserts that a token of an issuer that misleads does not pass, that the
// issuer's own pages were asked for and no others, and that its twin's passes.
func (l *labyrinth) follow(t *testing.T, n, pages int) {
	g := gateOf(t, l.site)
	l.publisher.visits()
	g.refuses(t, h1, call(mintAt(l.misled(n), nil)), http.StatusServiceUnavailable, "keys_unavailable")
	if asked := l.publisher.visits(); asked != pages {
		t.Errorf("the issuer's server was asked for %d pages, want %d", asked, pages)
	}
	if asked := l.trap.visits(); asked > 0 {
		t.Errorf("another server was asked %d times", asked)
	}
	g.passes(t, h1, call(mintAt(l.told(n), nil)))
	if asked := l.publisher.visits(); asked != 2 {
		t.Errorf("the twin's server was asked for %d pages, want 2", asked)
	}
}

// onPurpose shows that the trap works: who is sent there gets the right keys.
func (l *labyrinth) onPurpose(t *testing.T) {
	g := gateOf(t, l.site)
	g.passes(t, h1, call(mintAt(l.publisher.issuer("named"), nil)))
	if asked := l.trap.visits(); asked != 1 {
		t.Errorf("the other server was asked %d times, want once", asked)
	}
}
