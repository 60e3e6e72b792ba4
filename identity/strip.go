package identity

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// Strip takes out of r what a client could pass off as an identity. It comes
// first, on every path that a request can take, those that end without a token
// included.
//
// Managed are the whole X-Aws-Token- namespace, the configured fields, and
// those of also: what an earlier handler set for the same request. Names are
// the same when they differ only in case and in characters that are neither
// letters nor digits. Strip removes
//   - managed fields, with all their values;
//   - managed names from the lists in Connection and Proxy-Connection, since a
//     proxy removes what these list (RFC 9110, section 7.6.1) after the handlers
//     in front of it have set their fields; a field with an empty list goes;
//   - managed names from Trailer and from r.Trailer, before the body is read
//     and once more when it was: r.Body is wrapped where trailers may follow.
//
// Several calls on one request, or on shallow copies of it, add up. In a server
// that is not Caddy, give Strip a copy (r.WithContext): net/http looks at the
// Body of its own request to see whether a client still waits for 100 Continue.
//
// A nil or zero Headers strips the namespace.
func (h *Headers) Strip(r *http.Request, also ...string) {
	var fields []string
	if h != nil {
		fields = h.outside
	}
	managed := names{fields, also}
	// Keys may be spelt in any way, so they are compared one by one.
	for key, values := range r.Header {
		switch {
		case managed.manage(key):
			delete(r.Header, key)
		case listsNames(key) && managed.listed(values):
			if kept := managed.unlist(values); len(kept) > 0 {
				r.Header[key] = kept
			} else {
				delete(r.Header, key)
			}
		}
	}
	managed.scrub(r.Trailer)
	if mayHaveTrailers(r) {
		r.Body = &scrubbedBody{
			ReadCloser: r.Body,
			request:    r,
			trailer:    r.Trailer,
			// A copy, and not by slices.Clone, so that no caller's also escapes.
			managed: names{fields, append([]string(nil), also...)},
		}
	}
}

// listsNames reports whether the values of a field are lists of field names.
func listsNames(field string) bool {
	return sameName(field, "connection") || sameName(field, "proxy-connection") || sameName(field, "trailer")
}

// listed reports whether a managed name stands in one of the lists.
func (n names) listed(lists []string) bool {
	for _, list := range lists {
		for element := range strings.SplitSeq(list, ",") {
			if n.keep(trimmed(element)) {
				return true
			}
		}
	}
	return false
}

// unlist returns the lists without managed names, and without lists that have
// nothing else. Other elements stay as they were written.
func (n names) unlist(lists []string) []string {
	var kept []string
	for _, list := range lists {
		if !n.listed([]string{list}) {
			kept = append(kept, list)
			continue
		}
		others := slices.DeleteFunc(strings.Split(list, ","), func(element string) bool {
			return n.keep(trimmed(element))
		})
		if slices.ContainsFunc(others, func(element string) bool { return trimmed(element) != "" }) {
			kept = append(kept, trimmed(strings.Join(others, ",")))
		}
	}
	return kept
}

// trimmed cuts more than the space and tab of RFC 9110, section 5.6.1: readers
// of these lists differ in what they cut, and strings.TrimSpace cuts spaces that
// are not ASCII.
func trimmed(element string) string {
	return strings.TrimFunc(element, func(c rune) bool { return c <= ' ' || c == 0x7F || unicode.IsSpace(c) })
}

// scrub removes managed names from the trailers.
func (n names) scrub(trailer http.Header) {
	for key := range trailer {
		if n.keep(key) {
			delete(trailer, key)
		}
	}
}
