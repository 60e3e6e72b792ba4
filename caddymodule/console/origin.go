package console

import (
	"net/http"
	"net/url"
	"strings"
)

// fromElsewhere reports whether a browser says that a page of another origin
// made the request. Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) is
// sent by all that are current; none is what a person typed.
func fromElsewhere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
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
	if len(origins) == 0 {
		return true
	}
	origin, err := url.Parse(origins[0])
	return err == nil && (origin.Scheme == "http" || origin.Scheme == "https") && strings.EqualFold(origin.Host, r.Host)
}
