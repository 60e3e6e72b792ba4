package console

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// hostile are texts that become markup or scripts where one forgets that they are
// texts. Each would set window.taken.
var hostile = []string{
	`<img src=x onerror="window.taken=1">`, `</script><script>window.taken=1</script>`, `"><svg onload=window.taken=1>`,
	`javascript:window.taken=1`, `'-alert(1)-'`, `${window.taken=1}`, `<iframe srcdoc="<script>parent.taken=1</script>">`,
}

// Nothing that a caller can write into what the page shows runs, or becomes an
// element.
func TestHostileTexts(t *testing.T) {
	w := newWorld(t)
	for _, text := range hostile {
		w.send("orders.example", "GET", "/"+url.PathEscape(text), "", 401)
		w.send("orders.example", "GET", "/orders", w.token(ordersRole, map[string]any{"kid": text}, nil), 401)
		w.send("orders.example", "GET", "/"+url.PathEscape(text), w.token(ordersRole, nil, func(top, aws map[string]any) {
			aws["principal_tags"] = map[string]any{"team": text, text: text}
			top["jti"] = text
		}), 403)
	}
	p := browser.Open(t, w.at("/console/"))
	p.Await("the refusals show", fmt.Sprintf(`document.querySelectorAll("%s").length === %d`, firstRow, 3*len(hostile)))
	elements := browser.Eval[int](p, `document.querySelectorAll("img, iframe, script:not([src]), svg:not(.chart):not(.bar)").length`)
	p.Do(`document.querySelectorAll("` + firstRow + ` .toggle").forEach((each) => each.click())`)
	p.Await("the walks show", fmt.Sprintf(`document.querySelectorAll("tr.detail .checks").length >= %d`, 3*len(hostile)))
	p.Await("the handlers are offered", `document.querySelector("#try-handler").options.length === 3`)
	for _, text := range hostile {
		fill(p, "text", text)
		answer(p)
		fill(p, "text", `{"sub": "arn:aws:iam::111122223333:role/x", "jti": `+fmt.Sprintf("%q", text)+`}`)
		fill(p, "host", text)
		answer(p)
		fill(p, "host", "orders.example")
		if shown := p.Text("#decisions"); !strings.Contains(shown, text) {
			t.Errorf("%s does not show as it is", text)
		}
	}
	if n := browser.Eval[int](p, `document.querySelectorAll("img, iframe, script:not([src]), svg:not(.chart):not(.bar), tr.detail a").length`); n != 0 || elements != 0 {
		t.Errorf("%d elements have come of texts", n+elements)
	}
	if browser.Eval[bool](p, `"taken" in window`) {
		t.Error("something ran")
	}
	for _, problem := range p.Heard() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the page complains: %s", problem)
		}
	}
}

// Even if markup got into the page, the browser would run none of it. The control
// is the same page without the header.
func TestPolicyBlocksWhatIsInjected(t *testing.T) {
	w := newWorld(t)
	for _, guarded := range []bool{true, false} {
		p := browser.Open(t, injecting(t, w, guarded)+"/console/")
		p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
		p.Await("the image was tried", `document.querySelector("#injected")?.complete`)
		ran := browser.Eval[[]string](p, `["inline", "handler", "markup"].filter((each) => window[each] === 1).concat((() => {
			try { document.body.insertAdjacentHTML("beforeend", "<b>x</b>"); return ["sink"]; } catch { return []; }
		})())`)
		if guarded && len(ran) > 0 || !guarded && len(ran) != 3 {
			t.Errorf("guarded: %v, and %v ran", guarded, ran)
		}
		if problems := p.Heard(); guarded && len(problems) == 0 {
			t.Error("the browser tells nothing of what it has blocked")
		}
	}
}

// injecting is a proxy before the gateway that puts scripts into the page.
func injecting(t *testing.T, w *world, guarded bool) string {
	t.Helper()
	target, err := url.Parse(w.at(""))
	must(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(answer *http.Response) error {
			if !guarded {
				answer.Header.Del("Content-Security-Policy")
			}
			if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
				return nil
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			const injected = `<script>window.inline = 1</script><img id="injected" src="assets/none.png" onerror="window.handler = 1"></body>`
			text = bytes.Replace(text, []byte("</body>"), []byte(injected), 1)
			answer.Body = io.NopCloser(bytes.NewReader(text))
			answer.ContentLength = int64(len(text))
			answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// A page of another origin can neither frame the console nor read or try anything.
func TestAnotherOriginsPage(t *testing.T) {
	w := newWorld(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, `<!DOCTYPE html><title>elsewhere</title><iframe src="`+w.at("/console/")+`"></iframe>`)
	}))
	t.Cleanup(elsewhere.Close)
	p := browser.Open(t, elsewhere.URL)
	for _, options := range []string{
		`{}`, `{mode: "no-cors"}`, `{method: "POST", mode: "no-cors", body: "{}"}`,
		`{method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}`,
	} {
		for _, path := range []string{"/console/api/summary", "/console/api/try"} {
			p.Do(`window.got = ""; fetch("` + w.at(path) + `", ` + options + `).then((r) => r.text()).then((t) => window.got = "read:" + t, () => window.got = "failed")`)
			p.Await("it came to an end", `window.got !== ""`)
			if got := browser.Eval[string](p, `window.got`); got != "failed" && got != "read:" {
				t.Errorf("%s %s: %s", path, options, got)
			}
		}
	}
	if n := browser.Eval[int](p, `window.frames.length`); n != 1 {
		t.Fatalf("%d frames", n)
	}
	blocked := false
	for _, problem := range p.Heard() {
		blocked = blocked || strings.Contains(problem, "frame-ancestors") || strings.Contains(problem, "X-Frame-Options") || strings.Contains(problem, "Refused to frame") || strings.Contains(problem, "Framing")
	}
	if !blocked {
		t.Errorf("nobody has blocked the frame: %q", p.Heard())
	}
}
