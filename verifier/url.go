package verifier

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// checkIssuerURL refuses what could not be, or should not be, an issuer (OpenID
// Connect Discovery 1.0, section 3; plain http only on this machine).
func checkIssuerURL(text string) error {
	for _, c := range []struct{ chars, what string }{
		{"*", "a wildcard"}, {"?", "a query"}, {"#", "a fragment"},
	} {
		if strings.Contains(text, c.chars) {
			return fmt.Errorf("%s has %s, an issuer is one exact URL", quote(text), c.what)
		}
	}
	return checkURL(text)
}

// checkURL refuses what keys should not be fetched from.
func checkURL(text string) error {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return fmt.Errorf("%s has a character that does not belong into a URL", quote(text))
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("%s is not a URL such as https://host", quote(text))
	case u.User != nil:
		return fmt.Errorf("%s has user information", quote(text))
	case u.Scheme == "https", u.Scheme == "http" && isLoopbackHost(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%s is plain http, which is only for loopback addresses", quote(text))
	}
	return fmt.Errorf("%s is not an https URL", quote(text))
}

func isLoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// locationFaults says what is wrong with an issuer's URLs.
func locationFaults(path, issuer, jwksURL string) (faults []error) {
	if err := checkIssuerURL(issuer); err != nil {
		faults = append(faults, fmt.Errorf("%surl: %w", path, err))
	}
	if jwksURL != "" {
		if err := checkURL(jwksURL); err != nil {
			faults = append(faults, fmt.Errorf("%sjwks_url: %w", path, err))
		}
	}
	return faults
}
