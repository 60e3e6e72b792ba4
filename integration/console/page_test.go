package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const firstRow = `#decisions tr.entry`

// The page shows what happened, and goes on showing what happens.
func TestPageShowsWhatHappens(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := browser.Open(t, w.at("/console/"))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
	for selector, want := range map[string]string{
		"#figures":    "Passed22", // 20, and the two of reports.example
		"#reasons":    "policy_denied",
		"#rule-list":  "orders-team",
		"#issuers":    deadIssuer,
		"#minutes":    "20",
		"#notices":    "Keys unavailable",
		"#chart":      "Refused",
		"#try-answer": "The walk",
	} {
		if got := p.Text(selector); !strings.Contains(got, want) {
			t.Errorf("%s has no %q: %s", selector, want, got)
		}
	}
	if state := p.Text("#issuer-list tbody tr td"); state != "unavailable" {
		t.Errorf("the first issuer is %s", state)
	}
	w.send("orders.example", "GET", "/new-one", "", 401)
	p.Await("a refusal shows by itself", `document.querySelector("`+firstRow+`").textContent.includes("/new-one")`)
	p.Await("its announcement", `document.querySelector("#announcer").textContent === "1 new refusal"`)
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		p.Shoot("page-" + scheme)
	}
	p.Calm()
}

