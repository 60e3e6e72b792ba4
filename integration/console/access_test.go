package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// With a matcher instead of handle_path, the page works as well; without the last
// slash, too; and from elsewhere there is nothing at any path.
func TestOtherPlaces(t *testing.T) {
	w := newWorld(t)
	p := browser.Open(t, w.at("/matched/"))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.Calm()
	must(t, chromedp.Do(p, chromedp.Navigate(w.at("/matched/sub"))))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live" && location.pathname === "/matched/sub/"`)

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

// Who is let in by a password, by a token, or by their address behind a proxy that
// is trusted, sees the page; each beside somebody who does not.
func TestWhoSeesIt(t *testing.T) {
	w := newWorld(t)
	for name, row := range map[string]struct {
		address string
		change  func(*http.Request)
		want    int
	}{
		"a password":          {w.at("/named/"), func(r *http.Request) { r.SetBasicAuth("alice", "open-sesame") }, 200},
		"a wrong one":         {w.at("/named/"), func(r *http.Request) { r.SetBasicAuth("alice", "open") }, 401},
		"none":                {w.at("/named/api/summary"), func(*http.Request) {}, 401},
		"a token":             {"http://inner.example/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.token(ordersRole, nil, nil)) }, 200},
		"another role's":      {"http://inner.example/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.token(reportsRole, nil, nil)) }, 403},
		"no token":            {"http://inner.example/api/summary", func(*http.Request) {}, 401},
		"behind the proxy":    {w.at("/elsewhere/api/summary"), func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, 200},
		"another behind it":   {w.at("/elsewhere/api/summary"), func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.3.7") }, 403},
		"the proxy itself":    {w.at("/elsewhere/api/summary"), func(*http.Request) {}, 403},
		"from this machine":   {w.at("/console/api/summary"), func(*http.Request) {}, 200},
		"from somewhere else": {w.at("/console/api/summary"), func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, row.address, nil)
		must(t, err)
		row.change(r)
		answer, err := w.client.Do(r)
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != row.want {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, row.want)
		}
	}
}

// By a name and without TLS, a browser sends no Fetch Metadata. The page works all
// the same; by a name that somebody else has lead here, there is none.
func TestByName(t *testing.T) {
	w := newWorld(t)
	port := w.address[strings.LastIndexByte(w.address, ':'):]
	p := browser.Open(t, "http://console.internal"+port+"/")
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	p.Await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)
	fill(p, "text", `{"sub": "arn:aws:iam::111122223333:role/x"}`)
	if answer := answer(p); !strings.Contains(answer, "No signature") {
		t.Errorf("it answers %s", answer)
	}
	p.Calm()

	err := chromedp.Do(p, chromedp.Navigate("http://evil.internal"+port+"/"))
	if err == nil || !strings.Contains(err.Error(), "ERR_HTTP_RESPONSE_CODE_FAILURE") {
		t.Errorf("by another name: %v", err)
	}
}
