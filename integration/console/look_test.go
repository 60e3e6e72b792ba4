package console

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

func TestColoursAndWidths(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
	p.Do(`document.querySelector("` + firstRow + ` .toggle").click()`)
	p.Await("the walk shows", `document.querySelector("tr.detail .checks")`)
	colours := make(map[string]string)
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		colours[scheme] = browser.Eval[string](p, `getComputedStyle(document.body).backgroundColor`)
		for _, bad := range p.Pale(60) {
			t.Errorf("%s: %s", scheme, bad)
		}
		for _, width := range []int64{1360, 900, 360} {
			must(t, chromedp.Do(p, chromedp.EmulateViewport(width, 800)))
			if over := browser.Eval[int](p, `document.documentElement.scrollWidth - window.innerWidth`); over > 0 {
				t.Errorf("%s, %d wide: the page is %d too wide", scheme, width, over)
			}
			if width != 1360 {
				p.Shoot(scheme + "-" + map[int64]string{900: "middle", 360: "narrow"}[width])
			}
		}
		must(t, chromedp.Do(p, chromedp.EmulateViewport(1360, 900)))
		p.Shoot(scheme)
	}
	if colours["light"] != "rgb(244, 246, 247)" || colours["dark"] != "rgb(16, 22, 26)" {
		t.Errorf("the backgrounds are %v", colours)
	}
	// The control: a text that is too pale is found.
	p.Do(`document.querySelector("h2").style.color = "#30383d"`)
	if bad := p.Pale(60); len(bad) != 1 {
		t.Errorf("one text is too pale, found are %q", bad)
	}
	p.Calm()
}

// What a person with a screen reader finds their way by.
func TestNamesAndLandmarks(t *testing.T) {
	w := newWorld(t)
	w.traffic()
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", `document.querySelectorAll("`+firstRow+`").length === 8`)
	for what, expression := range map[string]string{
		"tables without a caption":   `document.querySelectorAll("table:not(:has(caption))").length`,
		"cells without a scope":      `document.querySelectorAll("th:not([scope])").length`,
		"fields without a label":     `[...document.querySelectorAll("input, select, textarea")].filter((e) => e.labels.length === 0).length`,
		"sections without a name":    `[...document.querySelectorAll("section")].filter((e) => !document.getElementById(e.getAttribute("aria-labelledby"))).length`,
		"IDs that come twice":        `(() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id); return ids.length - new Set(ids).size; })()`,
		"descriptions that are none": `[...document.querySelectorAll("[aria-describedby]")].flatMap((e) => e.getAttribute("aria-describedby").split(" ")).filter((id) => !document.getElementById(id)).length`,
		"buttons without a text":     `[...document.querySelectorAll("button")].filter((e) => e.textContent.trim() === "" && !e.hidden).length`,
	} {
		if n := browser.Eval[int](p, expression); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := browser.Eval[int](p, `["main", "header", "footer", "nav[aria-label]", "[aria-live=polite]", "h1"].filter((s) => document.querySelectorAll(s).length < 1).length`); n != 0 {
		t.Errorf("%d landmarks are missing", n)
	}
	if label := browser.Eval[string](p, `document.querySelector("#chart svg").getAttribute("aria-label")`); label == "" {
		t.Error("the chart has no text")
	}
}
