package caddymodule

import (
	"fmt"
	"net/http"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The reasons that are neither a token's nor a policy's.
const (
	missingToken      = "missing_token"
	malformedRequest  = "malformed_request"
	upgradeRefused    = "upgrade_refused"
	unsafeHeaderValue = "unsafe_header_value"
	internalError     = "internal_error"

	// There is no assertion: in the first case the caller lacks something, in the
	// second the gateway does.
	assertionFailed    = "assertion_failed"
	signingUnavailable = "signing_unavailable"

	// Who asks about another request is none.
	untrustedProxy = "untrusted_proxy"
)

// answer is what a client learns of a refusal. RFC 6750, section 3.1, has the
// codes; the reason stays in the log, since it would help whoever attacks.
type answer struct {
	status    int
	challenge bool   // whether WWW-Authenticate is set; see Handler.challenge
	code      string // its error
}

var (
	noCredential      = answer{http.StatusUnauthorized, true, ""}
	invalidRequest    = answer{http.StatusBadRequest, true, "invalid_request"}
	invalidToken      = answer{http.StatusUnauthorized, true, "invalid_token"}
	insufficientScope = answer{http.StatusForbidden, true, "insufficient_scope"}
	forbidden         = answer{http.StatusForbidden, false, ""}
	unavailable       = answer{http.StatusServiceUnavailable, false, ""}
	ourFault          = answer{http.StatusInternalServerError, false, ""}
)

// answers is the table of refusals.
var answers = map[string]answer{
	missingToken:     noCredential,
	malformedRequest: invalidRequest,

	string(verifier.MalformedToken):      invalidToken,
	string(verifier.TooLarge):            invalidToken,
	string(verifier.AlgorithmNotAllowed): invalidToken,
	string(verifier.UnknownIssuer):       invalidToken,
	string(verifier.UnknownKey):          invalidToken,
	string(verifier.BadSignature):        invalidToken,
	string(verifier.InvalidClaims):       invalidToken,
	string(verifier.WrongAudience):       invalidToken,
	string(verifier.Expired):             invalidToken,
	string(verifier.NotYetValid):         invalidToken,
	string(verifier.LifetimeTooLong):     invalidToken,
	string(verifier.AccountMismatch):     invalidToken,
	string(verifier.OrgMismatch):         invalidToken,

	string(celpolicy.ReasonRequirementFailed): insufficientScope,
	string(celpolicy.ReasonPolicyDenied):      insufficientScope,
	string(celpolicy.ReasonPolicyError):       insufficientScope,

	upgradeRefused:                     forbidden,
	string(celpolicy.ReasonUnsafePath): forbidden,
	unsafeHeaderValue:                  forbidden,
	assertionFailed:                    forbidden,
	untrustedProxy:                     forbidden,

	string(verifier.KeysUnavailable): unavailable,
	string(verifier.Overloaded):      unavailable,
	signingUnavailable:               unavailable,

	internalError: ourFault,
}

// refusal says why a request does not pass. Its text is the reason alone: it
// goes where Caddy writes errors.
type refusal struct {
	reason     string
	rule       string
	hint       string // for the log
	retryAfter time.Duration
	result     *verifier.Result // of the token, when this handler verified it
	claimed    verifier.Claimed // of a token that it did not
}

func (r *refusal) Error() string { return "aws_jwt: " + r.reason }

// answer of a reason that the table lacks is one of ours: it must not pass.
func (r *refusal) answer() answer {
	if a, ok := answers[r.reason]; ok {
		return a
	}
	return ourFault
}

// challenge is the value of WWW-Authenticate for Bearer (RFC 6750, section 3).
func (r *refusal) challenge(realm string, explain bool) string {
	value := fmt.Sprintf(`Bearer realm="%s"`, realm)
	if code := r.answer().code; code != "" {
		value += fmt.Sprintf(`, error="%s"`, code)
	}
	if explain {
		value += fmt.Sprintf(`, error_description="%s"`, r.reason)
	}
	return value
}
