package inspection

import (
	"fmt"
	"slices"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const (
	// alias is another spelling of a path that is shown already.
	alias = "aws_token.account_id"

	// wholeObject is all of what has a path of its own, and the rest, which is
	// in OtherClaims.
	wholeObject = "aws_token.claims"
)

func (r *Report) takeAttributes() {
	for _, a := range awstoken.Attributes() {
		if value, present := a.Value(r.token); present && a.Path != alias && a.Path != wholeObject {
			r.Attributes[a.Path] = value
		}
	}
}

// takeOthers finds the claims that the vocabulary lacks.
func (r *Report) takeOthers(top map[string]any, known, knownAWS []string) {
	claims := r.token.Claims()
	for _, name := range sortedNames(claims) {
		if slices.Contains(knownAWS, name) || awstoken.UnknownCase(name, knownAWS) != "" {
			continue
		}
		if r.OtherClaims == nil {
			r.OtherClaims = make(map[string]any)
		}
		r.OtherClaims[name] = claims[name]
		r.note("AWS's claim %s has no path of its own here; a policy reads it as aws_token.claims[%[1]s]", terminal.Quote(name))
	}
	for _, name := range sortedNames(top) {
		if !slices.Contains(known, name) && awstoken.UnknownCase(name, known) == "" {
			r.note("the claim %s is not one of those that AWS sends, and is not read", terminal.Quote(name))
		}
	}
}

// judgeClaims finds what Decode does not ask.
func (r *Report) judgeClaims() {
	t := r.token
	// exp itself is when a token has ended (RFC 7519, section 4.1.4).
	if r.expired = !t.Expiry.IsZero() && !r.Now.Before(t.Expiry); r.expired {
		r.Notes = slices.Insert(r.Notes, 0, fmt.Sprintf("the token ended %s ago; ask STS for a new one", Words(r.Now.Sub(t.Expiry))))
	}
	if len(t.Audience) > 1 {
		r.note("the token is made out to %d audiences, each of which can use it at the others; single_audience refuses it", len(t.Audience))
	}
	if len(t.RequestTags) > 0 {
		r.note("request_tags are what the caller chose to write into the call: AWS signs them and vouches for none of them")
	}
	if signed := t.Principal.AccountID; signed != "" && t.AccountID != "" && signed != t.AccountID {
		r.problem("sub", "it is of account %s, aws_account is %s", signed, terminal.Value(t.AccountID))
	}
	if t.IssuedAt.IsZero() {
		return
	}
	if lifetime := t.Expiry.Sub(t.IssuedAt); lifetime > verifier.DefaultMaxLifetime {
		r.problem("exp", "the token lives for %v, AWS's live for %v at most", lifetime, verifier.DefaultMaxLifetime)
	}
	for _, start := range []struct {
		claim string
		at    time.Time
	}{{"iat", t.IssuedAt}, {"nbf", t.NotBefore}} {
		if ahead := start.at.Sub(r.Now); ahead > 0 {
			r.problem(start.claim, "it lies %s ahead; is this machine's clock right?", Words(ahead))
		}
	}
}

// Times are a token's times, and how far they are from now, in seconds. What
// has passed is negative.
type Times struct {
	Issued           *time.Time `json:"issued,omitempty"`
	IssuedIn         *int64     `json:"issued_in_seconds,omitempty"`
	NotBefore        *time.Time `json:"not_before,omitempty"`
	NotBeforeIn      *int64     `json:"not_before_in_seconds,omitempty"`
	Expires          *time.Time `json:"expires,omitempty"`
	ExpiresIn        *int64     `json:"expires_in_seconds,omitempty"`
	Lifetime         *int64     `json:"lifetime_seconds,omitempty"`
	SessionExpires   *time.Time `json:"session_expires,omitempty"`
	SessionExpiresIn *int64     `json:"session_expires_in_seconds,omitempty"`
}

func (r *Report) takeTimes() {
	t := r.token
	from := func(at time.Time) (*time.Time, *int64) {
		if at.IsZero() {
			return nil, nil
		}
		at = at.UTC()
		seconds := int64(at.Sub(r.Now) / time.Second)
		return &at, &seconds
	}
	r.Times.Issued, r.Times.IssuedIn = from(t.IssuedAt)
	r.Times.NotBefore, r.Times.NotBeforeIn = from(t.NotBefore)
	r.Times.Expires, r.Times.ExpiresIn = from(t.Expiry)
	r.Times.SessionExpires, r.Times.SessionExpiresIn = from(t.OriginalSessionExpiry)
	if lifetime := int64(t.Expiry.Sub(t.IssuedAt) / time.Second); r.Times.Issued != nil && r.Times.Expires != nil && lifetime > 0 {
		r.Times.Lifetime = &lifetime
	}
}

// lines are the times in words.
func (t Times) lines() (lines []string) {
	add := func(in *int64, ahead, passed string) {
		switch {
		case in == nil:
		case *in > 0:
			lines = append(lines, ahead+" in "+seconds(*in))
		default:
			lines = append(lines, passed+" "+seconds(*in)+" ago")
		}
	}
	add(t.IssuedIn, "issued", "issued")
	if t.NotBeforeIn != nil && *t.NotBeforeIn > 0 {
		lines = append(lines, "not valid for another "+seconds(*t.NotBeforeIn))
	}
	add(t.ExpiresIn, "expires", "expired")
	if t.Lifetime != nil {
		lines = append(lines, "lives "+seconds(*t.Lifetime))
	}
	add(t.SessionExpiresIn, "session ends", "session ended")
	return lines
}

func seconds(n int64) string { return Words(time.Duration(n) * time.Second) }
