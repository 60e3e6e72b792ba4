package devsts

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The limits of AssumeRoleWithWebIdentity, as its STS API reference page gives
// them.
const (
	minWebDuration, maxWebDuration = 900, 43200
	defaultWebDuration             = 3600
	maxSessionPolicy               = 2048 // characters
)

var webSessionPattern = regexp.MustCompile(`^[\w+=,.@-]*$`)

func roleARNLimits() limits    { return limits{min: 20, max: 2048} }
func webSessionLimits() limits { return limits{min: 2, max: 64, pattern: webSessionPattern} }
func webTokenLimits() limits   { return limits{min: 4, max: 20000} }

// webIdentityParams are the checked parameters of one
// AssumeRoleWithWebIdentity call.
type webIdentityParams struct {
	roleARN, sessionName, token string
	duration                    time.Duration
}

// readWebIdentityParams checks the parameters.
func readWebIdentityParams(f form) (webIdentityParams, *apiError) {
	v := &violations{}
	p := webIdentityParams{
		roleARN:     v.required(f, "RoleArn", roleARNLimits()),
		sessionName: v.required(f, "RoleSessionName", webSessionLimits()),
		token:       v.required(f, "WebIdentityToken", webTokenLimits()),
		duration:    time.Duration(v.seconds(f, minWebDuration, maxWebDuration, defaultWebDuration)) * time.Second,
	}
	if err := v.err(); err != nil {
		return webIdentityParams{}, err
	}
	if !rolePattern.MatchString(p.roleARN) {
		return webIdentityParams{}, errValidation("Request ARN is invalid")
	}
	if bad := checkProviderID(f); bad != nil {
		return webIdentityParams{}, bad
	}
	return p, checkSessionPolicies(f)
}

// required reads a text parameter that must be there. What it holds is told
// unless it is the token.
func (v *violations) required(f form, name string, l limits) string {
	at := lowerFirst(name)
	value, ok := f.get(name)
	if !ok {
		v.add("null", at, "Member must not be null")
		return ""
	}
	shown := "'" + value + "'"
	if name == "WebIdentityToken" {
		shown = "'<not shown>'"
	}
	for _, c := range l.broken(value) {
		v.add(shown, at, c)
	}
	return value
}

// checkProviderID: "Do not specify this value for OpenID Connect ID tokens", and
// tokens of OAuth 2.0 providers are none of ours.
func checkProviderID(f form) *apiError {
	if _, ok := f.get("ProviderId"); ok {
		return errValidation("ProviderId is for OAuth 2.0 access tokens; leave it out for OpenID Connect ID tokens.")
	}
	return nil
}

// checkSessionPolicies refuses session policies, with AWS's code when one is not
// even JSON. Here nothing evaluates them, and a session that may do more than was
// asked for would be worse than none.
func checkSessionPolicies(f form) *apiError {
	if text, ok := f.get("Policy"); ok {
		var policy map[string]json.RawMessage
		if len(text) > maxSessionPolicy || json.Unmarshal([]byte(text), &policy) != nil {
			return newError(http.StatusBadRequest, "MalformedPolicyDocument", "This policy contains invalid Json")
		}
		return errSessionPolicy()
	}
	for name := range f.values {
		if strings.HasPrefix(name, "PolicyArns.member.") {
			return errSessionPolicy()
		}
	}
	return nil
}

func errSessionPolicy() *apiError {
	return errValidation("devsts does not evaluate session policies; leave Policy and PolicyArns out.")
}
