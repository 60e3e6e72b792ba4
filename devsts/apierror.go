package devsts

import "net/http"

// apiError is a refusal in the query protocol. Codes and statuses are those of
// the operations' API reference pages and of AWS's common errors page.
type apiError struct {
	status  int
	code    string
	message string
}

func newError(status int, code, message string) *apiError {
	return &apiError{status: status, code: code, message: message}
}

func errValidation(message string) *apiError {
	return newError(http.StatusBadRequest, "ValidationError", message)
}

// errInternal is a fault of devsts. AWS would not say which; here the caller is
// the developer, and there is no other log.
func errInternal(err error) *apiError {
	return newError(http.StatusInternalServerError, "InternalFailure", "devsts failed: "+err.Error())
}

func errInvalidAction(action, version string) *apiError {
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	return newError(http.StatusBadRequest, "InvalidAction", "Could not find operation "+action+" for version "+version)
}

func errAccessDenied(caller, permission string) *apiError {
	return newError(http.StatusForbidden, "AccessDenied", "User: "+caller+" is not authorized to perform: "+permission+
		" because no identity-based policy allows the "+permission+" action")
}

func errFederationDisabled() *apiError {
	return newError(http.StatusForbidden, "OutboundWebIdentityFederationDisabledException",
		"The outbound web identity federation feature is not enabled for this account.")
}

func errPayloadSize() *apiError {
	return newError(http.StatusBadRequest, "JWTPayloadSizeExceededException",
		"The requested token payload size exceeds the maximum allowed size. Reduce the number of request tags.")
}

func errSessionEscalation() *apiError {
	return newError(http.StatusForbidden, "SessionDurationEscalationException",
		"The requested token duration would extend the session beyond its original expiration time.")
}

func errFeatureDisabled() *apiError {
	return newError(http.StatusNotFound, "FeatureDisabled",
		"Outbound identity federation is disabled for this account.")
}

func errFeatureEnabled() *apiError {
	return newError(http.StatusConflict, "FeatureEnabled",
		"Outbound identity federation is already enabled for this account.")
}

// errExpiredToken is the common error of credentials whose session has ended.
func errExpiredToken() *apiError {
	return newError(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
}
