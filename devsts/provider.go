package devsts

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// OIDCProvider is an OpenID Connect identity provider of an account, as IAM's
// CreateOpenIDConnectProvider makes one.
type OIDCProvider struct {
	// URL is the issuer (iss) of the provider's tokens: https, without a port,
	// a query or a fragment; a path is allowed. No two providers of an account
	// have the same one.
	URL string `json:"url"`
	// ClientIDs are the audiences that it may make tokens for: 1 to 100, each
	// of at most 255 characters.
	ClientIDs []string `json:"client_ids"`
	// AllowLoopback lets a URL on a loopback host have a port, and be http. AWS
	// has nothing like it: it asks for https on the public internet.
	AllowLoopback bool `json:"allow_loopback,omitempty"`
	// CAFile has the PEM certificates that the provider's https is verified
	// with, instead of the machine's. It is read once, by New.
	CAFile string `json:"ca_file,omitempty"`
}

// name is the URL without its scheme, by which ARNs and condition keys call a
// provider.
func (p OIDCProvider) name() string {
	_, name, _ := strings.Cut(p.URL, "://")
	return name
}

// arn is the provider's ARN in an account of a partition.
func (p OIDCProvider) arn(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":oidc-provider/" + p.name()
}

// provider is an OIDCProvider while the server runs.
type provider struct {
	OIDCProvider
	client *http.Client
}

// fetchTimeout is how long each of a provider's documents may take. AWS gives
// up after five seconds, says re:Post's article "How do I resolve the AWS STS
// AssumeRoleWithWebIdentity API call error InvalidIdentityToken?".
const fetchTimeout = 5 * time.Second

func newProvider(c OIDCProvider) (*provider, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the CA file of provider %s: %w", c.URL, err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the CA file of provider %s: %s has no PEM certificate", c.URL, c.CAFile)
		}
	}
	return &provider{OIDCProvider: c, client: &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: settings,
			// Nobody closes a Server, so nothing of it may stay open.
			DisableKeepAlives: true,
		},
		// Whether AWS follows redirects is not published; the stricter reading.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// checkProviderURL is what CreateOpenIDConnectProvider asks of a URL, by the
// IAM API reference: it begins with https://, has no port, and may have a path
// but no query.
func checkProviderURL(text string, allowLoopback bool) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("is not a URL")
	}
	loopback := allowLoopback && isLoopback(u.Hostname())
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback):
		return errors.New("does not begin with https://")
	case u.Hostname() == "" || u.User != nil:
		return errors.New("has no host, or user information")
	case strings.ContainsAny(text, "?#"):
		return errors.New("has a query or a fragment")
	case u.Port() != "" && !loopback:
		return errors.New("has a port")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// findProvider returns the account's provider of an issuer. Issuers are
// compared as they are written, letter case and a trailing slash included: "The
// URL is case-sensitive", says the IAM User Guide.
func (a *account) findProvider(issuer string) (*provider, bool) {
	i := slices.IndexFunc(a.providers, func(p *provider) bool { return p.URL == issuer })
	if i < 0 {
		return nil, false
	}
	return a.providers[i], true
}
