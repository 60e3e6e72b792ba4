package awstoken

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A payload that is accepted says to encoding/json what it says to us, and is
// the same token when it was written and read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	const least = `{"iss":"a","sub":"arn:aws:iam::123456789012:root","aud":["x"],"iat":1,"exp":2,"https://sts.amazonaws.com/":{"aws_account":"123456789012"}}`
	for _, change := range [][2]string{
		{"", ""}, {`"iat":1`, `"iat":1,"nbf":0`}, {`"iat":1`, `"iat":-1`}, {`"iat":1`, `"iat":1.0`}, {`"exp":2`, `"exp":2e0`}, {`"exp":2`, `"exp":253402300799`},
		{`"exp":2`, `"exp":9223372036854775808`}, {`"iss"`, `"ISS":"b","iss"`}, {`"iss"`, `"i\u017fs":"b","iss"`}, {`"iss"`, `"iss":"b","iss"`}, {`["x"]`, `"x"`}, {`["x"]`, `[]`},
		{`"aws_account"`, `"AWS_account":"","aws_account"`}, {`"123456789012"}`, `"123456789012","Aws_account":"","ORG_ID":"a"}`},
		{`"aws_account"`, `"ou_path":"o/r/","aws_account"`}, {`"aws_account"`, `"ou_path":[null],"aws_account"`},
		{`"aws_account"`, `"principal_tags":{"a":"b","A":"c"},"request_tags":{"":""},"aws_account"`}, {`"aws_account"`, `"principal_tags":{"a":null},"aws_account"`},
		{`"aws_account"`, `"original_session_exp":"2025-12-07T22:17:32.5+01:00","aws_account"`}, {`"aws_account"`, `"original_session_exp":"2025-12-07T22:17:32,5Z","aws_account"`},
		{`"aws_account"`, `"original_session_exp":"2025-12-07T2:17:32Z","aws_account"`}, {`"aws_account"`, `"source_identity":"\ud83d\ude00","new":[1e9],"aws_account"`},
	} {
		f.Add([]byte(strings.Replace(least, change[0], change[1], 1)))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		token, err := Decode(payload)
		if err != nil {
			var syntax *SyntaxError
			var claim *ClaimError
			if token != nil || !errors.As(err, &syntax) && !errors.As(err, &claim) {
				t.Fatalf("%q is refused with %v and %v", payload, token, err)
			}
			return
		}
		if !IsAccountID(token.AccountID) || !IsAccountID(token.Principal.AccountID) || len(token.Audience) == 0 ||
			!token.Expiry.After(token.IssuedAt) || token.IssuedAt.Unix() < 0 || token.Expiry.Year() > 9999 {
			t.Errorf("%q was accepted as %+v", payload, token)
		}
		if theirs := readWithJSON(t, payload); !reflect.DeepEqual(token, theirs) {
			t.Errorf("%q is read as %+v, and by encoding/json as %+v", payload, token, theirs)
		}
		top, err := readNumbers(payload)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(top)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Decode(again); err != nil || !reflect.DeepEqual(token, second) {
			t.Errorf("%q is read as %+v, and its encoding %q as %+v (%v)", payload, token, again, second, err)
		}
	})
}

// wireAWS is what AWS puts into its namespace, in the order of Token.
type wireAWS struct {
	AccountID      string            `json:"aws_account"`
	OrgID          string            `json:"org_id"`
	OUPath         list              `json:"ou_path"`
	SourceRegion   string            `json:"source_region"`
	PrincipalID    string            `json:"principal_id"`
	PrincipalTags  map[string]string `json:"principal_tags"`
	RequestTags    map[string]string `json:"request_tags"`
	UserID         string            `json:"identity_store_user_id"`
	StoreARN       string            `json:"identity_store_arn"`
	SourceIdentity string            `json:"source_identity"`
	Provider       string            `json:"federated_provider"`
	SessionExpiry  *string           `json:"original_session_exp"`
	InstanceARN    string            `json:"ec2_source_instance_arn"`
	VPC            string            `json:"ec2_instance_source_vpc"`
	PrivateIPv4    string            `json:"ec2_instance_source_private_ipv4"`
	RoleDelivery   string            `json:"ec2_role_delivery"`
	FunctionARN    string            `json:"lambda_source_function_arn"`
	IssuingService string            `json:"glue_credential_issuing_service"`
}

// readWithJSON reads an accepted payload as a program does that knows nothing
// but encoding/json, which ignores case and takes the last of two names.
func readWithJSON(t *testing.T, payload []byte) *Token {
	t.Helper()
	var wire struct {
		Iss, Sub, Jti string
		Aud           list
		Iat, Exp      int64
		Nbf           *int64
		AWS           json.RawMessage `json:"https://sts.amazonaws.com/"`
	}
	var aws wireAWS
	if err := errors.Join(json.Unmarshal(payload, &wire), json.Unmarshal(wire.AWS, &aws)); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", payload, err)
	}
	token := &Token{
		Issuer: wire.Iss, Subject: wire.Sub, ID: wire.Jti, Audience: wire.Aud,
		IssuedAt: time.Unix(wire.Iat, 0).UTC(), Expiry: time.Unix(wire.Exp, 0).UTC(),
		AccountID: aws.AccountID, OrgID: aws.OrgID, OUPath: aws.OUPath, SourceRegion: aws.SourceRegion, PrincipalID: aws.PrincipalID,
		PrincipalTags: aws.PrincipalTags, RequestTags: aws.RequestTags, IdentityStoreUserID: aws.UserID, IdentityStoreARN: aws.StoreARN,
		SourceIdentity: aws.SourceIdentity, FederatedProvider: aws.Provider, EC2SourceInstanceARN: aws.InstanceARN, EC2InstanceSourceVPC: aws.VPC,
		EC2InstanceSourcePrivateIPv4: aws.PrivateIPv4, EC2RoleDelivery: aws.RoleDelivery,
		LambdaSourceFunctionARN: aws.FunctionARN, GlueCredentialIssuingService: aws.IssuingService,
	}
	if wire.Nbf != nil {
		token.NotBefore = time.Unix(*wire.Nbf, 0).UTC()
	}
	var err error
	if text := aws.SessionExpiry; text != nil {
		token.OriginalSessionExpiry, err = time.Parse(time.RFC3339, *text)
		// time.Parse takes more than RFC 3339 does.
		if err != nil || !strings.HasPrefix(*text, token.OriginalSessionExpiry.Format("2006-01-02T15:04:05")) || strings.Contains(*text, ",") {
			t.Errorf("%q is accepted as a timestamp (%v)", *text, err)
		}
	}
	all, err := readNumbers(wire.AWS)
	if err != nil {
		t.Fatal(err)
	}
	token.keepOther(all)
	if token.Principal, err = ParsePrincipal(wire.Sub); err != nil { // FuzzARN judges it
		t.Fatal(err)
	}
	return token
}

// list is a string or an array of strings.
type list []string

func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}
