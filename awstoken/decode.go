package awstoken

import (
	"fmt"
	"time"
)

// topNames are the payload's members that Decode reads.
var topNames = []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", Namespace}

// Decode reads a token's payload. The caller has verified its signature.
//
// Required are iss, sub, aud, exp, iat and aws_account. exp is later than iat;
// sub is the ARN of an IAM or STS principal; times are JSON integers in digits
// alone, in seconds since 1970 (RFC 7519 NumericDate, without fractions);
// a known claim that is there has its proper type. Whether the token is for
// you, from someone you trust, or still good, Decode does not ask.
//
// The error is a [*SyntaxError] when the payload is not strict JSON, spells a
// known name in another case or has an iss that is no string, and a
// [*ClaimError] for any other fault of a claim.
func Decode(payload []byte) (*Token, error) {
	top, err := ParseObject(payload)
	if err != nil {
		return nil, err
	}
	return DecodeObject(top)
}

// DecodeObject is [Decode] of a payload that [ParseObject] has read. The token keeps
// nothing of it.
func DecodeObject(top map[string]any) (*Token, error) {
	if err := checkCase(top, topNames); err != nil {
		return nil, err
	}
	if iss, there := top["iss"]; there {
		if _, ok := iss.(string); !ok {
			return nil, &SyntaxError{"iss is not a string"}
		}
	}
	t := new(Token)
	if err := t.decodeRegistered(top); err != nil {
		return nil, err
	}
	aws, ok := top[Namespace].(map[string]any)
	if !ok {
		return nil, &ClaimError{Namespace, "it is missing or not an object"}
	}
	if err := checkCase(aws, awsNames); err != nil {
		return nil, err
	}
	if err := t.decodeAWS(aws); err != nil {
		return nil, err
	}
	t.keepOther(aws)
	return t, nil
}

func checkCase(object map[string]any, known []string) error {
	for name := range object {
		if k := UnknownCase(name, known); k != "" {
			return &SyntaxError{fmt.Sprintf("a name differs from %q in case alone", k)}
		}
	}
	return nil
}

// decodeRegistered reads the claims of RFC 7519, section 4.1.
func (t *Token) decodeRegistered(top map[string]any) error {
	r := claimReader{object: top}
	t.Issuer = r.requiredString("iss")
	t.Subject = r.requiredString("sub")
	t.ID = r.string("jti")
	t.Audience = r.strings("aud")
	t.IssuedAt = r.requiredSeconds("iat")
	t.Expiry = r.requiredSeconds("exp")
	t.NotBefore = r.seconds("nbf")
	if r.err != nil {
		return r.err
	}
	if len(t.Audience) == 0 {
		return &ClaimError{"aud", "it is missing or empty; an audience is required"}
	}
	if !t.Expiry.After(t.IssuedAt) {
		return &ClaimError{"exp", "it is not later than iat"}
	}
	principal, err := ParsePrincipal(t.Subject)
	if err != nil {
		return &ClaimError{"sub", err.Error()}
	}
	t.Principal = principal
	return nil
}

// awsNames are the members of the Namespace object that decodeAWS reads.
var awsNames = []string{
	"aws_account", "org_id", "ou_path", "source_region", "principal_id",
	"principal_tags", "request_tags", "identity_store_user_id", "identity_store_arn",
	"source_identity", "federated_provider", "original_session_exp",
	"ec2_source_instance_arn", "ec2_instance_source_vpc",
	"ec2_instance_source_private_ipv4", "ec2_role_delivery",
	"lambda_source_function_arn", "glue_credential_issuing_service",
}

func (t *Token) decodeAWS(aws map[string]any) error {
	r := claimReader{object: aws}
	t.AccountID = r.requiredString("aws_account")
	t.OrgID = r.string("org_id")
	t.OUPath = r.strings("ou_path")
	t.SourceRegion = r.string("source_region")
	t.PrincipalID = r.string("principal_id")
	t.PrincipalTags = r.stringMap("principal_tags")
	t.RequestTags = r.stringMap("request_tags")
	t.IdentityStoreUserID = r.string("identity_store_user_id")
	t.IdentityStoreARN = r.string("identity_store_arn")
	t.SourceIdentity = r.string("source_identity")
	t.FederatedProvider = r.string("federated_provider")
	t.OriginalSessionExpiry = r.timestamp("original_session_exp")
	t.EC2SourceInstanceARN = r.string("ec2_source_instance_arn")
	t.EC2InstanceSourceVPC = r.string("ec2_instance_source_vpc")
	t.EC2InstanceSourcePrivateIPv4 = r.string("ec2_instance_source_private_ipv4")
	t.EC2RoleDelivery = r.string("ec2_role_delivery")
	t.LambdaSourceFunctionARN = r.string("lambda_source_function_arn")
	t.GlueCredentialIssuingService = r.string("glue_credential_issuing_service")
	if r.err != nil {
		return r.err
	}
	if !IsAccountID(t.AccountID) {
		return &ClaimError{"aws_account", "it is not 12 digits"}
	}
	// What is the same is kept once.
	if t.AccountID == t.Principal.AccountID {
		t.AccountID = t.Principal.AccountID
	}
	if t.PrincipalID == t.Subject {
		t.PrincipalID = t.Subject
	}
	return nil
}

// maxSeconds is the last second of the year 9999, the last that RFC 3339 can
// write.
var maxSeconds = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
