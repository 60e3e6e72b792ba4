package main

import "net/http"

// forgedAccount is somebody else's, in a header that only the gateway may set.
const forgedAccount = "999988887777"

// check is one request and what must come of it.
type check struct {
	title   string
	role    string            // whose token is sent; "" for none
	team    string            // what principal_tags.team is changed to behind STS's back
	headers map[string]string // that the client sends beside the token
	notes   []string          // what a reader should know of the request
	want    expectation
	meaning string // what it shows when it goes as expected
}

// expectation is an outcome.
type expectation struct {
	status    int
	challenge string // WWW-Authenticate
	decision  string // the log's message
	reason    string
	rule      string
	// upstream has the headers that the upstream must see, each exactly once,
	// or, when the value is "", never. When it is nil, no request may arrive.
	upstream map[string]string
}

const (
	noToken           = `Bearer realm="aws"`
	invalidToken      = `Bearer realm="aws", error="invalid_token"`
	insufficientScope = `Bearer realm="aws", error="insufficient_scope"`
)

func refused(status int, challenge, reason string) expectation {
	return expectation{status: status, challenge: challenge, decision: "refused", reason: reason}
}

var checks = []check{
	{
		title:   "A caller that the policy allows",
		role:    "orders-lambda",
		headers: map[string]string{"X-Aws-Token-Account-Id": forgedAccount},
		want: expectation{
			status: http.StatusOK, decision: "allowed", rule: "orders-team",
			upstream: map[string]string{
				"X-Aws-Token-Account-Id": "111122223333",
				"X-Aws-Token-Sub":        "arn:aws:iam::111122223333:role/orders-lambda",
				"X-Team":                 "orders",
				"Authorization":          "",
			},
		},
		meaning: "The upstream learns the true caller; the forged header and the token did not get through.",
	},
	{
		title:   "A genuine token that the policy refuses",
		role:    "reports-batch",
		notes:   []string{"The account, the audience and the signature are right; the team is not."},
		want:    refused(http.StatusForbidden, insufficientScope, "policy_denied"),
		meaning: "The token is good, and still its owner may not do this.",
	},
	{
		title:   "A genuine token of somebody else's account",
		role:    "stranger",
		notes:   []string{"STS signed it correctly, and the team looks right; the account is one that nobody trusts."},
		want:    refused(http.StatusUnauthorized, invalidToken, "unknown_issuer"),
		meaning: "Each AWS account has an issuer of its own, and only the one in the Caddyfile counts.",
	},
	{
		title:   "No token",
		want:    refused(http.StatusUnauthorized, noToken, "missing_token"),
		meaning: "Nobody passes without a token.",
	},
	{
		title:   "A forged token",
		role:    "reports-batch",
		team:    "orders",
		notes:   []string{`When STS signed it, principal_tags.team was "reports"; the signature is still the old one.`},
		want:    refused(http.StatusUnauthorized, invalidToken, "bad_signature"),
		meaning: "What the token says counts only as AWS signed it.",
	},
}
