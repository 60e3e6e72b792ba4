package identity

import (
	"fmt"
	"strings"
)

// The limits of a SPIFFE ID and of its trust domain, in bytes (SPIFFE ID
// specification, section 2.3).
const (
	maxSPIFFEID    = 2048
	maxTrustDomain = 255
)

const spiffeScheme = "spiffe://"

// trustDomainProblem says what is wrong with a trust domain, or "" (SPIFFE ID
// specification, section 2.1).
func trustDomainProblem(domain string) string {
	switch {
	case domain == "":
		return "the trust domain is missing"
	case len(domain) > maxTrustDomain:
		return fmt.Sprintf("the trust domain is over %d bytes", maxTrustDomain)
	}
	if c, found := foreign(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-_"); found {
		return fmt.Sprintf("the trust domain has the character %q; lower-case letters, digits, \".\", \"-\" and \"_\" may be there", c)
	}
	return ""
}

// spiffePathProblem says what is wrong with the path of a SPIFFE ID, or ""
// (section 2.2). An ID of a workload has one, so that it is not the trust
// domain's own.
func spiffePathProblem(path string) string {
	if path == "" {
		return "the path is missing: an ID without one is the trust domain's own"
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		switch segment {
		case "":
			return "a segment of the path is empty"
		case ".", "..":
			return fmt.Sprintf("the path has the segment %q", segment)
		}
		if c, found := foreignToSegment(segment); found {
			return fmt.Sprintf("the path has the character %q; letters, digits, \".\", \"-\" and \"_\" may be there", c)
		}
	}
	return ""
}

// foreignToSegment returns the first character of text that a path segment of a
// SPIFFE ID cannot hold.
func foreignToSegment(text string) (rune, bool) {
	return foreign(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
}

// foreign returns the first character of text that is not one of those known.
func foreign(text, known string) (rune, bool) {
	for _, c := range text {
		if !strings.ContainsRune(known, c) {
			return c, true
		}
	}
	return 0, false
}
