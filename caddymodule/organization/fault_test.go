package organization

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
)

func TestFault(t *testing.T) {
	const role = "arn:aws:iam::<account>:role/Reader"
	api := func(code string) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code, Message: "words"})
	}
	for _, tt := range []struct {
		call, code string
		err        error
		caller     bool
		remedy     string
	}{
		{callAssume, "AccessDenied", api("AccessDenied"), false, "allow the caller sts:AssumeRole on " + role},
		{callInfo, "AccessDenied", api("AccessDenied"), false, "allow " + role + " iam:GetOutbound"},
		{callList, "AccessDeniedException", api("AccessDeniedException"), false, "credentials of the management account"},
		{callList, "AWSOrganizationsNotInUseException", api("AWSOrganizationsNotInUseException"), false, "in no organization"},
		{callAssume, "Throttling", api("Throttling"), false, "--parallel 2"},
		{callList, "TooManyRequestsException", api("TooManyRequestsException"), false, "--parallel 2"},
		{callAssume, "ExpiredToken", api("ExpiredToken"), true, "get new credentials"},
		{callInfo, "ExpiredToken", api("ExpiredToken"), false, "go on with --resume"}, // of the role's session
		{callIdentity, "InvalidClientTokenId", api("InvalidClientTokenId"), true, "--profile"},
		{callList, "UnrecognizedClientException", api("UnrecognizedClientException"), true, "--profile"},
		{callIdentity, codeCredentials, errors.New("get identity: failed to refresh cached credentials, no"), true, "--profile"},
		{callAssume, codeTimeout, fmt.Errorf("calling: %w", context.DeadlineExceeded), false, "reaches the AWS endpoints"},
		{callAssume, codeUnreachable, errors.New("dial tcp: refused"), false, "reaches the AWS endpoints"},
		{callInfo, "ServiceFailure", api("ServiceFailure"), false, "--exclude"},
	} {
		f := newFault(tt.call, role, tt.err)
		if f.Code != tt.code || f.Caller != tt.caller || !strings.Contains(f.Remedy, tt.remedy) || !strings.HasPrefix(f.Error(), tt.call+": "+tt.code+": ") {
			t.Errorf("%s %s: got %+v", tt.call, tt.code, f)
		}
	}
}

// TestAccountState: State says it where there is one, Status where there is none.
func TestAccountState(t *testing.T) {
	for want, account := range map[string]types.Account{
		"SUSPENDED": {State: "SUSPENDED", Status: "ACTIVE"}, "ACTIVE": {Status: "ACTIVE"}, "CLOSED": {State: "CLOSED"},
	} {
		if got := state(account); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := organizationOf("arn:aws:organizations::111122223333:account/o-abc1234567/444455556666"); got != org {
		t.Error(got)
	}
}
