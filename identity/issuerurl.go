package identity

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// CheckIssuer says what keeps text from being the issuer of an assertion: it is a
// URL under which its discovery document can be found, which verifiers compare
// byte for byte (OpenID Connect Discovery 1.0, section 3). Plain http is for this
// machine.
func CheckIssuer(text string) error {
	if text == "" {
		return errors.New("it is missing; name the URL under which aws_jwt_issuer publishes the keys")
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return fmt.Errorf("%q has a character that does not belong into a URL", text)
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("%q is not a URL such as https://gateway.example", text)
	case strings.ContainsAny(text, "?#*"):
		return fmt.Errorf("%q has a query, a fragment or a wildcard; an issuer is one exact URL", text)
	case u.User != nil:
		return fmt.Errorf("%q has user information", text)
	case strings.HasSuffix(text, "/"):
		return fmt.Errorf("%q ends with a slash; leave it out, since verifiers compare byte for byte", text)
	case u.EscapedPath() != u.Path || strings.Contains(u.Path+"/", "//") || hasDotSegment(u.Path):
		return fmt.Errorf("%q has a path that servers could read otherwise", text)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%q is plain http, which is only for loopback addresses", text)
	}
	return fmt.Errorf("%q is not an https URL", text)
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
