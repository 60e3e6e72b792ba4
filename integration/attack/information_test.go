package attack

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// fault is a request that is refused, and why.
type fault struct {
	reason string
	bear   request
}

// kind is a set of faults of which a client learns no more than that it is one
// of them.
type kind struct {
	name   string
	site   string
	status int
	by     []protocol
	faults func() []fault
}

// form is a way to send a request that has nothing to do with its fault.
type form struct {
	name string
	with func(request) request
}

var forms = []form{
	{"get", func(r request) request { return r }},
	{"head", func(r request) request { r.method = http.MethodHead; return r }},
	{"options", func(r request) request { r.method = http.MethodOptions; return r }},
	{"post", func(r request) request { r.method, r.body = http.MethodPost, "body"; return r }},
	{"chunked", func(r request) request { r.method, r.body, r.chunked = http.MethodPost, "body", true; return r }},
	{"trailers", func(r request) request {
		r.method, r.body, r.trailer = http.MethodPost, "body", []field{{"x-checksum", "1"}}
		return r.with(field{"Trailer", "X-Checksum"})
	}},
	{"http/1.0", func(r request) request {
		r.raw = strings.Replace(r.h1("HOST"), "HTTP/1.1", "HTTP/1.0", 1)
		return r
	}},
}

// o3: whoever is refused does not learn why, neither from the body nor from a
// field nor from what becomes of the connection: the answers to all faults of a
// kind are the same, byte for byte.
func o3() (probes []probe) {
	for _, k := range kinds() {
		for _, f := range forms {
			if k.status == http.StatusForbidden && k.site == plain && f.name != "get" {
				continue // an upgrade has no body
			}
			probes = append(probes, probe{name: k.name + ", " + f.name, script: func(t *testing.T) { k.alike(t, f) }})
		}
	}
	return append(probes,
		probe{name: "bodies of a status", script: bodiesOfAStatus},
		probe{name: "what becomes of the connection", script: sameConnections},
		probe{name: "error routes", script: errorRoutesAlike},
		probe{name: "explained errors differ", script: explainedErrorsDiffer},
	)
}

// alike asserts that all faults look the same in this form, over each protocol.
func (k kind) alike(t *testing.T, f form) {
	g := gateOf(t, k.site)
	by := k.by
	if by == nil {
		by = every
	}
	if f.name == "http/1.0" {
		by = slices.DeleteFunc(slices.Clone(by), func(p protocol) bool { return p == h2 || p == h2c })
	}
	faults := k.faults()
	for _, p := range by {
		var first string
		for n, each := range faults {
			shown := show(g.refuses(t, p, f.with(each.bear), k.status, each.reason))
			if n == 0 {
				first = shown
			} else if shown != first {
				t.Errorf("%s: %s (fault %d) looks otherwise than %s:\n%s\n%s", p, each.reason, n, faults[0].reason, shown, first)
			}
		}
	}
	for _, p := range by {
		// The control: no fault, and so another answer.
		if k.site != unreachable {
			g.passes(t, p, f.with(call(goodFor(k.site))))
		}
	}
}

// show is all of an answer but the date, and how long to wait for keys.
func show(a answer) string {
	header := a.header.Clone()
	header.Del("Date")
	if header.Get("Retry-After") != "" {
		header.Set("Retry-After", "some seconds")
	}
	return fmt.Sprint(a.status, "\n", header, "\n", a.body) // fmt sorts the fields
}

// bodiesOfAStatus: over all protocols, and for all kinds of a status, there is
// one body.
func bodiesOfAStatus(t *testing.T) {
	bodies := make(map[int]string)
	for _, k := range kinds() {
		g := gateOf(t, k.site)
		by := k.by
		if by == nil {
			by = every
		}
		for _, p := range by {
			each := k.faults()[0]
			a := g.refuses(t, p, each.bear, k.status, each.reason)
			if body, known := bodies[k.status]; known && body != a.body {
				t.Errorf("%s over %s: %s, want %s", k.name, p, a.body, body)
			}
			bodies[k.status] = a.body
		}
	}
	if len(bodies) < 4 {
		t.Errorf("bodies of %d statuses were compared, want four at least", len(bodies))
	}
	for status, body := range bodies {
		if want := fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d}`+"\n", http.StatusText(status), status); body != want {
			t.Errorf("status %d has the body %s, want %s", status, body, want)
		}
	}
}

// sameConnections: a second request on the connection is answered after each
// fault, or after none.
func sameConnections(t *testing.T) {
	for _, k := range kinds() {
		g := gateOf(t, k.site)
		for _, f := range forms[:5] {
			if k.status == http.StatusForbidden && k.site == plain && f.name != "get" {
				continue
			}
			var first bool
			for n, each := range k.faults() {
				if each.reason == "too_large" {
					continue // two of them are more than the server reads ahead
				}
				again := g.answersAgain(t, f.with(each.bear))
				if n == 0 {
					first = again
				} else if again != first {
					t.Errorf("%s, %s: after %s a second request is answered: %v, after another: %v", k.name, f.name, each.reason, again, first)
				}
			}
		}
	}
}

// answersAgain sends a request twice on one connection.
func (g *gate) answersAgain(t *testing.T, r request) bool {
	t.Helper()
	connection, err := g.dial(h1)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	in := bufio.NewReader(connection)
	if _, err := io.WriteString(connection, r.h1(g.address(h1))); err != nil {
		t.Fatal(err)
	}
	if a, err := readH1(in, r.methodOr()); err != nil || a.status == 0 {
		t.Fatalf("the first request is not answered: %v", err)
	}
	if _, err := io.WriteString(connection, r.h1(g.address(h1))); err != nil {
		return false
	}
	a, err := readH1(in, r.methodOr())
	return err == nil && a.status != 0
}

// errorRoutesAlike: where error routes write the body, faults look the same, too.
func errorRoutesAlike(t *testing.T) {
	for _, k := range kinds() {
		if k.site == plain && k.status != http.StatusForbidden {
			k.by = []protocol{h1, h2}
			k.site += "\n\thandle_errors {\n\t\trespond \"{err.status_code} {err.status_text}\"\n\t}"
			k.alike(t, forms[0])
			k.alike(t, forms[3])
		}
	}
}

// explainedErrorsDiffer is the control of them all: once the operator has the
// reason sent, the same comparison sees as many answers as there are reasons.
func explainedErrorsDiffer(t *testing.T) {
	g := gateOf(t, strings.Replace(plain, "audience", "explain_errors\n\t\taudience", 1))
	for _, p := range []protocol{h1, h2} {
		answers, reasons := make(map[string]bool), make(map[string]bool)
		for _, each := range invalidTokens() {
			a := g.refuses(t, p, each.bear, http.StatusUnauthorized, each.reason)
			answers[show(a)], reasons[each.reason] = true, true
			if !strings.Contains(a.header.Get("WWW-Authenticate"), each.reason) {
				t.Errorf("%s: %s is not explained: %v", p, each.reason, a.header)
			}
		}
		// All that a token can be refused for but the organization.
		if len(answers) != len(reasons) || len(reasons) != 12 {
			t.Errorf("%s: %d answers to %d reasons, want 12", p, len(answers), len(reasons))
		}
	}
}
