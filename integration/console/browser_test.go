package console

import (
	"context"
	"net/url"
	"os"
	"os/exec"
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
)

var closing []func()

func closeBrowser() {
	for _, each := range slices.Backward(closing) {
		each()
	}
}

// browser is one Chromium for all tests. It runs with an empty profile, and asks
// nobody for anything by itself. Where it is missing, the tests fail and do not
// skip: a run without it would say nothing about the page.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "caddy-awsjwt-chromium-")
	if err != nil {
		return nil, err
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP console.internal 127.0.0.1, MAP evil.internal 127.0.0.1"))
	ctx, cancel := chromedp.NewContext(allocator)
	closing = append(closing, func() { _ = os.RemoveAll(profile) }, stop, cancel)
	return ctx, chromedp.Do(ctx)
})

// page is a tab, and what happened in it.
type page struct {
	context.Context
	t *testing.T

	mu       sync.Mutex
	problems []string // in its console
	asked    []string // addresses that it asked for
}

// open opens an address in a tab of its own.
func open(t *testing.T, address string) *page {
	t.Helper()
	chromium, err := browser()
	if err != nil {
		t.Fatalf("chromium is needed (Debian has it in the package of that name): run \"make deps\": %v", err)
	}
	ctx, cancel := chromedp.NewContext(chromium)
	t.Cleanup(cancel)
	p := &page{Context: ctx, t: t}
	must(t, chromedp.Listen(ctx, p.hear))
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1360, 900)))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	must(t, err)
	_, err = chromedp.Call(ctx, log.Enable, struct{}{})
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.Navigate(address)))
	return p
}

func (p *page) hear(event any) {
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

// heard are the problems so far.
func (p *page) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// calm fails the test when the page complained, or asked another server.
func (p *page) calm() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.problems) > 0 {
		p.t.Errorf("the page complains: %q", p.problems)
	}
	home, err := url.Parse(p.asked[0])
	must(p.t, err)
	for _, each := range p.asked {
		if target, err := url.Parse(each); err != nil || target.Host != home.Host || target.Scheme != home.Scheme {
			p.t.Errorf("the page asks %s", each)
		}
	}
}

// eval evaluates JavaScript in a page.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// do evaluates JavaScript for what it does.
func (p *page) do(expression string) {
	p.t.Helper()
	eval[bool](p, "(() => { "+expression+"; return true; })()")
}

// await waits until an expression is true.
func (p *page) await(what, expression string) {
	p.t.Helper()
	eventually(p.t, what, func() bool { return eval[bool](p, "Boolean("+expression+")") })
}

// text is that of the first element of a selector.
func (p *page) text(selector string) string {
	p.t.Helper()
	return eval[string](p, `document.querySelector(`+quote(selector)+`)?.textContent ?? "(missing)"`)
}

func quote(text string) string { return "`" + strings.ReplaceAll(text, "`", "\\`") + "`" }

// press presses a key as a person does.
func (p *page) press(keys string) {
	p.t.Helper()
	must(p.t, chromedp.Do(p, chromedp.KeyEvent(keys)))
}

// scheme has the page drawn as for people who prefer dark, or light.
func (p *page) scheme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	must(p.t, err)
}

// shoot writes a picture of the whole page to bench/out/console, for people.
func (p *page) shoot(name string) {
	p.t.Helper()
	picture, err := chromedp.Run(p, chromedp.FullScreenshot(100))
	must(p.t, err)
	root, err := stack.Root()
	must(p.t, err)
	directory := filepath.Join(root, "bench", "out", "console")
	must(p.t, os.MkdirAll(directory, 0o755))
	must(p.t, os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644))
}
