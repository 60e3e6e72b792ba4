package console

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// fill writes into a field of the form as a person's paste does.
func fill(p *browser.Page, name, text string) { p.Fill(`#try-form [name="`+name+`"]`, text) }

// answer presses Try, and returns what the page answers.
func answer(p *browser.Page) string {
	p.Do(`document.querySelector("#try-answer").replaceChildren()`)
	p.Click(`#try-form [type=submit]`)
	p.Await("an answer", `document.querySelector("#try-answer").childElementCount > 0`)
	return p.Text("#try-answer")
}

func TestTryAPolicy(t *testing.T) {
	w := newWorld(t)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)
	p.Fill(`#try-handler`, "orders.example")
	if host := browser.Eval[string](p, `document.querySelector("#try-host").value`); host != "orders.example" {
		t.Errorf("the host is %s", host)
	}
	has := func(what, answer string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(answer, want) {
				t.Errorf("%s: the answer has no %q: %s", what, want, answer)
			}
		}
	}
	const claims = `{"sub": "arn:aws:iam::111122223333:role/x", "https://sts.amazonaws.com/": {"principal_tags": {"team": "TEAM"}}}`
	fill(p, "text", strings.ReplaceAll(claims, "TEAM", "orders"))
	has("claims", answer(p), "allowed", "No signature: claims alone", "Filled in: aws_account, iss, aud, iat, exp", "orders-team")
	fill(p, "text", strings.ReplaceAll(claims, "TEAM", "sales"))
	has("other claims", answer(p), "refused", "403", "policy_denied", `"sales"`)
	fill(p, "text", "Bearer "+w.token(ordersRole, nil, nil))
	has("a token", answer(p), "allowed", "Signature verified", "orders-team")
	good := w.token(ordersRole, nil, nil)
	fill(p, "text", good[:len(good)-8]+"AAAAAAAA")
	has("a forged token", answer(p), "bad_signature", "Signature unproven", "401")
	fill(p, "text", w.token(ordersRole, nil, nil))
	fill(p, "path", "/teapot/1")
	has("another path", answer(p), "refused", "no-teapots")
	fill(p, "path", "/orders")

	// Rules of one's own begin with those of the handler.
	p.Click(`#try-form [value=mine]`)
	p.Await("the box shows", `!document.querySelector("#try-policy-box").hidden`)
	has("the handler's rules", browser.Eval[string](p, `document.querySelector("#try-policy").value`), "deny no-teapots `request.path", "allow shadow reports `")
	has("as they are", answer(p), "allowed", "orders-team")
	fill(p, "policy", "deny mine `request.method == \"GET\"`\nallow `true`")
	has("mine", answer(p), "refused", "mine", "request.method")
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		p.Shoot("try-" + scheme)
	}

	// What cannot be read is said at its field.
	fill(p, "policy", "allow `aws_token.principal_tag.team == \"x\"`")
	fill(p, "path", "no slash")
	answer(p)
	has("the rule's fault", p.Text("#try-policy-fault"), "principal_tags")
	has("the path's fault", p.Text("#try-path-fault"), "slash")
	if focused := browser.Eval[string](p, `document.activeElement.id`); focused != "try-policy" {
		t.Errorf("the focus is on %s", focused)
	}
	fill(p, "text", "  ")
	answer(p)
	has("nothing pasted", p.Text("#try-text-fault"), "it is empty")

	// The token is nowhere: not in the log, not in an answer, and gone with a click.
	p.Click(`#try-clear`)
	if left := browser.Eval[string](p, `document.querySelector("#try-text").value`); left != "" {
		t.Error("the text stays")
	}
	tail := good[strings.LastIndexByte(good, '.')+1:]
	if log := strings.Join(w.gateway.Log(), "\n"); strings.Contains(log, tail[:30]) || strings.Contains(log, good[:60]) {
		t.Error("the log holds a part of a token")
	}
	if shown := browser.Eval[string](p, `document.documentElement.outerHTML`); strings.Contains(shown, tail[:30]) {
		t.Error("the page holds a part of a token")
	}
	// Attempts that cannot be read are answered 422, of which Chromium tells.
	for _, problem := range p.Heard() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the page complains: %s", problem)
		}
	}
}

// Everything can be done with the keyboard alone, and one sees where one is.
func TestKeyboardAlone(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/orders", "", 401)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusal shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.Await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)

	p.Press(kb.Tab)
	if first := p.Text(":focus"); first != "Skip to content" {
		t.Errorf("the first stop is %q", first)
	}
	for n := 0; browser.Eval[string](p, `document.activeElement.id`) != "pause"; n++ {
		if p.Press(kb.Tab); n > 10 {
			t.Fatal("the button that pauses cannot be reached")
		}
	}
	p.Do(`document.querySelector(".skip").focus()`)
	p.Press(kb.Enter)
	if focused := browser.Eval[string](p, `document.activeElement.id`); focused != "main" {
		t.Errorf("the link leads to %q", focused)
	}
	p.Do(`document.activeElement.blur()`)
	opened := false
	met := make(map[string]bool)
	for range 80 {
		p.Press(kb.Tab)
		met[browser.Eval[string](p, `(() => { const e = document.activeElement; return e.id || e.name || e.className || e.tagName; })()`)] = true
		if outline := browser.Eval[string](p, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + " " + s.outlineWidth; })()`); outline != "solid 2px" && browser.Eval[string](p, `document.activeElement.tagName`) != "BODY" {
			t.Errorf("where the focus is does not show on %s: %s", browser.Eval[string](p, `document.activeElement.outerHTML.slice(0, 120)`), outline)
		}
		if !opened && browser.Eval[bool](p, `document.activeElement.classList.contains("toggle")`) {
			p.Press(kb.Enter)
			p.Await("the walk shows", `document.querySelector("tr.detail .checks")`)
			if !browser.Eval[bool](p, `document.activeElement.getAttribute("aria-expanded") === "true"`) {
				t.Error("the focus is gone from what was opened")
			}
			opened = true
		}
		if met["try-clear"] {
			break
		}
	}
	for _, want := range []string{"toggle", "result", "reason", "account", "state", "text", "try-text", "try-method", "try-handler", "own", "try-clear"} {
		if !met[want] {
			t.Errorf("%s cannot be reached: %v", want, met)
		}
	}
	p.Do(`document.querySelector("#try-text").focus()`)
	p.Press(`{"sub": "arn:aws:iam::111122223333:role/x"}`)
	for !browser.Eval[bool](p, `document.activeElement.type === "submit"`) {
		p.Press(kb.Tab)
	}
	p.Press(kb.Enter)
	p.Await("the answer", `document.querySelector("#try-answer .verdict")`)
	if focused := browser.Eval[string](p, `document.activeElement.id`); focused != "try-answer" {
		t.Errorf("the focus is on %q", focused)
	}
	p.Calm()
}
