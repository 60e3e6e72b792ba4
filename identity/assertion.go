package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	// DefaultAssertionTTL is how long an assertion lives unless it is told.
	DefaultAssertionTTL = time.Minute

	// MinAssertionTTL is the shortest: times in a JWT are whole seconds.
	MinAssertionTTL = 5 * time.Second

	// MaxAssertionTTL is the longest that one may be told to live: no token of
	// AWS lives longer.
	MaxAssertionTTL = time.Hour

	// maxAudience is the longest audience, in bytes.
	maxAudience = 1000
)

// AssertionConfig says what an [Assertion] tells an upstream about a caller.
type AssertionConfig struct {
	// Issuer is iss: the URL under which the keys are published, https unless its
	// host is loopback, without a slash at its end.
	Issuer string

	// Audiences are those that an assertion may be made out to, to one at a time.
	// One is required.
	Audiences []string

	// Subject is the template of sub: text with placeholders {aws_token.<path>}.
	// The default is {aws_token.sub}, the caller's ARN. One that begins with
	// spiffe:// has to come out as a SPIFFE ID of a fixed trust domain.
	Subject string

	// Claims are the paths of attributes that stand in the assertion under
	// aws_token, nested as their paths are. Those that the token lacks are left
	// out.
	Claims []string

	// TTL is how long an assertion lives, MinAssertionTTL to MaxAssertionTTL, but never
	// longer than the token that it is made for. The default is
	// DefaultAssertionTTL.
	TTL time.Duration
}

// Assertion writes what the gateway asserts of a caller: the claims of a JWT
// (RFC 7519) that is a JWT-SVID when its subject is a SPIFFE ID. Signing is left
// to its user. It is safe for concurrent use.
type Assertion struct {
	issuer    string
	audiences []string
	subject   *subject
	claims    []assertedClaim
	ttl       time.Duration
}

// AssertionError says why no assertion can be made for a token that is good
// otherwise.
type AssertionError struct {
	Hint string // what is in the way
}

func (e *AssertionError) Error() string { return "making an assertion: " + e.Hint }

func assertionError(format string, args ...any) error {
	return &AssertionError{fmt.Sprintf(format, args...)}
}

// ErrTokenEnds says that a token has ended, or does within a second, though its
// leeway lets it pass: an assertion would have to outlive it.
var ErrTokenEnds = errors.New("making an assertion: the token has ended, and an assertion never outlives it")

// NewAssertion checks the configuration. Its error joins every fault, each with
// its path in front, such as claims[1].
func NewAssertion(cfg AssertionConfig) (*Assertion, error) {
	a := &Assertion{issuer: cfg.Issuer, audiences: slices.Clone(cfg.Audiences), ttl: cfg.TTL}
	var faults []error
	add := func(path string, err error) {
		if err != nil {
			faults = append(faults, eachWithPath(path, err)...)
		}
	}
	add("issuer", CheckIssuer(cfg.Issuer))
	add("audience", audiencesProblem(cfg.Audiences))
	if cfg.Subject == "" {
		cfg.Subject = defaultSubject
	}
	var err error
	a.subject, err = parseSubject(cfg.Subject)
	add("subject", err)
	if a.claims, err = parseClaims(cfg.Claims); err != nil {
		faults = append(faults, err)
	}
	switch {
	case a.ttl == 0:
		a.ttl = DefaultAssertionTTL
	case a.ttl < MinAssertionTTL || a.ttl > MaxAssertionTTL:
		add("ttl", fmt.Errorf("%s is not from %s to %s", a.ttl, MinAssertionTTL, MaxAssertionTTL))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return a, nil
}

func audiencesProblem(audiences []string) error {
	if len(audiences) == 0 {
		return errors.New("it is missing; name the upstream as it names itself")
	}
	for i, audience := range audiences {
		switch {
		case audience == "" || len(audience) > maxAudience:
			return fmt.Errorf("%q is not of 1 to %d bytes", audience, maxAudience)
		case strings.ContainsFunc(audience, func(c rune) bool { return c <= ' ' || c > '~' }):
			return fmt.Errorf("%q has a character that is not printable ASCII, or a space", audience)
		case slices.Contains(audiences[:i], audience):
			return fmt.Errorf("%q stands there twice", audience)
		}
	}
	return nil
}

// TTL returns how long an assertion lives at most.
func (a *Assertion) TTL() time.Duration { return a.ttl }

// Statement is what one assertion says.
type Statement struct {
	Payload []byte // the JSON object to be signed
	Subject string
	Expiry  time.Time // to the second
}

// assertedPayload is the form of a Statement's Payload.
type assertedPayload struct {
	Issuer   string         `json:"iss"`
	Subject  string         `json:"sub"`
	Audience string         `json:"aud"`
	IssuedAt int64          `json:"iat"`
	Expiry   int64          `json:"exp"`
	AWSToken map[string]any `json:"aws_token,omitempty"`
}

// For writes the assertion for a verified token, made out to one of the
// audiences. The error is an [*AssertionError] when the token has no attribute,
// or no fitting one, for the subject, and [ErrTokenEnds] when it has ended.
func (a *Assertion) For(t *awstoken.Token, audience string, now time.Time) (*Statement, error) {
	if !slices.Contains(a.audiences, audience) {
		return nil, assertionError("%q is no audience that an assertion may be made out to", audience)
	}
	expiry := now.Truncate(time.Second).Add(a.ttl)
	if t.Expiry.Before(expiry) {
		expiry = t.Expiry
	}
	if expiry.Sub(now) < time.Second {
		return nil, ErrTokenEnds
	}
	sub, err := a.subject.expand(t)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(assertedPayload{
		a.issuer, sub, audience, now.Unix(), expiry.Unix(), claimsOf(a.claims, t),
	}); err != nil {
		return nil, fmt.Errorf("making an assertion: %w", err)
	}
	return &Statement{bytes.TrimSuffix(text.Bytes(), []byte("\n")), sub, expiry}, nil
}