// A click on a refusal shows the walk: of one by the policy, the rules with what
// they read, made anew; of an earlier one, the checks up to the one that failed.
func TestWalkOfARefusal(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/orders", w.token(ordersRole, map[string]any{"kid": "old-key"}, nil), 401)
	w.send("orders.example", "POST", "/orders", w.token(reportsRole, nil, nil), 403)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 2`)

	p.Click(firstRow + " td:nth-child(5)")
	p.Await("the walk shows", `document.querySelector("tr.detail .checks")`)
	walk := p.Text("tr.detail")
	for _, want := range []string{
		"policy_denied", "Signature verified", `aws_token.principal_tags.team == "orders"`, `"reports"`, "orders-team", "breakglass", "shadow",
	} {
		if !strings.Contains(walk, want) {
			t.Errorf("the walk of the policy has no %s: %s", want, walk)
		}
	}
	count := func(state string) int {
		return browser.Eval[int](p, fmt.Sprintf(`document.querySelectorAll('tr.detail li[data-state="%s"]').length`, state))
	}
	if passed, failed := count("passed"), count("failed"); passed < 13 || failed < 2 {
		t.Errorf("%d checks passed and %d failed", passed, failed)
	}
	p.Shoot("walk-policy")
	p.Click(firstRow + " .toggle")
	p.Await("it closes", `!document.querySelector("tr.detail")`)

	p.Do(`document.querySelectorAll("` + firstRow + `")[1].querySelector(".toggle").click()`)
	p.Await("the walk shows", `document.querySelector("tr.detail .checks")`)
	if passed, failed, after := count("passed"), count("failed"), count("not_asked"); passed != 6 || failed != 1 || after != 6 {
		t.Errorf("of an unknown key: %d passed, %d failed, %d not reached", passed, failed, after)
	}
	if name := p.Text("tr.detail li.decisive .check-name"); name != "key" {
		t.Errorf("the check that decided is %s", name)
	}
	p.Shoot("walk-token")

	// While somebody reads, new ones wait.
	w.send("orders.example", "GET", "/new-one", "", 401)
	p.Await("the new one waits", `!document.querySelector("#refusals-new").hidden`)
	if top := p.Text(firstRow); strings.Contains(top, "/new-one") {
		t.Error("it pushed away what is read")
	}
	p.Click("#refusals-new")
	p.Await("it shows when it is asked for", `document.querySelector("`+firstRow+`").textContent.includes("/new-one")`)
	p.Calm()
}

func TestClockWarning(t *testing.T) {
	w := newWorld(t)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	if notices := p.Text("#notices"); notices != "" {
		t.Errorf("with a good clock there is the notice %q", notices)
	}
	// No clock is set here; what the gateway would say of one is put into its answer.
	p.Do(`const real = window.fetch;
		window.fetch = async (...args) => {
			const answer = await real(...args);
			if (!String(args[0]).includes("api/summary")) return answer;
			return new Response(JSON.stringify({ ...await answer.json(), clock: { suspected: true, offset_seconds: -42 } }));
		}`)
	p.Await("the warning shows", `document.querySelector("#notices .warn")?.textContent.includes("this gateway's clock is 42 s slow")`)
	p.Calm()
}

// A flood brings more refusals than a page holds. The list has no hole, and older
// ones follow.
func TestMoreThanAPage(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/first", "", 401)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the first shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.Do(`document.querySelector("#pause").click()`)
	for n := range 70 {
		w.send("orders.example", "GET", fmt.Sprintf("/flood/%d/", n), "", 401)
	}
	p.Do(`document.querySelector("#pause").click()`)
	p.Await("the newest show, and no other", `document.querySelectorAll("`+firstRow+`").length === 50 && !document.querySelector("#decisions").textContent.includes("/first")`)
	p.Click("#refusals-older")
	p.Await("the older follow", `document.querySelectorAll("`+firstRow+`").length === 71`)
	if order := browser.Eval[bool](p, `(() => { const ids = [...document.querySelectorAll("`+firstRow+`")].map((e) => +e.dataset.id); return ids.every((id, i) => i === 0 || id === ids[i - 1] - 1); })()`); !order {
		t.Error("the list has a hole")
	}
	p.Calm()
}

func TestFiltersAndPages(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
	p.Fill(`#refusals-filter select[name=result]`, "audited")
	p.Await("the audited one alone shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.Fill(`#refusals-filter input`, "123")
	p.Await("nothing matches", `!document.querySelector("#decisions-none").hidden`)

	rows := `document.querySelectorAll("#issuer-list tbody tr").length`
	p.Await("a page of issuers", rows+" === 12")
	p.Click(`#issuers-pager [data-to="next"]`)
	p.Await("the second page", `document.querySelector("#issuers-pager span").textContent === "13 to 24 of 62"`)
	for range 4 {
		before := p.Text("#issuers-pager span")
		p.Click(`#issuers-pager [data-to="next"]`)
		p.Await("the next page", `document.querySelector("#issuers-pager span").textContent !== "`+before+`"`)
	}
	p.Await("the last page", rows+" === 2 && document.querySelector(`#issuers-pager [data-to=next]`).disabled")
	p.Fill(`#issuers-filter input`, "222222222207")
	p.Await("the one with the account", rows+" === 1")
	p.Calm()
}

func TestSaysWhenTheConnectionIsLost(t *testing.T) {
	w := newWorld(t)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.Do(`document.querySelector("#pause").click()`)
	p.Await("it pauses", `document.querySelector("#connection").dataset.state === "paused"`)
	before := p.Asked()
	p.Do(`document.querySelector("#pause").click()`)
	p.Await("it goes on", `document.querySelector("#connection").dataset.state === "live"`)
	eventually(t, "the page asks again", func() bool { return p.Asked() > before })
	hide := func(hidden string) {
		p.Do(`Object.defineProperty(document, "hidden", {value: ` + hidden + `, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`)
	}
	hide("true")
	p.Await("it rests while nobody looks", `document.querySelector("#connection").dataset.state === "paused"`)
	w.send("orders.example", "GET", "/unseen", "", 401)
	hide("false")
	p.Await("it shows what happened meanwhile", `document.querySelector("#decisions").textContent.includes("/unseen")`)
	stacktest.StopGateway(t, w.gateway)
	p.Await("it says that the connection is lost", `document.querySelector("#connection").textContent.startsWith("Connection lost: no answer, data of")`)
	p.Scheme("dark")
	p.Shoot("lost")
}
