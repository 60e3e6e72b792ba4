package caddymodule

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
)

// Issuers that anybody can invent are not listed, but counted, each once; one of
// which a token was accepted is listed as any other.
func TestConsoleCountsCandidates(t *testing.T) {
	a := newAdministered(t)
	base := a.issuer[:len(a.issuer)-36]
	organization := object{"issuers": nil, "organization": object{"ids": []string{"o-devsts0001"}, "issuer_template": base + "<uuid>"}}
	a.load(object{"a": a.guarded("site", nil, organization), "b": func() object {
		b := a.guarded("other", nil, organization)
		b["listen"] = a.ports[1:]
		return b
	}()})
	source := consoleSource{time.Now}
	ask := func(q console.IssuerQuery, listed, candidates int) {
		t.Helper()
		q.Limit = 10
		page := source.Issuers(q)
		if len(page.Issuers) != listed || page.Total != listed || page.Candidates != candidates {
			t.Errorf("%+v: %d listed of %d, %d candidates; want %d and %d", q, len(page.Issuers), page.Total, page.Candidates, listed, candidates)
		}
	}
	ask(console.IssuerQuery{}, 0, 0)
	const first, second = "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"
	sendInvented(t, a.ports[0], base+first)
	sendInvented(t, a.ports[0], base+second)
	ask(console.IssuerQuery{}, 0, 2)
	if got := <-a.send(); got[:3] != "200" {
		t.Fatal(got)
	}
	ask(console.IssuerQuery{}, 1, 2)
	ask(console.IssuerQuery{State: "fresh"}, 1, 0)
	ask(console.IssuerQuery{State: "unavailable"}, 0, 2)
	ask(console.IssuerQuery{Text: second}, 0, 1)

	var page console.IssuerPage
	if status, text := a.call("GET", "/aws_jwt/issuers", "", &page); status != http.StatusOK || page.Total != 3 || page.Candidates != 0 {
		t.Errorf("the admin API lists %d: %s", page.Total, text)
	}
}
