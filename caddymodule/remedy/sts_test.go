package remedy

import (
	"strings"
	"testing"
)

func TestSTSErrorIn(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"the CLI", "\nAn error occurred (OutboundWebIdentityFederationDisabledException) when calling the GetWebIdentityToken operation: The outbound web identity federation feature is not enabled for this account.\n", "OutboundWebIdentityFederationDisabledException"},
		{"the API reference's spelling", "OutboundWebIdentityFederationDisabled: The feature is not enabled.", "OutboundWebIdentityFederationDisabledException"},
		{"the SDK for Go", "operation error STS: GetWebIdentityToken, https response error StatusCode: 403, RequestID: 1b2c, SessionDurationEscalationException: The requested token duration would extend the session.", "SessionDurationEscalationException"},
		{"the wire", `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>JWTPayloadSizeExceededException</Code><Message>…</Message></Error></ErrorResponse>`, "JWTPayloadSizeExceededException"},
		{"boto3", "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetWebIdentityToken operation: User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: sts:TagGetWebIdentityToken", "AccessDenied"},
		{"JavaScript", "ValidationError: 1 validation error detected\n    at ProtocolLib.getErrorSchemaOrThrowBaseException (…)", "ValidationError"},
		{"an operation that is not there", "An error occurred (InvalidAction) when calling the GetWebIdentityToken operation: Could not find operation", "InvalidAction"},
		{"the global endpoint", `Could not connect to the endpoint URL: "https://sts.amazonaws.com/"`, "sts.amazonaws.com"},
		{"the global endpoint at the end", "calling https://sts.amazonaws.com", "sts.amazonaws.com"},

		{"a regional endpoint", `Could not connect to the endpoint URL: "https://sts.eu-central-1.amazonaws.com/"`, ""},
		{"part of a word", "ParamValidationError, NotAccessDenied, AccessDeniedByUs", ""},
		{"another error on the wire", `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>`, ""},
		{"credentials that have ended", "An error occurred (ExpiredToken) when calling the GetWebIdentityToken operation: The security token included in the request is expired", "ExpiredToken"},
		{"the same of the SDK for Go", "https response error StatusCode: 403, RequestID: 1b2c, api error ExpiredTokenException: The security token included in the request is expired", "ExpiredToken"},
		{"no such key", "An error occurred (InvalidClientTokenId) when calling the GetWebIdentityToken operation: The security token included in the request is invalid.", "InvalidClientTokenId"},
		{"another secret", "An error occurred (SignatureDoesNotMatch) when calling the GetWebIdentityToken operation: Signature expired", "SignatureDoesNotMatch"},
		{"too often", "An error occurred (Throttling) when calling the GetWebIdentityToken operation (reached max retries: 4): Rate exceeded", "Throttling"},
		{"a code that nobody knows", "\nAn error occurred (BrandNew.Code) when calling the GetWebIdentityToken operation: no\n", "BrandNew.Code"},
		{"another operation", "An error occurred (BrandNew) when calling the AssumeRole operation: no", "BrandNew"},
		{"a code in another sentence", "An error (BrandNew) occurred when calling the AssumeRole operation: no", ""},
		{"no code", "An error occurred (\x1b[2J) when calling the AssumeRole operation: no", ""},
		{"a payload", `{"iss":"x","https://sts.amazonaws.com/":{"aws_account":"123456789012"}}`, ""},
		{"a token", "eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJ4In0.AAAA", ""},
		{"nothing", "", ""},
	} {
		got, ok := STSErrorIn(c.text)
		if got.Code != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got.Code, ok, c.want)
		}
	}
}

// What is said of a code that the table lacks can be shown, as that of the others.
func TestUnknownSTSError(t *testing.T) {
	e, ok := STSErrorIn("An error occurred (BrandNew) when calling the AssumeRole operation: no")
	if !ok || !strings.Contains(e.Cause, "STS refused the call of `AssumeRole`") {
		t.Errorf("%+v", e)
	}
	checkSentences(t, e.Code, e.Cause)
	checkClause(t, e.Code, e.Do)
}
