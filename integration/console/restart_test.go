package console

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// restart stops the gateway and starts it again.
func (w *world) restart() {
	w.t.Helper()
	must(w.t, w.gateway.Stop())
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
	p := open(t, w.at("/console/"))
	p.await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 3`)
	w.restart()
	w.send("orders.example", "POST", "/after", w.token(reportsRole, nil, nil), 403)
	p.await("the new one shows", `document.querySelector("#decisions tr.entry").textContent.includes("/after")`)
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS("#decisions tr.entry:last-child .toggle"))))
	p.await("it answers", `document.querySelector("tr.detail .none, tr.detail .checks") && !document.querySelector("tr.detail").textContent.includes("Walking through")`)
	if walk := p.text("tr.detail"); !strings.Contains(walk, "no longer keeps this decision") {
		t.Errorf("the row of the process before opens %s", walk)
	}
}
