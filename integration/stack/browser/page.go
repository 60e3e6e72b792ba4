package browser

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Page is a tab, and what happened in it. It is the context of actions in it.
type Page struct {
	context.Context
	T *testing.T // that it is of

	// Close closes the tab before the test ends.
	Close func()

	mu       sync.Mutex
	problems []string // in its console
	asked    []string // addresses that it asked for
}

// Open opens an address in a tab of its own, which closes with the test. Where
// Chromium is missing, the test fails and does not skip: a run without it would say
// nothing about the page.
func Open(t *testing.T, address string) *Page {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		t.Fatalf("chromium is needed (Debian has it in the package of that name): run \"make deps\": %v", err)
	}
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	p := &Page{Context: ctx, T: t, Close: cancel}
	stacktest.Must(t, chromedp.Listen(ctx, p.hear))
	stacktest.Must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1360, 900)))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	stacktest.Must(t, err)
	_, err = chromedp.Call(ctx, log.Enable, struct{}{})
	stacktest.Must(t, err)
	stacktest.Must(t, chromedp.Do(ctx, chromedp.Navigate(address)))
	return p
}

func (p *Page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked = append(p.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.problems = append(p.problems, "console: "+string(e.Type))
	case *log.EventEntryAdded:
		p.problems = append(p.problems, "log: "+e.Entry.Text)
	}
}

// Heard are the problems so far.
func (p *Page) Heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// Asked is how many addresses it has asked for so far.
func (p *Page) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

// Calm fails the test when the page complained, or asked another server.
func (p *Page) Calm() {
	p.T.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.problems) > 0 {
		p.T.Errorf("the page complains: %q", p.problems)
	}
	home, err := url.Parse(p.asked[0])
	stacktest.Must(p.T, err)
	for _, each := range p.asked {
		if target, err := url.Parse(each); err != nil || target.Host != home.Host || target.Scheme != home.Scheme {
			p.T.Errorf("the page asks %s", each)
		}
	}
}

// Eval evaluates JavaScript in a page.
func Eval[T any](p *Page, expression string) T {
	p.T.Helper()
	value, err := chromedp.Run(p, chromedp.Evaluate[T](expression))
	if err != nil {
		p.T.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Do evaluates JavaScript for what it does.
func (p *Page) Do(expression string) {
	p.T.Helper()
	Eval[bool](p, "(() => { "+expression+"; return true; })()")
}

// Await waits until an expression is true.
func (p *Page) Await(what, expression string) {
	p.T.Helper()
	stacktest.Eventually(p.T, what, func() bool { return Eval[bool](p, "Boolean("+expression+")") })
}

// Text is that of the first element of a selector.
func (p *Page) Text(selector string) string {
	p.T.Helper()
	return Eval[string](p, `document.querySelector(`+quote(selector)+`)?.textContent ?? "(missing)"`)
}

// Click clicks the first element of a selector, as a person does.
func (p *Page) Click(selector string) {
	p.T.Helper()
	stacktest.Must(p.T, chromedp.Do(p, chromedp.Click(chromedp.CSS(selector))))
}

// Fill writes into the first field of a selector as a person's paste does, or
// chooses an option there.
func (p *Page) Fill(selector, text string) {
	p.T.Helper()
	value, err := json.Marshal(text)
	stacktest.Must(p.T, err)
	p.Do(`const field = document.querySelector(` + quote(selector) + `); field.value = ` + string(value) +
		`; for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {bubbles: true}))`)
}

func quote(text string) string { return "`" + strings.ReplaceAll(text, "`", "\\`") + "`" }

// Press presses a key as a person does.
func (p *Page) Press(keys string) {
	p.T.Helper()
	stacktest.Must(p.T, chromedp.Do(p, chromedp.KeyEvent(keys)))
}

// Scheme has the page drawn as for people who prefer dark, or light.
func (p *Page) Scheme(name string) {
	p.T.Helper()
	_, err := chromedp.Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	stacktest.Must(p.T, err)
}

// Shoot writes a picture of the whole page to bench/out/console, for people.
func (p *Page) Shoot(name string) {
	p.T.Helper()
	picture, err := chromedp.Run(p, chromedp.FullScreenshot(100))
	stacktest.Must(p.T, err)
	root, err := stack.Root()
	stacktest.Must(p.T, err)
	directory := filepath.Join(root, "bench", "out", "console")
	stacktest.Must(p.T, os.MkdirAll(directory, 0o755))
	stacktest.Must(p.T, os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644))
}
