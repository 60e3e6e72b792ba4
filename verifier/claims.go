package verifier

import (
	"slices"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// unverified is what a payload says before its signature is checked. It serves
// to find the issuer and to refuse early; nothing is ever accepted by it.
type unverified struct {
	Claimed
	payload  map[string]any
	expiry   time.Time // zero when there is none that can be read
	audience []string  // nil when there is none that can be read
}

func peek(c *compact) (*unverified, *Error) {
	payload, err := awstoken.ParseObject(c.payload)
	if err != nil {
		return nil, withKeyID(refuse(MalformedToken, "payload: %v", err), c)
	}
	iss, there := payload["iss"]
	if !there {
		return nil, withKeyID(refuse(InvalidClaims, "reading claim iss: it is missing"), c)
	}
	u := unverified{Claimed: Claimed{KeyID: c.keyID}, payload: payload}
	var ok bool
	if u.Issuer, ok = iss.(string); !ok {
		return nil, withKeyID(refuse(MalformedToken, "payload: iss is not a string"), c)
	}
	u.Subject, _ = payload["sub"].(string)
	u.ID, _ = payload["jti"].(string)
	if aws, ok := payload[awstoken.Namespace].(map[string]any); ok {
		u.AccountID, _ = aws["aws_account"].(string)
	}
	u.expiry, _ = awstoken.Seconds(payload["exp"])
	u.audience = peekAudience(payload["aud"])
	return &u, nil
}

func peekAudience(aud any) []string {
	switch aud := aud.(type) {
	case string:
		return []string{aud}
	case []any:
		audience := make([]string, len(aud))
		for i, element := range aud {
			s, ok := element.(string)
			if !ok {
				return nil
			}
			audience[i] = s
		}
		return audience
	}
	return nil
}

func withKeyID(refusal *Error, c *compact) *Error {
	refusal.Claimed.KeyID = c.keyID
	return refusal
}

// claimCheck is a check of the claims that a signature vouches for. It is made
// whenever the token is sent, however often that was verified before.
type claimCheck struct {
	name     string
	byIssuer bool // whether it looks at the issuer's entry
	check    func(v *Verifier, now time.Time, from *issuer, t *awstoken.Token) *Error
}

var claimChecks = []claimCheck{
	{CheckAudience, true, func(v *Verifier, _ time.Time, from *issuer, t *awstoken.Token) *Error {
		return v.checkAudience(from, t.Audience)
	}},
	{CheckExpiry, false, func(v *Verifier, now time.Time, _ *issuer, t *awstoken.Token) *Error {
		return v.checkExpiry(now, t.Expiry)
	}},
	{CheckStart, false, func(v *Verifier, now time.Time, _ *issuer, t *awstoken.Token) *Error { return v.checkStart(now, t) }},
	{CheckLifetime, false, func(v *Verifier, _ time.Time, _ *issuer, t *awstoken.Token) *Error { return v.checkLifetime(t) }},
	{CheckAccount, true, func(_ *Verifier, _ time.Time, from *issuer, t *awstoken.Token) *Error { return checkAccount(from, t) }},
	{CheckSubject, false, func(_ *Verifier, _ time.Time, _ *issuer, t *awstoken.Token) *Error { return checkSubject(t) }},
	{CheckOrganization, true, func(_ *Verifier, _ time.Time, from *issuer, t *awstoken.Token) *Error { return from.checkOrg(t) }},
}

func (v *Verifier) checkAudience(from *issuer, audience []string) *Error {
	if v.singleAudience && len(audience) > 1 {
		return refuse(WrongAudience, "the token is made out to %d audiences, single_audience accepts one of %v alone", len(audience), from.Audiences)
	}
	for _, a := range audience {
		if slices.Contains(from.Audiences, a) {
			return nil
		}
	}
	if len(audience) == 1 {
		return refuse(WrongAudience, "audience %s is not one of %v", quote(audience[0]), from.Audiences)
	}
	return refuse(WrongAudience, "none of the token's %d audiences, the first of them %s, is one of %v",
		len(audience), quote(audience[0]), from.Audiences)
}

func (v *Verifier) checkExpiry(now, expiry time.Time) *Error {
	if !now.Before(expiry.Add(v.leeway)) {
		return refuse(Expired, "the token ended %v ago, at %s, the leeway is %v",
			now.Sub(expiry).Round(time.Second), expiry.Format(time.RFC3339), v.leeway)
	}
	return nil
}

func (v *Verifier) checkStart(now time.Time, t *awstoken.Token) *Error {
	limit := now.Add(v.leeway)
	for _, start := range []struct {
		claim string
		at    time.Time
	}{{"iat", t.IssuedAt}, {"nbf", t.NotBefore}} {
		if start.at.After(limit) {
			return refuse(NotYetValid, "%s lies %v ahead, the leeway is %v",
				start.claim, start.at.Sub(now).Round(time.Second), v.leeway)
		}
	}
	return nil
}

func (v *Verifier) checkLifetime(t *awstoken.Token) *Error {
	if lifetime := t.Expiry.Sub(t.IssuedAt); lifetime > v.maxLifetime {
		return refuse(LifetimeTooLong, "the token lives for %v, at most %v is accepted (max_lifetime)", lifetime, v.maxLifetime)
	}
	return nil
}

// checkAccount holds what AWS signed against the accounts that the issuer may
// speak for: another account's issuer signs as well.
func checkAccount(from *issuer, t *awstoken.Token) *Error {
	if len(from.Accounts) > 0 && !slices.Contains(from.Accounts, t.AccountID) {
		return refuse(AccountMismatch, "account %s is not one of %v that the issuer may speak for", t.AccountID, from.Accounts)
	}
	return nil
}

func checkSubject(t *awstoken.Token) *Error {
	if t.Principal.AccountID != t.AccountID {
		return refuse(AccountMismatch, "sub is of account %s, aws_account is %s", t.Principal.AccountID, t.AccountID)
	}
	return nil
}
