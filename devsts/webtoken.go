package devsts

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// webToken is a web identity token that was read, whether or not it is good.
type webToken struct {
	kid, algorithm string
	issuer         string
	subject        string
	// audience is the claim azp if the token has one, else the only value of
	// aud. That is the condition key aud, says the IAM User Guide under
	// "Available keys for AWS OIDC federation".
	audience        string
	issued, expires time.Time
	input           string // what was signed
	signature       []byte
}

// clockSkew is how far ahead of AWS's clock iat may be. AWS does not publish it;
// implementers found five minutes.
const clockSkew = 5 * time.Minute

func errIdentityToken(message string) *apiError {
	return newError(http.StatusBadRequest, "InvalidIdentityToken", message)
}

// The message that AWS gives to what it cannot read as a JWT.
func errNoJWT() *apiError {
	return errIdentityToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
}

// readWebToken reads a compact JWT and the claims that AWS requires.
func readWebToken(text string) (webToken, *apiError) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return webToken{}, errNoJWT()
	}
	var head struct {
		Kid string `json:"kid"`
		Alg string `json:"alg"`
	}
	var claims map[string]json.RawMessage
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodeSegment(parts[0], &head) || !decodeSegment(parts[1], &claims) {
		return webToken{}, errNoJWT()
	}
	t := webToken{kid: head.Kid, algorithm: head.Alg, input: parts[0] + "." + parts[1], signature: signature}
	if bad := checkAlgorithm(t.algorithm); bad != nil {
		return webToken{}, bad
	}
	if bad := checkRequiredClaims(claims); bad != nil {
		return webToken{}, bad
	}
	if !nonEmpty(claims["iss"], &t.issuer) || !nonEmpty(claims["sub"], &t.subject) {
		return webToken{}, errIdentityToken("The claims iss and sub must be strings that are not empty.")
	}
	var bad *apiError
	if t.audience, bad = effectiveAudience(claims); bad != nil {
		return webToken{}, bad
	}
	if t.issued, bad = timestamp("iat", claims["iat"]); bad != nil {
		return webToken{}, bad
	}
	t.expires, bad = timestamp("exp", claims["exp"])
	return t, bad
}

func decodeSegment(segment string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// nonEmpty reads a string of at least one character.
func nonEmpty(raw json.RawMessage, into *string) bool {
	return json.Unmarshal(raw, into) == nil && *into != ""
}

// webAlgorithms are the algorithms that AWS takes: "Tokens must be signed using
// either RSA keys (RS256, RS384, or RS512) or ECDSA keys (ES256, ES384, or
// ES512)", STS API reference, AssumeRoleWithWebIdentity, WebIdentityToken.
func webAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}
}

func checkAlgorithm(alg string) *apiError {
	if !slices.Contains(webAlgorithms(), alg) {
		return errIdentityToken("The token must be signed with one of " + strings.Join(webAlgorithms(), ", ") + ".")
	}
	return nil
}

// checkRequiredClaims wants the claims that the IAM User Guide lists for tokens
// of an OIDC provider ("Create an OpenID Connect identity provider in IAM"): aud,
// iat, iss and sub, and exp, without which no ID token of OpenID Connect is one.
// The message is AWS's.
func checkRequiredClaims(claims map[string]json.RawMessage) *apiError {
	for _, name := range []string{"iss", "sub", "aud", "iat", "exp"} {
		if _, ok := claims[name]; !ok {
			return errIdentityToken("Missing a required claim: " + name)
		}
	}
	return nil
}

// effectiveAudience wants azp where aud has several values, as OpenID Connect
// Core 1.0, section 2, has it. The message about that is AWS's.
func effectiveAudience(claims map[string]json.RawMessage) (string, *apiError) {
	malformed := errIdentityToken("The claims aud and azp must be strings, or aud an array of strings.")
	var list []string
	var single, party string
	if nonEmpty(claims["aud"], &single) {
		list = []string{single}
	} else if json.Unmarshal(claims["aud"], &list) != nil || len(list) == 0 {
		return "", malformed
	}
	if raw, ok := claims["azp"]; ok {
		if !nonEmpty(raw, &party) {
			return "", malformed
		}
		return party, nil
	}
	if len(list) > 1 {
		return "", errIdentityToken("Token audience contains more than one audience while authorized party is not present")
	}
	return list[0], nil
}

// timestamp reads whole seconds: "Timestamps in the token must be formatted as
// either an integer or a long integer", STS API reference,
// AssumeRoleWithWebIdentity, WebIdentityToken.
func timestamp(name string, raw json.RawMessage) (time.Time, *apiError) {
	seconds, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return time.Time{}, errIdentityToken("The claim " + name + " must be a whole number of seconds.")
	}
	return time.Unix(seconds, 0), nil
}

// checkIssuedAt refuses tokens from the future; the message is what implementers
// saw of AWS.
func checkIssuedAt(t webToken, now time.Time) *apiError {
	if t.issued.After(now.Add(clockSkew)) {
		return errIdentityToken("Token issued in the future.")
	}
	return nil
}

// checkExpiry answers ExpiredTokenException, as the STS API reference has it;
// the message is AWS's to the letter. One was refused 198 s after exp
// (awslabs/aws-orbit-workbench, issue 707), so there is no leeway here, though
// implementers say that there is one of five minutes.
func checkExpiry(t webToken, now time.Time) *apiError {
	if now.Before(t.expires) {
		return nil
	}
	return newError(http.StatusBadRequest, "ExpiredTokenException", fmt.Sprintf(
		"Token expired: current date/time %d must be before the expiration date/time%d", now.Unix(), t.expires.Unix()))
}

// checkAudience wants the audience among the provider's client IDs: "a list of
// client IDs (also known as audiences) that identify the application or
// applications allowed to authenticate using the OIDC provider", IAM API
// reference, CreateOpenIDConnectProvider. The message is AWS's.
func checkAudience(t webToken, p OIDCProvider) *apiError {
	if !slices.Contains(p.ClientIDs, t.audience) {
		return errIdentityToken("Incorrect token audience")
	}
	return nil
}
