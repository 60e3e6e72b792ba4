package verifier

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	// DefaultMaxLifetime is the longest that AWS lets a token live.
	DefaultMaxLifetime = time.Hour

	// MaxLeeway is the most that clocks may be allowed to differ.
	MaxLeeway = 60 * time.Second
)

// Config says whom to trust and what a token must say. A list that is empty and
// not nil is an error, here and in an Issuer.
type Config struct {
	// Issuers, IssuersFile and Organization say whom to trust. There must be one
	// issuer at least, or an Organization. No URL may be listed twice.
	Issuers []Issuer

	// IssuersFile is a JSON file: an array of issuers in their JSON form. It is
	// looked at on use, at most once a second, and read again when it changed. A
	// bad version is refused as a whole, logged with its faults, and leaves the
	// last good one in force.
	IssuersFile string

	// Organization trusts every account of AWS organizations.
	Organization *Organization

	// RemoteKeys makes the key sets of issuers that come without Keys or
	// JWKSFile, and those of the Organization. It may serve several Verifiers,
	// none of which closes it.
	RemoteKeys *RemoteKeySets

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

	// Checks bounds how many signatures are checked at once. The default lets the
	// checks of this Verifier take half of the processors.
	Checks *SignatureChecks

	// CacheSize is how many verified tokens are remembered, so that a signature is
	// checked once. The default is DefaultCacheSize; below 0 none is. Tokens whose
	// signature does not fit are remembered for a moment in any case.
	CacheSize int

	// CacheTTL is how long a token is remembered at most. The default is
	// DefaultCacheTTL.
	CacheTTL time.Duration

	// Lookups counts how often tokens were remembered. Several Verifiers may share
	// it. The default is one that nobody reads.
	Lookups *Lookups

	// Observe is told how long it took to verify a token that was not remembered,
	// whatever came of it, waiting for keys included. The caller of Verify calls
	// it, so it should take no time. The default is nobody.
	Observe func(took time.Duration)

	// Signed is told of each token whose signature was just checked and fits, and
	// that is accepted, or refused as NotYetValid: its issuer's clock, to be compared
	// with ours. One that is remembered is not told of again. It is called from many
	// goroutines. The default is none.
	Signed func(*awstoken.Token)

	// Now is the clock. The default is time.Now.
	Now func() time.Time

	// Logger is told what became of new versions of files. The default discards.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	if c.MaxLifetime == 0 {
		c.MaxLifetime = DefaultMaxLifetime
	}
	if c.Checks == nil {
		c.Checks = NewSignatureChecks(runtime.GOMAXPROCS(0) / 2)
	}
	if c.CacheSize == 0 {
		c.CacheSize = DefaultCacheSize
	}
	if c.CacheTTL == 0 {
		c.CacheTTL = DefaultCacheTTL
	}
	if c.Lookups == nil {
		c.Lookups = new(Lookups)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// New makes a Verifier. It reads the files that the Config names and fetches
// nothing. The error joins all faults of the Config, each with the path of its
// field.
func New(c Config) (*Verifier, error) {
	c.setDefaults()
	faults := c.faults()
	trust, more := newTrust(c)
	if err := errors.Join(append(faults, more...)...); err != nil {
		return nil, err
	}
	remembers, err := newCache(c.CacheSize, c.CacheTTL)
	if err != nil {
		return nil, err
	}
	return &Verifier{
		trust:          trust,
		singleAudience: c.SingleAudience,
		leeway:         c.Leeway,
		maxLifetime:    c.MaxLifetime,
		now:            c.Now,
		checks:         c.Checks,
		cache:          remembers,
		lookups:        c.Lookups,
		observe:        c.Observe,
		signed:         c.Signed,
	}, nil
}

func (c Config) faults() (faults []error) {
	if len(c.Issuers) == 0 && c.IssuersFile == "" && c.Organization == nil {
		faults = append(faults, errors.New("issuers: at least one is required, or an organization"))
	}
	if c.Leeway < 0 || c.Leeway > MaxLeeway {
		faults = append(faults, fmt.Errorf("leeway: %v is not between 0 and %v", c.Leeway, MaxLeeway))
	}
	if c.MaxLifetime < 0 {
		faults = append(faults, fmt.Errorf("max_lifetime: %v is not positive", c.MaxLifetime))
	}
	if c.CacheTTL < 0 {
		faults = append(faults, fmt.Errorf("cache.ttl: %v is not positive", c.CacheTTL))
	}
	faults = append(faults, listFaults("audiences", c.Audiences, audienceProblem)...)
	return append(faults, listFaults("algorithms", c.Algorithms, algorithmProblem)...)
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
