package console

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func ask(t *testing.T, source Source, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	New(source, clock).ServeHTTP(w, r)
	return w
}

func get(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, new(fakeSource), httptest.NewRequest(http.MethodGet, target, nil))
}

// The page does not know under which path it stands.
func TestPageUnderAnyPath(t *testing.T) {
	for path, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/console/": "text/html; charset=utf-8", "/a/b/": "text/html; charset=utf-8",
		"/assets/app.js": "text/javascript; charset=utf-8", "/console/assets/theme.css": "text/css; charset=utf-8",
		"/console/assets/icon.svg": "image/svg+xml",
		"/api/summary":             "application/json", "/console/api/summary": "application/json", "/api/api/summary": "application/json",
	} {
		if w := get(t, path); w.Code != http.StatusOK || w.Header().Get("Content-Type") != want {
			t.Errorf("%s: %d %s, want %s", path, w.Code, w.Header().Get("Content-Type"), want)
		}
	}
}

func TestPathsThatAreNone(t *testing.T) {
	for _, path := range []string{
		"/assets/", "/assets/index.html", "/assets/../api/summary", "/assets/app.jsx", "/api/", "/api/summary/",
		"/api/summary/x", "/console/../", "//", "//evil.example/", "/console%2f", "/x%5cy/", "/favicon.ico", "/index.html",
	} {
		if w := get(t, path); w.Code == http.StatusOK || w.Code == http.StatusTemporaryRedirect {
			if path == "/assets/" || path == "/api/" || path == "/api/summary/" {
				continue // a prefix like any other, with the page at it
			}
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// Whoever leaves out the last slash is led to it, and to nowhere else.
func TestLastSlash(t *testing.T) {
	for path, want := range map[string]string{"/console": "./console/", "/a/b": "./b/", "/javascript:alert(1)": "./javascript:alert%281%29/"} {
		w := get(t, path)
		if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, w.Code, w.Header().Get("Location"), want)
		}
	}
	if w := get(t, "//evil.example"); w.Code != http.StatusNotFound {
		t.Errorf("a path that begins with two slashes: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestMethods(t *testing.T) {
	for _, target := range []string{"/", "/assets/app.js", "/api/summary", "/api/decisions"} {
		for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405, "TRACE": 405, "BREW": 405} {
			w := ask(t, new(fakeSource), httptest.NewRequest(method, target, nil))
			if w.Code != want || want == 405 && w.Header().Get("Allow") != "GET" {
				t.Errorf("%s %s: %d, Allow %q, want %d", method, target, w.Code, w.Header().Get("Allow"), want)
			}
		}
	}
}

// Each answer, a refusal as well, tells browsers the same.
func TestHeaders(t *testing.T) {
	for _, target := range []string{"/", "/assets/app.js", "/api/summary", "/api/walk?id=4", "/no.such", "/console"} {
		header := get(t, target).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": policy,
		} {
			if header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", target, name, header.Get(name), want)
			}
		}
		if header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins may read it", target)
		}
	}
	for _, directive := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'",
		"base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
	} {
		if !strings.Contains(policy, directive) {
			t.Errorf("the policy lacks %s", directive)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is loose: %s", policy)
	}
}

var (
	inline    = regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|\son[a-z]+\s*=|\sstyle\s*=|javascript:`)
	elsewhere = regexp.MustCompile(`(?i)(?:src|href)\s*=\s*["']?(?:[a-z]+:|//)|(?-i:url\()|@import|https?://`)
	toMarkup  = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|setHTML`)
)

// What the page is made of loads nothing from elsewhere, needs no leave that the
// policy does not give, and has no way from a text to markup.
func TestAssetsKeepThePolicy(t *testing.T) {
	scripts := 0
	for name, file := range assets {
		text := strings.ReplaceAll(string(file.text), "http://www.w3.org/2000/svg", "") // a name, not an address
		if name == "" && inline.MatchString(text) {
			t.Errorf("the page has %q within", inline.FindString(text))
		}
		if found := elsewhere.FindString(text); found != "" {
			t.Errorf("%q leads elsewhere: %s", name, found)
		}
		if found := toMarkup.FindString(text); found != "" {
			t.Errorf("%q makes markup of text: %s", name, found)
		}
		if file.mimeType == "" {
			t.Errorf("%q has no type", name)
		}
		if strings.HasSuffix(name, ".js") {
			scripts++
		}
		if lines := strings.Count(text, "\n"); lines > 300 {
			t.Errorf("%q has %d lines", name, lines)
		}
	}
	if scripts < 5 || assets[""].text == nil {
		t.Errorf("there are %d scripts, and a page of %d bytes", scripts, len(assets[""].text))
	}
	// The control: the patterns find what they look for.
	for pattern, text := range map[*regexp.Regexp]string{inline: `<p onclick="x()">`, elsewhere: `<img src="//evil.example/x">`, toMarkup: "a.innerHTML = b"} {
		if !pattern.MatchString(text) {
			t.Errorf("%s is not found", text)
		}
	}
}
