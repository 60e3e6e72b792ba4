package verifier

import (
	"context"
	"errors"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// The names of the checks, in the order in which [Verifier.Verify] makes them.
const (
	CheckForm         = "form"         // a compact JWS of two algorithms, with a header that is accepted
	CheckPayload      = "payload"      // strict JSON with an iss
	CheckIssuer       = "issuer"       // iss is trusted
	CheckAlgorithm    = "algorithm"    // alg is allowed for the issuer
	CheckExpiry       = "expiry"       // exp lies ahead
	CheckAudience     = "audience"     // aud names us
	CheckKey          = "key"          // the issuer has the key that kid names
	CheckSignature    = "signature"    // the key signed the token
	CheckClaims       = "claims"       // what must be there is there, of the right type
	CheckStart        = "start"        // iat and nbf do not lie ahead
	CheckLifetime     = "lifetime"     // exp - iat
	CheckAccount      = "account"      // the issuer may speak for aws_account
	CheckSubject      = "subject"      // sub is of aws_account
	CheckOrganization = "organization" // org_id is trusted, when the issuer is by its organization alone
)

// CheckState is how a check came out.
type CheckState string

// The states.
const (
	CheckPassed   CheckState = "passed"
	CheckFailed   CheckState = "failed"
	CheckNotAsked CheckState = "not_asked" // what it looks at is not there, for an earlier failure
	CheckCouldNot CheckState = "could_not" // not for the token's fault: its keys cannot be had, or are not wanted
)

// Check is one check of a token, as [Verifier.Explain] walks it. Text from the
// token is quoted and cut to 128 bytes.
type Check struct {
	Name   string
	State  CheckState
	Reason Reason // of a check that failed, or could not be made
	Hint   string // the same: what was wanted and what was there
	Found  string // "" where there is nothing to show
	Wanted string
}

// Explanation is a token's walk through all checks.
type Explanation struct {
	// Err is what Verify returns for the token, or nil; with Offline, as if its
	// signature fitted.
	Err error

	// Token is what the token says, or nil when that cannot be read. It is to be
	// believed only when Verified is true.
	Token *awstoken.Token

	// Verified says that the issuer is trusted, and that its key signed the token.
	Verified bool

	// Claimed is what the token says of itself, as far as it was read.
	Claimed Claimed

	Checks []Check
}

// ExplainOptions say how to walk.
type ExplainOptions struct {
	// Offline leaves out the checks of the key and the signature: nothing is
	// fetched, and the other checks go on as if they had passed. Such an
	// Explanation is never Verified.
	Offline bool

	// Now is the time to go by. The default is the Verifier's clock.
	Now time.Time
}

// Explain walks a token through the checks of [Verifier.Verify], and goes on
// behind the first that fails as far as there is something to look at. It is
// slower than Verify, for people and tests, and lets nobody in: nothing is
// remembered of the token.
func (v *Verifier) Explain(ctx context.Context, token string, o ExplainOptions) *Explanation {
	walked := *v
	switch {
	case !o.Now.IsZero():
		walked.now = func() time.Time { return o.Now }
	case v.now == nil:
		walked.now = time.Now // the zero Verifier's
	}
	w := explaining{attempt: attempt{v: &walked, token: token}}
	for _, s := range steps {
		w.take(ctx, s, o.Offline)
	}
	w.result.Token = w.decoded
	if w.claimed != nil {
		w.result.Claimed = w.claimed.Claimed
	}
	return &w.result
}

// explaining is an attempt that goes on.
type explaining struct {
	attempt
	result Explanation
}

func (w *explaining) take(ctx context.Context, s step, offline bool) {
	check := Check{Name: s.name}
	known := w.find(s.name)
	switch {
	case known != nil && known.State == CheckFailed:
		return // an early look has found what the late one would
	case s.name == CheckOrganization && w.from != nil && w.from.orgs == nil:
		return // an issuer that is listed goes by its own entry
	case offline && hasIssuer(&w.attempt) && (s.name == CheckKey || s.name == CheckSignature):
		check.State, check.Hint = CheckCouldNot, "it was not asked for"
	case !s.needs(&w.attempt):
		if s.early {
			return
		}
		check.State = CheckNotAsked
	default:
		check = w.ask(ctx, s)
	}
	switch {
	case known != nil:
		*known = check
	case s.early && check.State == CheckPassed:
		// The late look counts; its place in the list is this one.
		check.State = CheckNotAsked
		fallthrough
	default:
		w.result.Checks = append(w.result.Checks, check)
	}
}

func (w *explaining) ask(ctx context.Context, s step) Check {
	check := Check{Name: s.name, State: CheckPassed}
	err := s.check(ctx, &w.attempt)
	if s.tell != nil && s.needs(&w.attempt) {
		check.Found, check.Wanted = s.tell(&w.attempt)
	}
	if err == nil {
		w.result.Verified = w.result.Verified || s.name == CheckSignature
		return check
	}
	if err = w.describe(err); w.result.Err == nil {
		w.result.Err = err
	}
	check.State, check.Hint = CheckCouldNot, err.Error()
	var refusal *Error
	if errors.As(err, &refusal) {
		check.Reason, check.Hint = refusal.Reason, refusal.Hint
		if refusal.Reason != KeysUnavailable && refusal.Reason != Overloaded {
			check.State = CheckFailed
		}
	}
	return check
}

func (w *explaining) find(name string) *Check {
	for i := range w.result.Checks {
		if w.result.Checks[i].Name == name {
			return &w.result.Checks[i]
		}
	}
	return nil
}
