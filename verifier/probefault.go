package verifier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
)

// problem describes why a fetch failed.
func (p *probe) problem(err error) Finding {
	code := codeOf(err)
	found := Finding{Code: code, Text: cut(err).Error(), Remedy: remedies[code]}
	var known *fault
	switch {
	case code == ProbeOtherIssuer:
		if issuer, ok := p.record.discovery["issuer"].(string); ok {
			found.Text += ": it says " + quote(issuer)
		}
	case errors.As(err, &known) && known.status >= http.StatusInternalServerError:
		found.Remedy = remedyDown
	case code == ProbeTimeout && p.timeout > 0:
		found.Text += fmt.Sprintf(" (jwks.timeout is %v)", p.timeout)
	}
	return found
}

// codeOf tells faults of fetching apart.
func codeOf(err error) ProbeCode {
	var known *fault
	var operation *net.OpError
	var timeout net.Error
	var file *fs.PathError
	switch {
	case errors.As(err, &known):
		return known.code
	case errors.Is(err, errNotPublic):
		return ProbeAddress
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return ProbeProxy
	case isTLS(err), operation != nil && strings.HasSuffix(operation.Op, " error"): // an alert
		return ProbeTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ProbeTimeout
	case errors.As(err, &file):
		return ProbeFile
	case errors.As(err, &timeout):
		return ProbeUnreachable // *url.Error is one of them
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ProbeUnreachable // in the middle of a document
	}
	return ProbeFailed
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
		record       tls.RecordHeaderError
	)
	for _, target := range []any{&verification, &authority, &hostname, &invalid, &roots, &record} {
		if errors.As(err, target) {
			return true
		}
	}
	return errors.Is(err, http.ErrSchemeMismatch)
}

// remedyDown is for a status of 500 and above, by which a server says that the
// fault is its own.
const remedyDown = "try again: AWS, or what answers in its place, is down"

// remedies say what to change.
var remedies = map[ProbeCode]string{
	ProbeUnreachable: "look at the issuer's spelling, at DNS, at the firewall, and at the proxy (jwks.proxy, or HTTPS_PROXY): the gateway itself must reach the issuer",
	ProbeTimeout:     "look at the firewall and the proxy on the way; jwks.timeout says how long it may take",
	ProbeProxy:       "look at the proxy (jwks.proxy, or HTTPS_PROXY) and at what it lets through to the issuer",
	ProbeAddress:     "look at what the name resolves to here; for an issuer inside your own network, jwks.allow_private_addresses permits it",
	ProbeTLS:         "AWS's issuers have public certificates, so something else answers, or breaks TLS open on the way; jwks.ca names the authority that vouches for it, if that is meant",
	ProbeRedirect:    "name the place itself: the issuer as iss has it, or jwks_url for the key document",
	ProbeStatus:      "look at the issuer's URL, byte for byte as iss has it, and whether outbound identity federation is still enabled in its account",
	ProbeTooLarge:    "no issuer of AWS's is nearly so large: something else answers",
	ProbeNotJSON:     "something else answers: a portal, a proxy's page, another service; for a file, write the JWKS anew",
	ProbeOtherIssuer: "write the issuer as its discovery document and iss have it, byte for byte, a trailing slash included",
	ProbeJWKSURI:     "the issuer must name a key document on its own scheme, host and port; jwks_url names another on purpose",
	ProbeNotJWKS:     "look at where the keys are taken from: this is no JWK Set",
	ProbeTooManyKeys: "have the issuer take away the keys that it no longer signs with",
	ProbeNoUsableKey: "each key above says why it is not usable",
	ProbeFile:        "look at jwks_file, and whether the gateway's user may read it",
	ProbeOpaque:      "nothing, if the program that made the key set knows its keys",
	ProbeFailed:      "look at the error",
}
