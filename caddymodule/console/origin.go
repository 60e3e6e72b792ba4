package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// fromElsewhere reports whether a browser says that a page of another origin
// made the request. Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) is
// sent by all that are current, but not by plain http, where Origin has to do;
// none is what a person typed.
func fromElsewhere(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	return slices.ContainsFunc(r.Header.Values("Origin"), func(origin string) bool { return !isOwn(origin, r) })
}

// fromThePage reports whether a browser says that a page of this origin made the
// request. One that says nothing of it is refused: every browser does, and what
// is no browser has the admin API.
func fromThePage(r *http.Request) bool {
	origins, sites := r.Header.Values("Origin"), r.Header.Values("Sec-Fetch-Site")
	if len(origins) > 1 || len(sites) > 1 || len(origins)+len(sites) == 0 {
		return false
	}
	if len(sites) == 1 && sites[0] != "same-origin" {
		return false
	}
	return len(origins) == 0 || isOwn(origins[0], r)
}

// isOwn reports whether an origin is that of the page.
func isOwn(text string, r *http.Request) bool {
	origin, err := url.Parse(text)
	return err == nil && (origin.Scheme == "http" || origin.Scheme == "https") && strings.EqualFold(origin.Host, r.Host)
}
