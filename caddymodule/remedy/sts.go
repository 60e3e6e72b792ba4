package remedy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// STSError is an answer that a caller gets from AWS STS in place of a token.
type STSError struct {
	Code  string // as the answer has it
	Cause string // whole sentences in Markdown
	Do    string // a clause, as that of a Remedy
}

// STSErrors returns the table. AWS's own pages are its source: the API
// reference of GetWebIdentityToken, and the errors common to all operations.
func STSErrors() []STSError { return slices.Clone(stsErrors) }

var stsErrors = []STSError{
	{
		Code: "OutboundWebIdentityFederationDisabledException",
		Cause: "The feature is not enabled in the caller's account. " +
			"`aws iam get-outbound-web-identity-federation-info` shows whether it is.",
		Do: "have an administrator of the account run aws iam enable-outbound-web-identity-federation, once",
	},
	{
		Code:  "JWTPayloadSizeExceededException",
		Cause: "The token would be larger than STS makes them. Tags are what makes tokens large.",
		Do:    "call with fewer or shorter tags",
	},
	{
		Code: "SessionDurationEscalationException",
		Cause: "The token would outlive the role's session, and STS makes none that does. " +
			"It happens towards the end of a session, or with a long `--duration-seconds`.",
		Do: "call with a shorter --duration-seconds, or with the credentials of a new session",
	},
	{
		Code: "AccessDenied",
		Cause: "A policy does not allow the call: the permission `sts:GetWebIdentityToken`, for a call with tags `sts:TagGetWebIdentityToken` as well, " +
			"or a condition on the audience, the duration, the algorithm or the tags (`sts:IdentityTokenAudience`, `sts:DurationSeconds`, `sts:SigningAlgorithm`, `aws:RequestTag/…`, `aws:TagKeys`).",
		Do: "give the role the permission that the message names, and call as its conditions say",
	},
	{
		Code: "ValidationError",
		Cause: "A parameter is missing or out of range: 1 to 10 audiences of 1 to 1000 characters each, " +
			"the signing algorithm `RS256` or `ES384`, which is required, 60 to 3600 seconds, at most 50 tags.",
		Do: "correct the parameter that the message names",
	},
	{
		Code: "ExpiredToken",
		Cause: "The credentials that signed the call have ended. It is the session's token that expired: no token of `GetWebIdentityToken` is sent to STS. " +
			"Or the caller's clock is wrong.",
		Do: "take new credentials of the role, and look at the caller's clock if they are new",
	},
	{
		Code: "InvalidClientTokenId",
		Cause: "AWS has no such access key: it was deleted, or mistyped, or is one of another partition, such as `aws-cn`. " +
			"Temporary credentials need their session token, too, and a region that is disabled in the account does not know them.",
		Do: "look at the access key, the session token and the region: aws sts get-caller-identity must succeed with them",
	},
	{
		Code: "SignatureDoesNotMatch",
		Cause: "The call was signed with another secret than the access key's, for another host or region, or too long ago: " +
			"STS takes none whose time is over 15 minutes off. A proxy that changes the request breaks its signature, too.",
		Do: "look at the secret access key, the caller's clock, and proxies that change the call",
	},
	{
		Code: "Throttling",
		Cause: "The account called STS more often than it may. The quota is shared by the calls of the account in a region; " +
			"a token serves until it ends, so one for each request is not needed.",
		Do: "try again later, and keep each token until shortly before its end",
	},
	{
		Code: "InvalidAction",
		Cause: "The endpoint that was called does not know the operation. `GetWebIdentityToken` is not available on the global endpoint of STS, " +
			"only on those of the regions. (AWS does not say which error the global one answers.)",
		Do: globalEndpointDo,
	},
	{
		Code: globalEndpoint,
		Cause: "The message names the global endpoint of STS, on which `GetWebIdentityToken` is not available. " +
			"Some SDKs, and old ones above all, call it unless they are told otherwise.",
		Do: globalEndpointDo,
	},
}

const (
	globalEndpoint   = "sts.amazonaws.com"
	globalEndpointDo = "call a regional endpoint: set AWS_REGION, and AWS_STS_REGIONAL_ENDPOINTS=regional"
)

// STSErrorIn finds the code of an error in the text that a command or a program
// printed when its call failed. A code counts as a whole word, with Exception
// at its end or without, as AWS's pages spell it in both ways. A code that the
// table lacks is taken from how the AWS CLI tells of a call that failed.
func STSErrorIn(text string) (STSError, bool) {
	for _, e := range stsErrors {
		if e.Code == globalEndpoint {
			if namesGlobalEndpoint(text) {
				return e, true
			}
			continue
		}
		if hasCode(text, strings.TrimSuffix(e.Code, "Exception")) {
			return e, true
		}
	}
	if call := failedCall.FindStringSubmatch(text); call != nil {
		return unknown(call[1], call[2]), true
	}
	return STSError{}, false
}

// failedCall is how the AWS CLI and boto3 begin to tell of a call that failed.
var failedCall = regexp.MustCompile(`An error occurred \(([0-9A-Za-z._-]{1,64})\) when calling the ([0-9A-Za-z]{1,64}) operation`)

// unknown is an error that the table lacks.
func unknown(code, operation string) STSError {
	return STSError{
		Code:  code,
		Cause: fmt.Sprintf("STS refused the call of `%s`, and its message says why.", operation),
		Do:    "do as the message says; AWS's page on the common errors of STS lists codes",
	}
}

// hasCode looks for the code as one word of letters and digits.
func hasCode(text, code string) bool {
	for _, word := range words.FindAllString(text, -1) {
		if strings.TrimSuffix(word, "Exception") == code {
			return true
		}
	}
	return false
}

var words = regexp.MustCompile(`[0-9A-Za-z]+`)

// namesGlobalEndpoint reports whether the text has the endpoint's address. The
// same URL is the name of an XML namespace, and of an object in each token.
func namesGlobalEndpoint(text string) bool {
	for _, url := range urls.FindAllString(text, -1) {
		rest := strings.TrimPrefix(url, "https://"+globalEndpoint)
		if rest != url && !strings.HasPrefix(rest, "/doc/") && !strings.HasPrefix(rest, `/":`) {
			return true
		}
	}
	return false
}

var urls = regexp.MustCompile(`https://sts\.amazonaws\.com(?:[/:?"'\s]\S*|$)`)
