package console

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// restart stops the gateway and starts it again.
func (w *world) restart() {
	w.t.Helper()
	stacktest.StopGateway(w.t, w.gateway)
	gateway, err := w.start()
	must(w.t, err)
	w.gateway = gateway
	w.client.CloseIdleConnections()
}

// A gateway that has started again shows its new decisions, and no row of the
// process before opens the walk of one of them.
func TestGatewayStartsAgain(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/before/1", "/before/2", "/before/3"} {
		w.send("orders.example", "GET", path, "", 401)
	}
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 3`)
	w.restart()
	w.send("orders.example", "POST", "/after", w.token(reportsRole, nil, nil), 403)
	p.Await("the new one shows", `document.querySelector("#decisions tr.entry").textContent.includes("/after")`)
	p.Click("#decisions tr.entry:last-child .toggle")
	p.Await("it answers", `document.querySelector("tr.detail .none, tr.detail .checks") && !document.querySelector("tr.detail").textContent.includes("Walking through")`)
	if walk := p.Text("tr.detail"); !strings.Contains(walk, "no longer keeps this decision") {
		t.Errorf("the row of the process before opens %s", walk)
	}
}
