package celpolicy

import (
	"net"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Request is what a policy may ask about the HTTP request.
type Request struct {
	Method string // request.method, as it is

	// Host becomes request.host: in lower case, without a port, and without the
	// brackets of an IPv6 address. A dot at its end is kept. Give it as the
	// request has it.
	Host string

	// EscapedPath becomes request.path: decoded. Give it as it came on the
	// wire, which is what [url.URL.EscapedPath] returns. "" reads as "/".
	EscapedPath string

	RemoteIP string    // request.remote_ip, an address without a port; may be ""
	Time     time.Time // request.time, the time at which the policy is asked
}

// hostname cuts as Caddy's host matcher does, a lone bracket included: a policy
// must see the host that the request was routed by.
func hostname(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return lowerASCII(name)
}

// lowerASCII leaves other letters alone: Unicode folds the Kelvin sign to k.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// decodePath returns request.path, or what makes the path unsafe: that two
// servers which decode, clean or cut it differently would read two paths.
func decodePath(escaped string) (decoded, problem string) {
	switch escaped {
	case "":
		return "/", ""
	case "*":
		return "*", ""
	}
	if encodesSlash(escaped) {
		return "", "it holds an encoded slash"
	}
	decoded, err := url.PathUnescape(escaped)
	if err != nil {
		return "", "its percent-encoding is broken"
	}
	switch {
	case decoded[0] != '/':
		return "", "it does not begin with a slash"
	case !utf8.ValidString(decoded):
		// An overlong encoding of a slash or a dot is of this kind, too.
		return "", "it is not UTF-8"
	case strings.Contains(decoded, `\`):
		return "", "it holds a backslash"
	case strings.ContainsFunc(decoded, unicode.IsControl):
		return "", "it holds a control character"
	case cleanPath(decoded) != decoded:
		return "", "cleaning it gives " + quoted(cleanPath(decoded))
	case cleanPath(withoutParameters(decoded)) != withoutParameters(decoded):
		return "", "cleaning it without parameters gives another path"
	}
	return decoded, ""
}

func encodesSlash(escaped string) bool {
	return strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2F")
}

// cleanPath is path.Clean with the trailing slash kept.
func cleanPath(p string) string {
	cleaned := path.Clean(p)
	if strings.HasSuffix(p, "/") && cleaned != "/" {
		cleaned += "/"
	}
	return cleaned
}

// withoutParameters cuts what follows ";" in each segment: Java servlet
// containers do, and then follow the dots of "..;x" and drop the empty segment
// of "/;x/".
func withoutParameters(p string) string {
	if !strings.Contains(p, ";") {
		return p
	}
	segments := strings.Split(p, "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return strings.Join(segments, "/")
}
