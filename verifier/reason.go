package verifier

import (
	"fmt"
	"strings"
	"time"
)

// Reason says why a token was not accepted. The set is closed.
type Reason string

// The reasons, in the order of the checks.
const (
	TooLarge            Reason = "too_large"             // over MaxTokenSize
	MalformedToken      Reason = "malformed_token"       // not a compact JWS of strict JSON, or a header that is refused
	AlgorithmNotAllowed Reason = "algorithm_not_allowed" // alg is not one of the allowed ones
	UnknownIssuer       Reason = "unknown_issuer"        // iss is not trusted
	Expired             Reason = "expired"               // exp has passed
	WrongAudience       Reason = "wrong_audience"        // none of aud is ours, or others beside it
	UnknownKey          Reason = "unknown_key"           // the issuer has no such key for such a signature
	BadSignature        Reason = "bad_signature"         // the signature does not fit
	InvalidClaims       Reason = "invalid_claims"        // a claim is missing, of the wrong type or out of range
	NotYetValid         Reason = "not_yet_valid"         // iat or nbf lies ahead
	LifetimeTooLong     Reason = "lifetime_too_long"     // exp - iat is over the limit
	AccountMismatch     Reason = "account_mismatch"      // the issuer's pin, aws_account and sub disagree
	OrgMismatch         Reason = "org_mismatch"          // the organization that AWS signed is not a trusted one
	KeysUnavailable     Reason = "keys_unavailable"      // our fault: the issuer's keys cannot be had
	Overloaded          Reason = "overloaded"            // our fault: too many signatures wait to be checked
)

// Reasons returns the closed set.
func Reasons() []Reason {
	return []Reason{
		TooLarge, MalformedToken, AlgorithmNotAllowed, UnknownIssuer, Expired, WrongAudience,
		UnknownKey, BadSignature, InvalidClaims, NotYetValid, LifetimeTooLong, AccountMismatch, OrgMismatch,
		KeysUnavailable, Overloaded,
	}
}

// Error says why [Verifier.Verify] did not accept a token.
type Error struct {
	Reason Reason

	// Hint says what was wanted and what was there, for the person who must
	// change something. It holds text from the token: log it, do not send it.
	Hint string

	// Claimed is what the token says of itself, as far as it was read. Nothing
	// of it is verified.
	Claimed Claimed

	// RetryAfter is how long to wait before another try makes sense. It is set
	// for KeysUnavailable and Overloaded, whose cause lies with us.
	RetryAfter time.Duration

	// Err is the cause, when another error is one.
	Err error
}

// Claimed is what a token that was not accepted says of itself.
type Claimed struct {
	Issuer, KeyID, AccountID, Subject, ID string
}

// clone copies the texts, which share the memory of the whole payload.
func (c Claimed) clone() Claimed {
	return Claimed{strings.Clone(c.Issuer), strings.Clone(c.KeyID), strings.Clone(c.AccountID), strings.Clone(c.Subject), strings.Clone(c.ID)}
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("verifying token: %s", e.Reason)
	}
	return fmt.Sprintf("verifying token: %s: %s", e.Reason, e.Hint)
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

func refuse(reason Reason, hint string, args ...any) *Error {
	return &Error{Reason: reason, Hint: fmt.Sprintf(hint, args...)}
}
