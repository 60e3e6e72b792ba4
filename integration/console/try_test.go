package console

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// fill writes into a field of the form as a person's paste does.
func (p *page) fill(name, text string) {
	p.t.Helper()
	value, err := json.Marshal(text)
	must(p.t, err)
	p.do(`document.querySelector("#try-form").elements["` + name + `"].value = ` + string(value))
}

// answer presses Try, and returns what the page answers.
func (p *page) answer() string {
	p.t.Helper()
	p.do(`document.querySelector("#try-answer").replaceChildren()`)
	must(p.t, chromedp.Do(p, chromedp.Click(chromedp.CSS(`#try-form [type=submit]`))))
	p.await("an answer", `document.querySelector("#try-answer").childElementCount > 0`)
	return p.text("#try-answer")
}

func TestTryAPolicy(t *testing.T) {
	w := newWorld(t)
	p := open(t, w.at("/console/"))
	p.await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)
	p.do(`const s = document.querySelector("#try-handler"); s.value = "orders.example"; s.dispatchEvent(new Event("change", {bubbles: true}))`)
	if host := eval[string](p, `document.querySelector("#try-host").value`); host != "orders.example" {
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
	p.fill("text", strings.ReplaceAll(claims, "TEAM", "orders"))
	has("claims", p.answer(), "allowed", "No signature: claims alone", "Filled in: aws_account, iss, aud, iat, exp", "orders-team")
	p.fill("text", strings.ReplaceAll(claims, "TEAM", "sales"))
	has("other claims", p.answer(), "refused", "403", "policy_denied", `"sales"`)
	p.fill("text", "Bearer "+w.token(ordersRole, nil, nil))
	has("a token", p.answer(), "allowed", "Signature verified", "orders-team")
	good := w.token(ordersRole, nil, nil)
	p.fill("text", good[:len(good)-8]+"AAAAAAAA")
	has("a forged token", p.answer(), "bad_signature", "Signature unproven", "401")
	p.fill("text", w.token(ordersRole, nil, nil))
	p.fill("path", "/teapot/1")
	has("another path", p.answer(), "refused", "no-teapots")
	p.fill("path", "/orders")

	// Rules of one's own begin with those of the handler.
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(`#try-form [value=mine]`))))
	p.await("the box shows", `!document.querySelector("#try-policy-box").hidden`)
	has("the handler's rules", eval[string](p, `document.querySelector("#try-policy").value`), "deny no-teapots `request.path", "allow shadow reports `")
	has("as they are", p.answer(), "allowed", "orders-team")
	p.fill("policy", "deny mine `request.method == \"GET\"`\nallow `true`")
	has("mine", p.answer(), "refused", "mine", "request.method")
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		p.shoot("try-" + scheme)
	}

	// What cannot be read is said at its field.
	p.fill("policy", "allow `aws_token.principal_tag.team == \"x\"`")
	p.fill("path", "no slash")
	p.answer()
	has("the rule's fault", p.text("#try-policy-fault"), "principal_tags")
	has("the path's fault", p.text("#try-path-fault"), "slash")
	if focused := eval[string](p, `document.activeElement.id`); focused != "try-policy" {
		t.Errorf("the focus is on %s", focused)
	}
	p.fill("text", "  ")
	p.answer()
	has("nothing pasted", p.text("#try-text-fault"), "it is empty")

	// The token is nowhere: not in the log, not in an answer, and gone with a click.
	must(t, chromedp.Do(p, chromedp.Click(chromedp.CSS(`#try-clear`))))
	if left := eval[string](p, `document.querySelector("#try-text").value`); left != "" {
		t.Error("the text stays")
	}
	tail := good[strings.LastIndexByte(good, '.')+1:]
	if log := strings.Join(w.gateway.Log(), "\n"); strings.Contains(log, tail[:30]) || strings.Contains(log, good[:60]) {
		t.Error("the log holds a part of a token")
	}
	if shown := eval[string](p, `document.documentElement.outerHTML`); strings.Contains(shown, tail[:30]) {
		t.Error("the page holds a part of a token")
	}
	// Attempts that cannot be read are answered 422, of which Chromium tells.
	for _, problem := range p.heard() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the page complains: %s", problem)
		}
	}
}

// Everything can be done with the keyboard alone, and one sees where one is.
func TestKeyboardAlone(t *testing.T) {
	w := newWorld(t)
	w.send("orders.example", "GET", "/orders", "", 401)
	p := open(t, w.at("/console/"))
	p.await("the refusal shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)

	p.press(kb.Tab)
	if first := p.text(":focus"); first != "Skip to content" {
		t.Errorf("the first stop is %q", first)
	}
	for n := 0; eval[string](p, `document.activeElement.id`) != "pause"; n++ {
		if p.press(kb.Tab); n > 10 {
			t.Fatal("the button that pauses cannot be reached")
		}
	}
	p.do(`document.querySelector(".skip").focus()`)
	p.press(kb.Enter)
	if focused := eval[string](p, `document.activeElement.id`); focused != "main" {
		t.Errorf("the link leads to %q", focused)
	}
	p.do(`document.activeElement.blur()`)
	opened := false
	met := make(map[string]bool)
	for range 80 {
		p.press(kb.Tab)
		met[eval[string](p, `(() => { const e = document.activeElement; return e.id || e.name || e.className || e.tagName; })()`)] = true
		if outline := eval[string](p, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + " " + s.outlineWidth; })()`); outline != "solid 2px" && eval[string](p, `document.activeElement.tagName`) != "BODY" {
			t.Errorf("where the focus is does not show on %s: %s", eval[string](p, `document.activeElement.outerHTML.slice(0, 120)`), outline)
		}
		if !opened && eval[bool](p, `document.activeElement.classList.contains("toggle")`) {
			p.press(kb.Enter)
			p.await("the walk shows", `document.querySelector("tr.detail .checks")`)
			if !eval[bool](p, `document.activeElement.getAttribute("aria-expanded") === "true"`) {
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
	p.do(`document.querySelector("#try-text").focus()`)
	p.press(`{"sub": "arn:aws:iam::111122223333:role/x"}`)
	for !eval[bool](p, `document.activeElement.type === "submit"`) {
		p.press(kb.Tab)
	}
	p.press(kb.Enter)
	p.await("the answer", `document.querySelector("#try-answer .verdict")`)
	if focused := eval[string](p, `document.activeElement.id`); focused != "try-answer" {
		t.Errorf("the focus is on %q", focused)
	}
	p.calm()
}
