package awstoken

import (
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// Claims is the whole Namespace object, for claims that AWS adds later: what the
// fields hold, under the names that AWS gives it, and Other. It is made anew
// with each call. A tag map is a map[string]string; other values are those of
// [ParseObject].
func (t *Token) Claims() map[string]any {
	claims := make(map[string]any, len(awsNames)+len(t.Other))
	for _, name := range awsNames {
		if value := t.known(name); value != nil {
			claims[name] = value
		}
	}
	maps.Copy(claims, t.Other)
	return claims
}

// known is the value of a claim that has a field, or nil when that is empty.
func (t *Token) known(name string) any {
	if text := t.text(name); text != nil {
		if *text == "" {
			return nil
		}
		return *text
	}
	switch name {
	case "ou_path":
		return t.ouPath()
	case "principal_tags":
		return orNil(t.PrincipalTags)
	case "request_tags":
		return orNil(t.RequestTags)
	case "original_session_exp":
		if !t.OriginalSessionExpiry.IsZero() {
			return t.OriginalSessionExpiry.Format(time.RFC3339Nano)
		}
	}
	return nil
}

func (t *Token) ouPath() any {
	if len(t.OUPath) == 0 {
		return nil
	}
	list := make([]any, len(t.OUPath))
	for i, path := range t.OUPath {
		list[i] = path
	}
	return list
}

func orNil(tags map[string]string) any {
	if len(tags) == 0 {
		return nil
	}
	return tags
}

// text is the field of a claim that is a string.
func (t *Token) text(name string) *string {
	switch name {
	case "aws_account":
		return &t.AccountID
	case "org_id":
		return &t.OrgID
	case "source_region":
		return &t.SourceRegion
	case "principal_id":
		return &t.PrincipalID
	case "identity_store_user_id":
		return &t.IdentityStoreUserID
	case "identity_store_arn":
		return &t.IdentityStoreARN
	case "source_identity":
		return &t.SourceIdentity
	case "federated_provider":
		return &t.FederatedProvider
	case "ec2_source_instance_arn":
		return &t.EC2SourceInstanceARN
	case "ec2_instance_source_vpc":
		return &t.EC2InstanceSourceVPC
	case "ec2_instance_source_private_ipv4":
		return &t.EC2InstanceSourcePrivateIPv4
	case "ec2_role_delivery":
		return &t.EC2RoleDelivery
	case "lambda_source_function_arn":
		return &t.LambdaSourceFunctionARN
	case "glue_credential_issuing_service":
		return &t.GlueCredentialIssuingService
	}
	return nil
}

// keepOther keeps what Claims would not make of the fields.
func (t *Token) keepOther(aws map[string]any) {
	for name, value := range aws {
		if t.tells(name, value) {
			continue
		}
		if t.Other == nil {
			t.Other = make(map[string]any)
		}
		t.Other[strings.Clone(name)] = cloned(value)
	}
}

// cloned copies a value of ParseObject, since its texts share the memory of the
// whole payload.
func cloned(value any) any {
	switch v := value.(type) {
	case string:
		return strings.Clone(v)
	case json.Number:
		return json.Number(strings.Clone(v.String()))
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = cloned(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[strings.Clone(name)] = cloned(member)
		}
		return object
	}
	return value
}

// tells reports whether Claims makes of a field just what was on the wire. What a
// field holds was read from it.
func (t *Token) tells(name string, wire any) bool {
	switch w := wire.(type) {
	case string:
		if text := t.text(name); text != nil {
			return w != "" && w == *text
		}
		return t.known(name) == wire // a timestamp may be spelt in other ways
	case []any:
		return name == "ou_path" && len(w) > 0
	case map[string]any:
		return (name == "principal_tags" || name == "request_tags") && len(w) > 0
	}
	return false
}
