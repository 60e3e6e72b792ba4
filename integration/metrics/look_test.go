package metrics

import (
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// sight is something that the line "On the console" of docs/operations.md promises.
type sight struct {
	name  string              // as the line has it, in italics or as code
	shows string              // JavaScript that is true of a page that shows it
	first func(*browser.Page) // what the operator does before, if anything
	sound bool                // whether a healthy gateway's page shows it, too
}

// sights are, for each alert, what the console shows while its fault is there.
var sights = map[string][]sight{
	"AwsJwtGatewayDown": {
		{name: "Connection lost", shows: `text("#connection").startsWith("Connection lost: no answer, data of")`},
		{name: "Live", sound: true, shows: `text("#connection") === "Live"`}, // see TestPrometheusSeesAGatewayAtWork
	},
	"AwsJwtGatewayAbsent": {
		{name: "No aws_jwt runs", shows: `notice("bad", "No aws_jwt runs").includes("open to everybody")`},
		{name: "Rules", shows: `all("#rule-list tbody").length === 0 && text("#rules-none") === "No aws_jwt runs."`},
		{name: "Issuers", shows: `all("#issuer-list tbody tr").length === 0 && text("#issuers-none").startsWith("No issuer is listed")`},
		{name: "Traffic", sound: true, shows: `number(figure("Passed")) > 0 && number(figure("Refused")) > 0`},
	},
	"AwsJwtIssuerUnreachable": {
		{name: "Keys unavailable", shows: `notice("bad", "Keys unavailable").includes("of 1 issuer; callers with such tokens get 503")`},
		{name: "Issuers down", shows: `number(figure("Issuers down", "bad")) === 1`},
		{name: "Issuers", first: openIssuer, shows: `failed(all("#issuer-list tbody tr")[0], "unavailable") && /Last try\s*\d/.test(issuers("unavailable")[0].innerText)`},
		{name: "unavailable", first: chooseState("unavailable"), shows: `issuers("unavailable").length === 1`},
	},
	"AwsJwtKeySetsAgeing": {
		{name: "Keys not refreshed", shows: `notice("warn", "Keys not refreshed").includes("of 1 issuer: the last try failed")`},
		{name: "Oldest keys", shows: `number(figure("Oldest keys")) > 4`},
		{name: "Issuers stale", shows: `number(figure("Issuers stale", "warn")) >= 1`},
		{name: "Issuers", shows: `issuers("stale").some((row) => failed(row, "stale"))`},
		{name: "stale", first: chooseState("stale"), shows: `failed(all("#issuer-list tbody tr")[0], "stale")`},
	},
	"AwsJwtRefusalsRising": {
		{name: "Refusals by reason", shows: `text("#reasons tbody tr th") === "expired"`},
		{name: "Last refusals", shows: `entries("expired").some((row) => row.innerText.includes("reports-batch"))`},
		{name: "walk", first: openRow("expired", "reports-batch"), shows: `text("tr.detail li.decisive .check-name") === "expiry" && /the token ended 5\dm/.test(text("tr.detail"))`},
	},
	"AwsJwtPolicyErrors": {
		{name: "Last refusals", shows: `entries("policy_error").some((row) => !row.innerText.includes("audited"))`},
		{name: "audited", shows: `entries("policy_error").some((row) => row.innerText.includes("audited"))`},
		{name: "policy_error", first: openRow("policy_error", ""), shows: `text("tr.detail").includes("no such key: canary") && text("tr.detail .decisive .check-name") === "canary" && text("tr.detail .decisive .reads").includes("aws_token.request_tags")`},
		{name: "Try", sound: true, first: tryMended, shows: `text("#try-answer .verdict").includes("allowed")`},
	},
	"AwsJwtOverloaded": {
		{name: "Last refusals", shows: `entries("overloaded").length > 0`},
		{name: "overloaded", first: openRow("overloaded", ""), shows: `text("tr.detail").includes("wait")`},
		{name: "From", shows: `entries("overloaded").some((row) => row.querySelector("[data-label=From]")?.innerText === "127.0.0.1")`},
		{name: "Refusals by reason", shows: `reason("overloaded") > 0`},
		{name: "bad_signature", shows: `reason("bad_signature") > 0`},
		{name: "Cache hits", shows: `number(figure("Cache hits")) < 50 && figure("Cache hits").innerText.includes("just now")`},
	},
	"AwsJwtSigningKeysFailing": {
		{name: "Last refusals", shows: `entries("signing_unavailable").length > 0`},
		{name: "signing_unavailable", first: openRow("signing_unavailable", ""), shows: `text("tr.detail").includes("it is not the JSON of signing keys")`},
	},
	"AwsJwtClockSkewSuspected": {
		{name: "Last refusals", shows: `entries("not_yet_valid").length > 0`},
		{name: "not_yet_valid", first: openRow("not_yet_valid", ""), shows: `/lies (1m5\ds|2m0s) ahead/.test(text("tr.detail"))`},
		{name: "Clock off?", shows: `notice("warn", "Clock off?") !== ""`},
	},
	"AwsJwtClockOff": {
		{name: "Clock off?", shows: `/the clock of this machine seems to be (1m5\ds|2m0s) behind, by (\d of \d issuers|http\S+ alone)/.test(notice("warn", "Clock off?"))`},
	},
}

// promised are the names in a line "On the console": those in italics, and those
// spelt as code.
func promised(line string) (names []string) {
	for _, found := range regexp.MustCompile("\\*([^*]+)\\*|`([^`]+)`").FindAllStringSubmatch(line, -1) {
		names = append(names, found[1]+found[2])
	}
	return names
}

// Each alert has sights, and they are what its section of docs/operations.md
// promises: all that its line names is looked for, and no more.
func TestConsoleShowsWhatTheRunbookPromises(t *testing.T) {
	sections, alerts := runbook(t), make(map[string]bool)
	for _, alert := range readRules(t, "alerts.yml").all() {
		alerts[alert.Alert] = true
		_, line, _ := strings.Cut(sections[alert.Alert], "\n**On the console**")
		line, _, _ = strings.Cut(line, "\n")
		looked := make(map[string]bool)
		for _, each := range sights[alert.Alert] {
			looked[each.name] = true
			if !strings.Contains(line, each.name) {
				t.Errorf("%s: %q is looked for, and the line of docs/operations.md does not name it: %s", alert.Alert, each.name, line)
			}
		}
		names := promised(line)
		if len(names) == 0 {
			t.Errorf("%s: docs/operations.md promises nothing of the console: %q", alert.Alert, line)
		}
		for _, name := range names {
			if !looked[name] {
				t.Errorf("%s: docs/operations.md promises %q, which nobody looks for", alert.Alert, name)
			}
		}
	}
	for alert := range sights {
		if !alerts[alert] {
			t.Errorf("there is no alert %s", alert)
		}
	}
}

// helpers are what the sights are spelt with. All of them see what a person sees:
// text that shows.
const helpers = `
	const all = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
	const text = (selector) => all(selector)[0]?.innerText.trim() ?? "";
	const notice = (tone, title) => all("#notices .notice." + tone).find((each) => each.querySelector("strong").innerText === title)?.innerText ?? "";
	const figure = (name, tone = "") => all("#figures > div").find((each) => each.querySelector("dt").innerText === name && each.className.includes(tone));
	const number = (figure) => parseFloat(figure?.querySelector("dd").innerText.replaceAll(",", ""));
	const reason = (name) => Number(all("#reasons tbody tr").find((each) => each.querySelector("th")?.innerText === name)?.querySelector("td").innerText.replaceAll(",", "") ?? 0);
	const entries = (reason) => all("#decisions tr.entry").filter((each) => each.querySelector(".tag").innerText === reason);
	const issuers = (state) => all("#issuer-list tbody tr").filter((each) => each.querySelector(".tag").innerText === state);
	const failed = (row, state) => row?.querySelector(".tag").innerText === state && /\w/.test(row.querySelector(".fault")?.innerText ?? "");
`

// sees evaluates an expression with the helpers.
func sees(p *browser.Page, expression string) bool {
	return browser.Eval[bool](p, "(() => { "+helpers+" return Boolean("+expression+"); })()")
}

// openLive opens the console, and waits until all of it is filled in.
func openLive(t *testing.T, address string) *browser.Page {
	t.Helper()
	p := browser.Open(t, address)
	eventually(t, "the page is live", func() bool { return sees(p, `text("#connection") === "Live" && all("#figures > div").length > 0`) })
	return p
}

// openRow opens the first refusal for a reason that has a text, if there is one.
func openRow(reason, text string) func(*browser.Page) {
	return func(p *browser.Page) {
		p.Do(helpers + `entries("` + reason + `").find((row) => row.innerText.includes("` + text + `"))?.querySelector(".toggle").click()`)
		eventually(p.T, "the walk shows", func() bool { return sees(p, `all("tr.open").length === 0 || all("tr.detail .checks").length > 0`) })
	}
}

// openIssuer opens the first issuer of the list.
func openIssuer(p *browser.Page) {
	p.Do(`document.querySelector("#issuer-list summary").click()`)
}

// chooseState has the list show the issuers of a state alone.
func chooseState(state string) func(*browser.Page) {
	return func(p *browser.Page) {
		p.Fill(`#issuers-filter [name="state"]`, state)
		eventually(p.T, "the list is filtered", func() bool {
			return sees(p, `all("#issuer-list tbody tr").every((row) => issuers("`+state+`").includes(row)) && (all("#issuer-list tbody tr").length > 0 || text("#issuers-none").includes("matches the filter"))`)
		})
	}
}

// tryMended tries a caller without the tag: the rule as it is fails, and its mended
// form is then tried instead.
func tryMended(p *browser.Page) {
	for name, text := range map[string]string{
		"handler": "orders", "host": "orders",
		"text": `{"sub": "arn:aws:iam::` + orders + `:role/x", "https://sts.amazonaws.com/": {"principal_tags": {"team": "orders"}}}`,
	} {
		p.Fill(`#try-form [name="`+name+`"]`, text)
	}
	p.Click(`#try-form [type=submit]`)
	eventually(p.T, "the rule as it is fails", func() bool { return sees(p, `text("#try-answer .verdict").includes("policy_error")`) })
	p.Click(`#try-form [value=mine]`)
	p.Fill("#try-policy", "deny canary `aws_token.request_tags[?\"canary\"].orValue(\"\") == \"yes\"`\nallow team `aws_token.principal_tags.team == \"orders\"`")
	p.Click(`#try-form [type=submit]`)
}
