package console

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Every reason is offered, whether it was met or not, and those that were not met
// for an hour are found, too.
func TestReasonsToFilterBy(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/orders", "", 401)
	w.send("orders.example", "GET", "/orders", "x", 401)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 2`)
	const options = `[...document.querySelectorAll("#refusals-filter [name=reason] option")].map((each) => each.value)`
	p.Await("the reasons are offered", options+".length > 1")
	want := []string{""}
	for _, each := range remedy.All() {
		want = append(want, each.Reason)
	}
	if got := browser.Eval[[]string](p, options); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("offered are %q, want %q", got, want)
	}
	if groups := browser.Eval[string](p, `[...document.querySelectorAll("#refusals-filter optgroup")].map((each) => each.label).join()`); groups != "Credential,Token,Policy,Request,Gateway" {
		t.Errorf("the groups are %s", groups)
	}
	choose := func(reason string) {
		p.Do(`const s = document.querySelector("#refusals-filter [name=reason]"); s.value = "` + reason + `"; s.dispatchEvent(new Event("input", {bubbles: true}))`)
	}
	choose("expired")
	p.Await("nothing matches", `!document.querySelector("#decisions-none").hidden`)
	choose("malformed_token")
	p.Await("the one that does shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.Calm()
}

// organizationFile has PORT and ORIGIN to be replaced.
const organizationFile = `{
	admin off
	default_bind 127.0.0.1
}
http://orders.example:PORT {
	aws_jwt {
		organization o-devsts0001 {
			issuer_template ORIGIN/<uuid>
		}
		audience https://orders.example
	}
	respond ok
}
http://127.0.0.1:PORT {
	aws_jwt_console {
		remote_ip 127.0.0.1
	}
}
`

// The page says how many issuers it leaves out since anybody can invent them, and
// says nothing where there are none.
func TestCandidatesAreCounted(t *testing.T) {
	w := newWorld(t)
	stacktest.StopGateway(t, w.gateway)
	origin := "http://127.0.0.1:9"
	_, port, err := net.SplitHostPort(w.address)
	must(t, err)
	w.gateway, err = stack.StartGateway(binaries, t.TempDir(), w.address, strings.NewReplacer("PORT", port, "ORIGIN", origin).Replace(organizationFile))
	must(t, err)
	w.client.CloseIdleConnections()
	invent := func(n int) {
		t.Helper()
		w.send("orders.example", "GET", "/", w.token(ordersRole, nil, func(top, _ map[string]any) {
			top["iss"] = fmt.Sprintf("%s/00000000-0000-4000-8000-%012d", origin, n)
		}), 503)
	}
	p := browser.Open(t, w.at("/"))
	const note = `document.querySelector("#issuers-candidates")`
	p.Await("the issuers were asked for", `!document.querySelector("#issuers-none").hidden`)
	if !browser.Eval[bool](p, note+".hidden") {
		t.Errorf("nobody has invented one, and the page says %s", p.Text("#issuers-candidates"))
	}
	invent(1)
	p.Await("it tells of one", note+`.checkVisibility() && `+note+`.textContent.startsWith("1 issuer of an organization's form, of which no token was accepted yet, is not listed")`)
	invent(2)
	invent(3)
	p.Await("it tells of three", note+`.textContent.startsWith("3 issuers of an organization's form, of which no token was accepted yet, are not listed")`)
	if rows := browser.Eval[int](p, `document.querySelectorAll("#issuer-list tbody tr").length`); rows != 0 {
		t.Errorf("%d are listed", rows)
	}
	p.Calm()
}
