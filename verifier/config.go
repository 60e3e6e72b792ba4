package verifier

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	// DefaultMaxLifetime is the longest that AWS lets a token live.
	DefaultMaxLifetime = time.Hour

	// MaxLeeway is the most that clocks may be allowed to differ.
	MaxLeeway = 60 * time.Second
)

// Issuer is somebody whose tokens are trusted.
type Issuer struct {
	// URL is compared with iss byte for byte.
	URL string

	// Keys are the issuer's.
	Keys KeySet

	// Accounts are the AWS accounts that the issuer may speak for, 12 digits
	// each. None means any, which is right only for an issuer that no other
	// account can use: AWS gives every account an issuer of its own.
	Accounts []string

	// Audiences and Algorithms stand instead of the Config's, when there are any.
	Audiences  []string
	Algorithms []Algorithm
}

// Config says whom to trust and what a token must say. A list that is empty and
// not nil is an error, here and in an Issuer.
type Config struct {
	Issuers []Issuer // at least one, no URL twice

	// Audiences are those that a token may be made out to. One is required, here
	// or for each issuer. A token may name others beside it, unless
	// SingleAudience refuses tokens for several audiences.
	Audiences      []string
	SingleAudience bool

	// Algorithms are the allowed ones. The default is both.
	Algorithms []Algorithm

	// Leeway is how far clocks may differ. The default is 0, the most MaxLeeway.
	Leeway time.Duration

	// MaxLifetime is the longest that exp - iat may be. The default is
	// DefaultMaxLifetime.
	MaxLifetime time.Duration

	// MaxChecks is how many signatures may be checked at once. The default is
	// the number of processors.
	MaxChecks int

	// Now is the clock. The default is time.Now.
	Now func() time.Time
}

// issuer is an Issuer with what it inherits from the Config.
type issuer struct {
	Issuer
	position int // in Config.Issuers, for messages
}

// New makes a Verifier. It does no I/O. The error joins all faults of the
// Config, each with the path of its field.
func New(c Config) (*Verifier, error) {
	if c.MaxLifetime == 0 {
		c.MaxLifetime = DefaultMaxLifetime
	}
	if c.MaxChecks == 0 {
		c.MaxChecks = runtime.GOMAXPROCS(0)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	faults := c.faults()
	if len(c.Algorithms) == 0 {
		c.Algorithms = Algorithms()
	}
	v := &Verifier{
		issuers:        make(map[string]*issuer, len(c.Issuers)),
		singleAudience: c.SingleAudience,
		leeway:         c.Leeway,
		maxLifetime:    c.MaxLifetime,
		now:            c.Now,
		checks:         newSignatureChecks(max(c.MaxChecks, 1)),
	}
	for i, each := range c.Issuers {
		path := fmt.Sprintf("issuers[%d]", i)
		faults = append(faults, each.faults(path)...)
		if other, twice := v.issuers[each.URL]; twice {
			faults = append(faults, fmt.Errorf("%s.url: %q is issuers[%d] already", path, each.URL, other.position))
			continue
		}
		if len(each.Audiences) == 0 {
			each.Audiences = c.Audiences
		}
		if len(each.Audiences) == 0 {
			faults = append(faults, fmt.Errorf("%s.audiences: an audience is required, here or for all issuers", path))
		}
		if len(each.Algorithms) == 0 {
			each.Algorithms = c.Algorithms
		}
		v.issuers[each.URL] = &issuer{each, i}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return v, nil
}

func (c Config) faults() (faults []error) {
	if len(c.Issuers) == 0 {
		faults = append(faults, errors.New("issuers: at least one is required"))
	}
	if c.Leeway < 0 || c.Leeway > MaxLeeway {
		faults = append(faults, fmt.Errorf("leeway: %v is not between 0 and %v", c.Leeway, MaxLeeway))
	}
	if c.MaxLifetime < 0 {
		faults = append(faults, fmt.Errorf("max_lifetime: %v is not positive", c.MaxLifetime))
	}
	faults = append(faults, listFaults("audiences", c.Audiences, audienceProblem)...)
	return append(faults, listFaults("algorithms", c.Algorithms, algorithmProblem)...)
}

func (i Issuer) faults(path string) (faults []error) {
	if err := checkIssuerURL(i.URL); err != nil {
		faults = append(faults, fmt.Errorf("%s.url: %w", path, err))
	}
	if i.Keys == nil {
		faults = append(faults, fmt.Errorf("%s: it has no key set", path))
	}
	faults = append(faults, listFaults(path+".accounts", i.Accounts, accountProblem)...)
	faults = append(faults, listFaults(path+".audiences", i.Audiences, audienceProblem)...)
	return append(faults, listFaults(path+".algorithms", i.Algorithms, algorithmProblem)...)
}

// listFaults also refuses an empty list that is there: whoever made it from
// nothing might take it for "none", and it would stand for the default.
func listFaults[S ~string](path string, values []S, problem func(S) string) (faults []error) {
	if values != nil && len(values) == 0 {
		faults = append(faults, fmt.Errorf("%s: the list is empty; leave it out or fill it", path))
	}
	for n, value := range values {
		if p := problem(value); p != "" {
			faults = append(faults, fmt.Errorf("%s[%d]: %s", path, n, p))
		}
	}
	return faults
}

func accountProblem(account string) string {
	if awstoken.IsAccountID(account) {
		return ""
	}
	return fmt.Sprintf("%q is not 12 digits", account)
}

func audienceProblem(audience string) string {
	if audience != "" {
		return ""
	}
	return "it is empty"
}

func algorithmProblem(a Algorithm) string {
	if a.supported() {
		return ""
	}
	return fmt.Sprintf("%q is not one of %v", a, Algorithms())
}

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
