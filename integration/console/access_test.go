package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// With a matcher instead of handle_path, the page works as well; without the last
// slash, too; and from elsewhere there is nothing at any path.
func TestOtherPlaces(t *testing.T) {
	w := newWorld(t)
	p := open(t, w.at("/matched/"))
	p.await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.calm()
	must(t, chromedp.Do(p, chromedp.Navigate(w.at("/matched/sub"))))
	p.await("the page is live", `document.querySelector("#connection").dataset.state === "live" && location.pathname === "/matched/sub/"`)

	for _, path := range []string{"/elsewhere/", "/elsewhere/api/summary", "/elsewhere/assets/app.js", "/elsewhere/none", "/elsewhere/x/../api/try"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions} {
			r, err := http.NewRequestWithContext(t.Context(), method, w.at(path), strings.NewReader(""))
			must(t, err)
			answer, err := w.client.Do(r)
			must(t, err)
			answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden || answer.ContentLength > 0 || answer.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s %s: %d with %d bytes", method, path, answer.StatusCode, answer.ContentLength)
			}
		}
	}
}
