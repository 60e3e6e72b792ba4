package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const firstRow = `#decisions tr.entry`

// The page shows what happened, and goes on showing what happens.
func TestPageShowsWhatHappens(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := open(t, w.at("/console/"))
	p.await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
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
		if got := p.text(selector); !strings.Contains(got, want) {
			t.Errorf("%s has no %q: %s", selector, want, got)
		}
	}
	if state := p.text("#issuer-list tbody tr td"); state != "unavailable" {
		t.Errorf("the first issuer is %s", state)
	}
	w.send("orders.example", "GET", "/new-one", "", 401)
	p.await("a refusal shows by itself", `document.querySelector("`+firstRow+`").textContent.includes("/new-one")`)
	p.await("its announcement", `document.querySelector("#announcer").textContent === "1 new refusal"`)
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		p.shoot("page-" + scheme)
	}
	p.calm()
}

// A click on a refusal shows the walk: of one by the policy, the rules with what
// they read, made anew; of an earlier one, the checks up to the one that failed.
func TestWalkOfARefusal(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/orders", w.token(ordersRole, map[string]any{"kid": "old-key"}, nil), 401)
	w.send("orders.example", "POST", "/orders", w.token(reportsRole, nil, nil), 403)
	p := open(t, w.at("/console/"))
	p.await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 2`)

	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(firstRow+" td:nth-child(5)"))))
	p.await("the walk shows", `document.querySelector("tr.detail .checks")`)
	walk := p.text("tr.detail")
	for _, want := range []string{
		"policy_denied", "Signature verified", `aws_token.principal_tags.team == "orders"`, `"reports"`, "orders-team", "breakglass", "shadow",
	} {
		if !strings.Contains(walk, want) {
			t.Errorf("the walk of the policy has no %s: %s", want, walk)
		}
	}
	count := func(state string) int {
		return eval[int](p, fmt.Sprintf(`document.querySelectorAll('tr.detail li[data-state="%s"]').length`, state))
	}
	if passed, failed := count("passed"), count("failed"); passed < 13 || failed < 2 {
		t.Errorf("%d checks passed and %d failed", passed, failed)
	}
	p.shoot("walk-policy")
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(firstRow+" .toggle"))))
	p.await("it closes", `!document.querySelector("tr.detail")`)

	p.do(`document.querySelectorAll("` + firstRow + `")[1].querySelector(".toggle").click()`)
	p.await("the walk shows", `document.querySelector("tr.detail .checks")`)
	if passed, failed, after := count("passed"), count("failed"), count("not_asked"); passed != 6 || failed != 1 || after != 6 {
		t.Errorf("of an unknown key: %d passed, %d failed, %d not reached", passed, failed, after)
	}
	if name := p.text("tr.detail li.decisive .check-name"); name != "key" {
		t.Errorf("the check that decided is %s", name)
	}
	p.shoot("walk-token")

	// While somebody reads, new ones wait.
	w.send("orders.example", "GET", "/new-one", "", 401)
	p.await("the new one waits", `!document.querySelector("#refusals-new").hidden`)
	if top := p.text(firstRow); strings.Contains(top, "/new-one") {
		t.Error("it pushed away what is read")
	}
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS("#refusals-new"))))
	p.await("it shows when it is asked for", `document.querySelector("`+firstRow+`").textContent.includes("/new-one")`)
	p.calm()
}

func TestClockWarning(t *testing.T) {
	w := newWorld(t)
	p := open(t, w.at("/console/"))
	p.await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	if notices := p.text("#notices"); notices != "" {
		t.Errorf("with a good clock there is the notice %q", notices)
	}
	// No clock is set here; what the gateway would say of one is put into its answer.
	p.do(`const real = window.fetch;
		window.fetch = async (...args) => {
			const answer = await real(...args);
			if (!String(args[0]).includes("api/summary")) return answer;
			return new Response(JSON.stringify({ ...await answer.json(), clock: { suspected: true, offset_seconds: -42 } }));
		}`)
	p.await("the warning shows", `document.querySelector("#notices .warn")?.textContent.includes("this gateway's clock is 42 s slow")`)
	p.calm()
}

// A flood brings more refusals than a page holds. The list has no hole, and older
// ones follow.
func TestMoreThanAPage(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/first", "", 401)
	p := open(t, w.at("/console/"))
	p.await("the first shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.do(`document.querySelector("#pause").click()`)
	for n := range 70 {
		w.send("orders.example", "GET", fmt.Sprintf("/flood/%d/", n), "", 401)
	}
	p.do(`document.querySelector("#pause").click()`)
	p.await("the newest show, and no other", `document.querySelectorAll("`+firstRow+`").length === 50 && !document.querySelector("#decisions").textContent.includes("/first")`)
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS("#refusals-older"))))
	p.await("the older follow", `document.querySelectorAll("`+firstRow+`").length === 71`)
	if order := eval[bool](p, `(() => { const ids = [...document.querySelectorAll("`+firstRow+`")].map((e) => +e.dataset.id); return ids.every((id, i) => i === 0 || id === ids[i - 1] - 1); })()`); !order {
		t.Error("the list has a hole")
	}
	p.calm()
}

func TestFiltersAndPages(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := open(t, w.at("/console/"))
	p.await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
	p.do(`const s = document.querySelector("#refusals-filter select[name=result]"); s.value = "audited"; s.dispatchEvent(new Event("input", {bubbles: true}))`)
	p.await("the audited one alone shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.do(`const s = document.querySelector("#refusals-filter input"); s.value = "123"; s.dispatchEvent(new Event("input", {bubbles: true}))`)
	p.await("nothing matches", `!document.querySelector("#decisions-none").hidden`)

	rows := `document.querySelectorAll("#issuer-list tbody tr").length`
	p.await("a page of issuers", rows+" === 12")
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(`#issuers-pager [data-to="next"]`))))
	p.await("the second page", `document.querySelector("#issuers-pager span").textContent === "13 to 24 of 62"`)
	for range 4 {
		before := p.text("#issuers-pager span")
		must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(`#issuers-pager [data-to="next"]`))))
		p.await("the next page", `document.querySelector("#issuers-pager span").textContent !== "`+before+`"`)
	}
	p.await("the last page", rows+" === 2 && document.querySelector(`#issuers-pager [data-to=next]`).disabled")
	p.do(`const s = document.querySelector("#issuers-filter input"); s.value = "222222222207"; s.dispatchEvent(new Event("input", {bubbles: true}))`)
	p.await("the one with the account", rows+" === 1")
	p.calm()
}

func TestSaysWhenTheConnectionIsLost(t *testing.T) {
	w := newWorld(t)
	p := open(t, w.at("/console/"))
	p.await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.do(`document.querySelector("#pause").click()`)
	p.await("it pauses", `document.querySelector("#connection").dataset.state === "paused"`)
	p.mu.Lock()
	before := len(p.asked)
	p.mu.Unlock()
	p.do(`document.querySelector("#pause").click()`)
	p.await("it goes on", `document.querySelector("#connection").dataset.state === "live"`)
	eventually(t, "the page asks again", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.asked) > before
	})
	hide := func(hidden string) {
		p.do(`Object.defineProperty(document, "hidden", {value: ` + hidden + `, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`)
	}
	hide("true")
	p.await("it rests while nobody looks", `document.querySelector("#connection").dataset.state === "paused"`)
	w.send("orders.example", "GET", "/unseen", "", 401)
	hide("false")
	p.await("it shows what happened meanwhile", `document.querySelector("#decisions").textContent.includes("/unseen")`)
	must(t, w.gateway.Stop())
	p.await("it says that the connection is lost", `document.querySelector("#connection").textContent.startsWith("Connection lost: no answer, data of")`)
	p.scheme("dark")
	p.shoot("lost")
}
