// Package browser drives a real Chromium, by its own protocol, for tests of what
// a page shows and does. It is for tests alone.
package browser

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"

	"github.com/chromedp/chromedp"
)

// closing are what ends the Chromium, in the order in which it began.
var closing []func()

// Close ends the Chromium, if a test has opened a page. It stands at the end of a
// TestMain.
func Close() {
	for _, each := range slices.Backward(closing) {
		each()
	}
}

// chromium is one for all tests of a process. It runs with an empty profile, and
// asks nobody for anything by itself. console.internal and evil.internal lead to
// this machine.
var chromium = sync.OnceValues(func() (context.Context, error) {
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
