package site

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// file is the address of a page as a file.
func file(page string) string { return "file://" + filepath.ToSlash(filepath.Join(built, page)) }

// names are the pages of the site.
func names(t *testing.T) (list []string) {
	t.Helper()
	for name := range crawl(t, built) {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

const overflow = `document.documentElement.scrollWidth - innerWidth`

func TestPagesInChromium(t *testing.T) {
	p := browser.Open(t, file("index.html"))
	for _, name := range names(t) {
		must(t, chromedp.Do(p, chromedp.Navigate(file(name))))
		for _, scheme := range []string{"light", "dark"} {
			p.Scheme(scheme)
			for _, bad := range p.Pale(10) {
				t.Errorf("%s, %s: %s", name, scheme, bad)
			}
		}
		for _, width := range []int64{360, 1400} {
			must(t, chromedp.Do(p, chromedp.EmulateViewport(width, 900)))
			if over := browser.Eval[int](p, overflow); over > 0 {
				wide := browser.Eval[[]string](p, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth && !e.parentElement.closest(".scrolls, pre")).map((e) => e.outerHTML.slice(0, 90))`)
				t.Errorf("%s, %d wide: it is %d too wide: %q", name, width, over, wide)
			}
		}
		if lost := browser.Eval[[]string](p, `[...document.images].filter((i) => i.naturalWidth === 0).map((i) => i.src)`); len(lost) > 0 {
			t.Errorf("%s: the images %q do not show", name, lost)
		}
	}
	p.Calm()
	// The controls: too wide, too pale, and what the page's policy forbids.
	p.Do(`document.querySelector("h1").style.cssText = "width: 2000px; color: #555"; document.querySelector("main").style.overflow = "visible"`)
	if over := browser.Eval[int](p, overflow); over < 800 {
		t.Errorf("a heading of 2000 pixels is %d too wide", over)
	}
	if bad := p.Pale(10); len(bad) != 1 {
		t.Errorf("one text is too pale, found are %q", bad)
	}
	p.Do(`const s = document.createElement("script"); s.src = "https://elsewhere.example/x.js"; document.head.append(s)`)
	p.Await("the policy refuses it", `true`)
	if heard := p.Heard(); len(heard) != 1 || !strings.Contains(heard[0], "Content Security Policy") {
		t.Errorf("of a script from elsewhere is heard %q", heard)
	}
}

// first is what the search finds first: the page with the anchor, and the heading.
const first = `(() => { const a = document.querySelector("#results li a"); return [new URL(a.href).pathname.split("/").pop() + new URL(a.href).hash, a.querySelector("strong").textContent].join(" "); })()`

// slash presses / where it is a command and no character.
func slash(p *browser.Page) {
	p.T.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash"})
		must(p.T, err)
	}
}

// With the keyboard alone, from a file and from a server that has the site below
// some path.
func TestSearch(t *testing.T) {
	server := httptest.NewServer(http.StripPrefix("/some/path/", http.FileServer(http.Dir(built))))
	t.Cleanup(server.Close)
	for _, address := range []string{file("docs/decisions/cel.html"), server.URL + "/some/path/docs/decisions/cel.html"} {
		p := browser.Open(t, address)
		// Where there is a reference of the directives, that is right, too.
		for query, want := range map[string][]string{
			"wrong_audience":    {"errors.html#wrong_audience wrong_audience"},
			"max_stale":         {"operations.html#how-keys-live ", "caddyfile.html#aws_jwt-jwks "},
			"aws_jwt_authorize": {"forward-auth.html#", "caddyfile.html#aws_jwt_authorize "},
			"threat mod":        {"threat-model.html#threat-model Threat model"},
			"ARN_LIKE":          {"policies.html#"},
		} {
			slash(p)
			p.Press(query)
			p.Await("it is found: "+query, `document.querySelector("#query").value === "`+query+`" && document.querySelector("#results li mark")`)
			found := browser.Eval[string](p, first)
			if !slices.ContainsFunc(want, func(place string) bool { return strings.HasPrefix(found, place) }) {
				t.Errorf("%s: found first is %q, want one of %q", query, found, want)
			}
			p.Press(kb.Escape)
			if !browser.Eval[bool](p, `document.querySelector("#results").hidden && document.activeElement.id === "query"`) {
				t.Error("Escape does not close the results")
			}
			p.Do(`document.querySelector("#query").value = ""; document.activeElement.blur()`)
		}
		slash(p)
		p.Press("wrong_audience")
		p.Await("it is found", `document.querySelectorAll("#results li").length > 1`)
		p.Press(kb.ArrowDown)
		p.Press(kb.ArrowDown)
		p.Press(kb.ArrowUp)
		if !browser.Eval[bool](p, `document.activeElement === document.querySelector("#results li a")`) {
			t.Error("the arrows do not go to the first result")
		}
		p.Press(kb.Enter)
		p.Await("Enter goes there", `location.pathname.endsWith("/docs/errors.html") && location.hash === "#wrong_audience"`)
		p.Calm()
	}
}

// What is searched for, and what pages say, is text and nothing else.
func TestSearchShowsText(t *testing.T) {
	p := browser.Open(t, file("index.html"))
	for query, want := range map[string]string{
		`<img src=x onerror=alert(1)>`: "Nothing has all of these words.",
		`[zz-`:                         "Nothing has all of these words.",
		`<matcher>`:                    "section",
		`zzzz`:                         "Nothing has all of these words.",
		`audience zzzz`:                "Nothing has all of these words.",
		`audience`:                     "sections",
	} {
		p.Fill("#query", query)
		p.Await("of "+query+" is said "+want, `document.querySelector("#found").textContent.includes(`+"`"+want+"`"+`)`)
		if n := browser.Eval[int](p, `document.querySelectorAll("#results img, #results matcher").length`); n > 0 {
			t.Errorf("%s: %d elements that nobody made", query, n)
		}
	}
	p.Fill("#query", "<matcher>")
	p.Await("it is marked", `document.querySelector("#results mark").textContent === "<matcher>"`)
	p.Calm()
}

// What a person with a keyboard, a telephone or a screen reader finds their way by.
func TestLandmarksAndFocus(t *testing.T) {
	p := browser.Open(t, file("docs/errors.html"))
	for what, expression := range map[string]string{
		"landmarks that are not one":    `["header", "main", "footer", "nav#pages", "[role=search]"].filter((s) => document.querySelectorAll(s).length !== 1).length`,
		"navigations without a name":    `[...document.querySelectorAll("nav")].filter((n) => !n.getAttribute("aria-label") && !document.getElementById(n.getAttribute("aria-labelledby"))).length`,
		"fields without a label":        `[...document.querySelectorAll("input")].filter((e) => e.labels.length === 0).length`,
		"texts without a title first":   `Number(document.querySelector("main > :first-child").tagName !== "H1")`,
		"links without a name":          `[...document.links].filter((a) => !(a.textContent.trim() || a.getAttribute("aria-label"))).length`,
		"lines of the page not current": `document.querySelectorAll("nav [aria-current=page]").length - 1`,
	} {
		if n := browser.Eval[int](p, expression); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	p.Press(kb.Tab)
	if text := browser.Eval[string](p, `document.activeElement.textContent`); text != "To the text" {
		t.Errorf("Tab goes to %q first", text)
	}
	p.Press(kb.Enter)
	if !browser.Eval[bool](p, `document.activeElement.id === "content"`) {
		t.Error("the first link does not lead to the text")
	}
	must(t, chromedp.Do(p, chromedp.EmulateViewport(360, 800)))
	shows := `document.querySelector("#pages li a").checkVisibility()`
	if browser.Eval[bool](p, shows) {
		t.Error("the navigation is in the way on a telephone")
	}
	p.Click(".menu")
	p.Await("the navigation shows", shows)
	p.Click("#pages .close")
	p.Await("it is gone", "!"+shows)
	if !browser.Eval[bool](p, `[...document.querySelectorAll("pre")].some((e) => e.tabIndex === 0 && e.scrollWidth > e.clientWidth)`) {
		t.Error("code that is too wide cannot be scrolled by the keyboard")
	}
	p.Calm()
}
