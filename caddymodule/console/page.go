package console

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// policy lets the page load its own files, ask its own origin, and no more. Nobody
// may frame it, and no text can become a script (Trusted Types).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Page is the HTTP handler of the page and its data. It answers every request,
// and asks nobody for leave: the check of access stands before it.
type Page struct {
	source Source
	now    func() time.Time
	trying chan struct{} // bounds the attempts that run at once

	mu      sync.Mutex
	summary Summary   // that was made
	made    time.Time // when
}

// tryingAtOnce bounds what attempts cost, whoever makes them.
const tryingAtOnce = 2

// New makes the page of a source. A nil clock is time.Now.
func New(source Source, now func() time.Time) *Page {
	if now == nil {
		now = time.Now
	}
	return &Page{source: source, now: now, trying: make(chan struct{}, tryingAtOnce)}
}

// ServeHTTP serves the page at any path with a slash at its end, its files
// beneath it in assets/ and its data in api/.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	SetHeaders(w.Header())
	if unclean(r.URL) {
		http.NotFound(w, r)
		return
	}
	name := nameOf(r.URL.Path)
	if file, ok := assets[name]; ok {
		if !reads(w, r) {
			return
		}
		w.Header().Set("Content-Type", file.mimeType)
		_, _ = w.Write(file.text) // whoever has gone already is no fault
		return
	}
	if serve, ok := data[name]; ok {
		serve(p, w, r)
		return
	}
	if strings.Contains(name, "/") || strings.Contains(name, ".") || !reads(w, r) {
		http.NotFound(w, r)
		return
	}
	// Somebody has left out the last slash, on which the page's links depend. The
	// address is relative, so that it leads nowhere else.
	w.Header().Set("Location", "./"+url.PathEscape(name)+"/")
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// SetHeaders sets what each answer says to browsers: refusals, too.
func SetHeaders(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// unclean reports whether a path could be read otherwise.
func unclean(u *url.URL) bool {
	clean := path.Clean(u.Path)
	if clean != "/" && strings.HasSuffix(u.Path, "/") {
		clean += "/"
	}
	escaped := strings.ToLower(u.EscapedPath())
	return clean != u.Path || strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") || strings.Contains(escaped, `\`)
}

// reads reports whether a request may be answered by a file, and answers it when
// it may not.
func reads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	refuse(w, http.StatusMethodNotAllowed, "GET", "the method is not GET")
	return false
}
