package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// The calls that are made, by the names of their permissions.
const (
	callIdentity = "sts:GetCallerIdentity"
	callAssume   = "sts:AssumeRole"
	callList     = "organizations:ListAccounts"
	callInfo     = "iam:GetOutboundWebIdentityFederationInfo"
)

// The codes of faults that no service answered.
const (
	codeUnreachable = "unreachable"
	codeTimeout     = "timeout"
	codeCredentials = "no_credentials"
	codeBadIssuer   = "bad_issuer"
)

// CallError is a call that failed.
type CallError struct {
	Call    string // the permission that it needs
	Code    string // AWS's, or unreachable, timeout, no_credentials or bad_issuer
	Message string // AWS's words, from outside
	Remedy  string // what to change; <account> stands for the account

	// Caller says that the credentials of whoever asks are no good, so that no
	// other call will do better.
	Caller bool `json:"-"`
}

// Error implements error.
func (f *CallError) Error() string { return fmt.Sprintf("%s: %s: %s", f.Call, f.Code, f.Message) }

// newFault makes a fault of an SDK's error. Role is the ARN of the role whose
// credentials were used, or that was to be assumed.
func newFault(call, role string, err error) *CallError {
	f := &CallError{Call: call, Code: codeUnreachable, Message: err.Error()}
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		f.Code, f.Message = api.ErrorCode(), api.ErrorMessage()
	case errors.Is(err, context.DeadlineExceeded):
		f.Code = codeTimeout
	case strings.Contains(f.Message, "failed to refresh cached credentials"): // the SDK has no type for it
		f.Code = codeCredentials
	}
	// The credentials of a role that was assumed just now say nothing of the caller's.
	f.Caller = call != callInfo && isCredentials(f.Code)
	f.Remedy = f.remedy(role)
	return f
}

// isCredentials tells the codes of credentials that have ended, or never were.
func isCredentials(code string) bool {
	return slices.Contains([]string{
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken", codeCredentials,
	}, code)
}

func isThrottling(code string) bool {
	return slices.Contains([]string{"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}, code)
}

func isDenied(code string) bool {
	return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, code)
}

func (f *CallError) remedy(role string) string {
	switch {
	case f.Caller && strings.HasPrefix(f.Code, "Expired"), f.Caller && f.Code == "RequestExpired":
		return "get new credentials, and go on with --resume"
	case f.Caller:
		return "give credentials that are good: by --profile, or the environment that the AWS SDKs read (AWS_PROFILE, AWS_ACCESS_KEY_ID, …)"
	case f.Code == "AWSOrganizationsNotInUseException":
		return "run this with credentials of the organization's management account, or of a delegated administrator: this account is in no organization"
	case isDenied(f.Code) && f.Call == callList:
		return "run this with credentials of the management account, or of a delegated administrator, and allow organizations:ListAccounts"
	case isDenied(f.Code) && f.Call == callAssume:
		return "allow the caller sts:AssumeRole on " + role + ", and let that role exist and trust the caller; an account that was invited has no " +
			"OrganizationAccountAccessRole until somebody makes one. --role names another"
	case isDenied(f.Code) && f.Call == callInfo:
		return "allow " + role + " iam:GetOutboundWebIdentityFederationInfo; a service control policy may forbid it, too"
	case isThrottling(f.Code):
		return "ask for fewer at once, with --parallel 2, and go on with --resume"
	case f.Code == codeTimeout, f.Code == codeUnreachable:
		return "see whether this machine reaches the AWS endpoints (HTTPS_PROXY, VPC endpoints), and go on with --resume"
	}
	return "go on with --resume once that is mended, or leave the account out with --exclude"
}
