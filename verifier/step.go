package verifier

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// attempt is one token on its way through the steps. Each finds what those
// before it have made.
type attempt struct {
	v       *Verifier
	token   string
	digest  digest // of the token, when the Verifier remembers tokens
	compact *compact
	claimed *unverified
	from    *issuer
	key     Key
	decoded *awstoken.Token
}

// step is one check of a token.
type step struct {
	name  string
	check func(context.Context, *attempt) error

	// early marks a look at what is not verified yet: what is hopeless by its own
	// word is not worth a key or a signature check. A later step of the same name
	// looks again.
	early bool

	// needs reports whether there is what the step looks at.
	needs func(*attempt) bool

	// tell says for Explain what was found and what is wanted.
	tell func(*attempt) (found, wanted string)
}

// steps are the checks, in the order in which they are made: from the cheapest to
// the dearest, and none that believes a claim before the signature.
var steps = append([]step{
	{name: CheckForm, check: parseToken, needs: always, tell: tellForm},
	{name: CheckPayload, check: peekAtPayload, needs: hasCompact},
	{name: CheckIssuer, check: findIssuer, needs: hasClaimed, tell: tellIssuer},
	{name: CheckAlgorithm, check: allowsAlgorithm, needs: hasIssuer, tell: tellAlgorithm},
	{name: CheckExpiry, check: claimsToLast, needs: hasClaimed, early: true, tell: tellClaimedExpiry},
	{name: CheckAudience, check: claimsOurAudience, needs: hasIssuer, early: true, tell: tellClaimedAudience},
	{name: CheckKey, check: haveKey, needs: hasIssuer, tell: tellKey},
	{name: CheckSignature, check: checkSignature, needs: hasKey},
	{name: CheckClaims, check: decodeClaims, needs: hasClaimed},
}, claimSteps()...)

// claimSteps are the steps that look at what the signature vouches for.
func claimSteps() []step {
	list := make([]step, len(claimChecks))
	for i, c := range claimChecks {
		needs := hasDecoded
		if c.byIssuer {
			needs = hasBoth
		}
		list[i] = step{name: c.name, check: ofToken(c.check), needs: needs, tell: tellClaims[c.name]}
	}
	return list
}

func always(*attempt) bool       { return true }
func hasCompact(a *attempt) bool { return a.compact != nil }
func hasClaimed(a *attempt) bool { return a.claimed != nil }
func hasIssuer(a *attempt) bool  { return a.from != nil }
func hasKey(a *attempt) bool     { return a.key.public != nil }
func hasDecoded(a *attempt) bool { return a.decoded != nil }
func hasBoth(a *attempt) bool    { return hasIssuer(a) && hasDecoded(a) }

func parseToken(_ context.Context, a *attempt) error {
	c, refusal := parseCompact(a.token)
	if refusal != nil {
		return refusal
	}
	a.compact = c
	return nil
}

func peekAtPayload(_ context.Context, a *attempt) error {
	claimed, refusal := peek(a.compact)
	if refusal != nil {
		return refusal
	}
	a.claimed = claimed
	return nil
}

func findIssuer(_ context.Context, a *attempt) error {
	if a.from = a.v.trust.find(a.claimed.Issuer); a.from == nil {
		return refuse(UnknownIssuer, "issuer %s is not trusted here", quote(a.claimed.Issuer))
	}
	return nil
}

func allowsAlgorithm(_ context.Context, a *attempt) error {
	if !a.from.allows(a.compact.algorithm) {
		return refuse(AlgorithmNotAllowed, "algorithm %s is not one of %v", a.compact.algorithm, a.from.Algorithms)
	}
	return nil
}

// claimsToLast and claimsOurAudience leave a claim that cannot be read to the
// decoder, which says what is wrong with it.
func claimsToLast(_ context.Context, a *attempt) error {
	if a.claimed.expiry.IsZero() {
		return nil
	}
	return orNil(a.v.checkExpiry(a.v.now(), a.claimed.expiry))
}

func claimsOurAudience(_ context.Context, a *attempt) error {
	if len(a.claimed.audience) == 0 {
		return nil
	}
	return orNil(a.v.checkAudience(a.from, a.claimed.audience))
}

func haveKey(ctx context.Context, a *attempt) error {
	key, err := a.from.Keys.Key(ctx, a.compact.keyID)
	if err != nil {
		return keyError(ctx, err, a.from, a.compact)
	}
	if key.algorithm != a.compact.algorithm {
		return refuse(UnknownKey, "the issuer's key %s is for %s, the token says %s", quote(a.compact.keyID), key.algorithm, a.compact.algorithm)
	}
	a.key = key
	return nil
}

func checkSignature(ctx context.Context, a *attempt) error {
	c := a.v.cache
	if c == nil || a.digest == (digest{}) {
		return a.v.checks.verify(ctx, sha256.Sum256([]byte(a.token)), a.compact, a.key)
	}
	if c.failedBefore(a.digest, a.key, a.v.now()) {
		return badSignature(a.key, nil)
	}
	err := a.v.checks.verify(ctx, a.digest, a.compact, a.key)
	if len(a.compact.signature) == a.key.signatureSize() { // another one costs nothing to refuse
		c.noteFailure(a.digest, a.key, a.v.now(), err)
	}
	return err
}

func decodeClaims(_ context.Context, a *attempt) error {
	decoded, err := decode(a.claimed.payload)
	if err != nil {
		return err
	}
	if a.from != nil && decoded.Issuer != a.from.URL {
		// The payload that was peeked at is the one that was signed.
		return errors.New("verifying token: the issuer changed between two readings of the payload")
	}
	a.decoded = decoded
	return nil
}

// ofToken makes a step of a check of the decoded token.
func ofToken(check func(*Verifier, time.Time, *issuer, *awstoken.Token) *Error) func(context.Context, *attempt) error {
	return func(_ context.Context, a *attempt) error { return orNil(check(a.v, a.v.now(), a.from, a.decoded)) }
}

// orNil keeps a nil *Error from becoming an error that is not nil.
func orNil(refusal *Error) error {
	if refusal == nil {
		return nil
	}
	return refusal
}

// describe adds what the token says of itself to a refusal: to a copy, since
// requests that share a signature check share its error.
func (a *attempt) describe(err error) error {
	var refusal *Error
	if a.claimed == nil || !errors.As(err, &refusal) {
		return err
	}
	described := *refusal
	described.Claimed = a.claimed.Claimed
	return &described
}
