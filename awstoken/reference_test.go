package awstoken

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func filled() *Token {
	return &Token{
		Issuer: "iss", Subject: "sub", ID: "jti", Audience: []string{"a,b", "c"},
		IssuedAt: time.Unix(0, 0), Expiry: time.Unix(60, 0).In(time.FixedZone("", 3600)),
		AccountID: "123456789012", OrgID: "o-1", OUPath: []string{"o-1/r-1/"},
		SourceRegion: "eu-west-1", PrincipalID: "pid",
		PrincipalTags: map[string]string{"a.b": "1", "a": "2", "<k>": "&"}, RequestTags: map[string]string{"r": "3"},
		Principal:           Principal{"aws", "123456789012", "role", "/p/", "n"},
		IdentityStoreUserID: "u", IdentityStoreARN: "ia", SourceIdentity: "si", FederatedProvider: "fp",
		OriginalSessionExpiry: time.Unix(120, 0),
		EC2SourceInstanceARN:  "e1", EC2InstanceSourceVPC: "e2", EC2InstanceSourcePrivateIPv4: "e3", EC2RoleDelivery: "e4",
		LambdaSourceFunctionARN: "l", GlueCredentialIssuingService: "g",
		Other: map[string]any{"x": "y"},
	}
}

func TestEveryAttributeIsReadAndMayBeAbsent(t *testing.T) {
	full, empty := filled(), new(Token)
	for _, a := range Attributes() {
		value, present := a.Value(full)
		if !present {
			t.Errorf("%s is absent in a full token", a.Path)
		}
		if _, present := a.Value(empty); present {
			t.Errorf("%s is present in an empty token", a.Path)
		}
		if want := goType(a.Type); reflect.TypeOf(value) != want {
			t.Errorf("%s has type %T, want %v for %s", a.Path, value, want, a.Type)
		}
		if found, ok := LookupAttribute(a.Path); !ok || found.Path != a.Path {
			t.Errorf("LookupAttribute(%q) = %v, %v", a.Path, found.Path, ok)
		}
		if a.Doc == "" || a.Claim == "" {
			t.Errorf("%s is not documented", a.Path)
		}
	}
}

func goType(t Type) reflect.Type {
	switch t {
	case String:
		return reflect.TypeFor[string]()
	case StringList:
		return reflect.TypeFor[[]string]()
	case Timestamp:
		return reflect.TypeFor[time.Time]()
	case StringMap:
		return reflect.TypeFor[map[string]string]()
	case DynMap:
		return reflect.TypeFor[map[string]any]()
	}
	return nil
}

func TestReferenceText(t *testing.T) {
	full, empty := filled(), new(Token)
	for path, want := range map[string]string{
		"aws_token.account.id":                 "123456789012",
		"aws_token.account_id":                 "123456789012",
		"aws_token.aud":                        "a%2Cb,c",
		"aws_token.exp":                        "1970-01-01T00:01:00Z",
		"aws_token.principal_tags":             `{"<k>":"&","a":"2","a.b":"1"}`,
		"aws_token.principal_tags.a.b":         "1",
		"aws_token.principal_tags.a":           "2",
		"aws_token.principal_tags.A":           "",
		"aws_token.request_tags.r":             "3",
		"aws_token.principal.path":             "/p/",
		"aws_token.org.ou_path":                "o-1/r-1/",
		"aws_token.original_session_exp":       "1970-01-01T00:02:00Z",
		"aws_token.principal_tags.aws_token.x": "",
	} {
		r, err := ParseReference(path)
		if err != nil {
			t.Errorf("ParseReference(%q): %v", path, err)
			continue
		}
		if got := r.Text(full); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
		if got := r.Text(empty); got != "" {
			t.Errorf("%s of an empty token = %q", path, got)
		}
	}
}

func TestParseReferenceRefuses(t *testing.T) {
	for path, nearest := range map[string]string{
		"aws_token.acount.id":       "aws_token.account.id",
		"aws_token.Org.id":          "aws_token.org.id",
		"aws_token.principal_tags.": "aws_token.principal_tags",
		"aws_token.org_id":          "aws_token.org.id",
		"something else altogether": "",
	} {
		var unknown *UnknownPathError
		if _, err := ParseReference(path); !errors.As(err, &unknown) || unknown.Nearest != nearest {
			t.Errorf("ParseReference(%q) = %v, want nearest %q", path, err, nearest)
		}
	}
}

func TestParsePrincipal(t *testing.T) {
	for arn, want := range map[string]Principal{
		"arn:aws:iam::123456789012:role/Deploy":            {"aws", "123456789012", "role", "/", "Deploy"},
		"arn:aws-cn:iam::012345678901:role/a/b/Deploy":     {"aws-cn", "012345678901", "role", "/a/b/", "Deploy"},
		"arn:aws:iam::123456789012:user/x/bob":             {"aws", "123456789012", "user", "/x/", "bob"},
		"arn:aws:iam::123456789012:root":                   {"aws", "123456789012", "root", "/", "root"},
		"arn:aws:sts::123456789012:assumed-role/Deploy/me": {"aws", "123456789012", "assumed-role", "/", "Deploy/me"},
	} {
		if got, err := ParsePrincipal(arn); err != nil || got != want {
			t.Errorf("ParsePrincipal(%q) = %+v, %v; want %+v", arn, got, err, want)
		}
	}
	for _, bad := range []string{
		"", "arn", "arn:aws:iam::123456789012:", "arn::iam::123456789012:role/x", "arn:aws:s3::123456789012:role/x",
		"arn:aws:iam:eu:123456789012:role/x", "arn:aws:iam::12345678901:role/x", "ARN:aws:iam::123456789012:role/x",
		" arn:aws:iam::123456789012:role/x",
	} {
		if got, err := ParsePrincipal(bad); err == nil {
			t.Errorf("ParsePrincipal(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestARNString(t *testing.T) {
	const text = "arn:aws:lambda:us-east-1:123456789012:function:f:1"
	if a, err := ParseARN(text); err != nil || a.String() != text || a.Resource != "function:f:1" {
		t.Errorf("ParseARN(%q) = %+v, %v", text, a, err)
	}
}
