package awstoken

import "time"

// Namespace is the name of the payload's member that holds what AWS says about
// the caller. It is one JSON name, with its dots and its trailing slash.
const Namespace = "https://sts.amazonaws.com/"

// Token is what a token says. The zero value of a field means that the token
// lacks the attribute. Its maps and slices must not be changed once it is
// shared.
type Token struct {
	Issuer    string    // iss
	Subject   string    // sub, the ARN of the principal
	ID        string    // jti
	Audience  []string  // aud, never empty after Decode
	IssuedAt  time.Time // iat, to the second
	Expiry    time.Time // exp, to the second
	NotBefore time.Time // nbf, zero when absent; AWS does not send it

	AccountID     string            // aws_account, 12 digits
	OrgID         string            // org_id
	OUPath        []string          // ou_path
	SourceRegion  string            // source_region
	PrincipalID   string            // principal_id
	PrincipalTags map[string]string // principal_tags
	RequestTags   map[string]string // request_tags: chosen by the caller
	Principal     Principal         // derived from Subject

	IdentityStoreUserID   string    // identity_store_user_id
	IdentityStoreARN      string    // identity_store_arn
	SourceIdentity        string    // source_identity
	FederatedProvider     string    // federated_provider
	OriginalSessionExpiry time.Time // original_session_exp

	EC2SourceInstanceARN         string // ec2_source_instance_arn
	EC2InstanceSourceVPC         string // ec2_instance_source_vpc
	EC2InstanceSourcePrivateIPv4 string // ec2_instance_source_private_ipv4
	EC2RoleDelivery              string // ec2_role_delivery
	LambdaSourceFunctionARN      string // lambda_source_function_arn
	GlueCredentialIssuingService string // glue_credential_issuing_service

	// Other are the members of the Namespace object that the fields do not give
	// back as they were: those that have no field, above all. Its values are those
	// of [ParseObject]; nil when there are none. [Token.Claims] has the whole object.
	Other map[string]any
}
