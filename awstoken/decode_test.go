package awstoken

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

// good is shaped as a real token (its values are invented).
const good = `{"aud":"my-app","sub":"arn:aws:iam::123456789012:role/team/x/MyAppRole",
 "https://sts.amazonaws.com/":{
   "org_id":"o-abc1234567","aws_account":"123456789012",
   "ou_path":["o-abc1234567/r-ab12/ou-ab12-11111111/"],
   "request_tags":{"job-id":"job-2024-001"},"principal_tags":{"environment":"production"},
   "original_session_exp":"2025-12-07T22:17:32Z","source_region":"eu-central-1",
   "principal_id":"arn:aws:iam::123456789012:role/team/x/MyAppRole","new_claim":{"n":7}},
 "iss":"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws",
 "exp":1765140780,"iat":1765140480,"jti":"5488e298-0a47-4c5b-80d7-6b4ab8a4cede"}`

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	aws := got.Claims()
	got.Other = nil
	want := &Token{
		Issuer:  "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws",
		Subject: "arn:aws:iam::123456789012:role/team/x/MyAppRole", ID: "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
		Audience: []string{"my-app"},
		IssuedAt: time.Unix(1765140480, 0).UTC(), Expiry: time.Unix(1765140780, 0).UTC(),
		AccountID: "123456789012", OrgID: "o-abc1234567", OUPath: []string{"o-abc1234567/r-ab12/ou-ab12-11111111/"},
		SourceRegion: "eu-central-1", PrincipalID: "arn:aws:iam::123456789012:role/team/x/MyAppRole",
		PrincipalTags:         map[string]string{"environment": "production"},
		RequestTags:           map[string]string{"job-id": "job-2024-001"},
		Principal:             Principal{"aws", "123456789012", "role", "/team/x/", "MyAppRole"},
		OriginalSessionExpiry: time.Date(2025, 12, 7, 22, 17, 32, 0, time.UTC),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if n := aws["new_claim"].(map[string]any)["n"]; n != json.Number("7") {
		t.Errorf("an unknown claim was not kept: %v", aws)
	}
}

// Each row replaces one thing in the good payload.
func TestDecodeRefuses(t *testing.T) {
	const exp, aws = `"exp":1765140780`, `"aws_account":"123456789012"`
	tests := []struct{ name, old, new, claim string }{
		{"exp missing", exp, `"x":1`, "exp"},
		{"exp as a string", exp, `"exp":"1765140780"`, "exp"},
		{"exp as a float", exp, `"exp":1765140780.5`, "exp"},
		{"exp as a whole float", exp, `"exp":1765140780.0`, "exp"},
		{"exp with an exponent", exp, `"exp":1e18`, "exp"},
		{"exp negative", exp, `"exp":-1765140780`, "exp"},
		{"exp null", exp, `"exp":null`, "exp"},
		{"exp after the year 9999", exp, `"exp":253402300800`, "exp"},
		{"exp over 64 bits", exp, `"exp":99999999999999999999999`, "exp"},
		{"exp equal to iat", exp, `"exp":1765140480`, "exp"},
		{"iat missing", `"iat":1765140480`, `"x":1`, "iat"},
		{"nbf as a string", exp, exp + `,"nbf":"1"`, "nbf"},
		{"iss missing", `"iss":`, `"x":`, "iss"},
		{"sub missing", `"sub":`, `"x":`, "sub"},
		{"sub as a number", `"sub":"arn:aws:iam::123456789012:role/team/x/MyAppRole"`, `"sub":1`, "sub"},
		{"sub of another service", `"sub":"arn:aws:iam:`, `"sub":"arn:aws:s3:`, "sub"},
		{"sub with a region", `"sub":"arn:aws:iam::`, `"sub":"arn:aws:iam:us-east-1:`, "sub"},
		{"sub with 11 digits", `"sub":"arn:aws:iam::1`, `"sub":"arn:aws:iam::`, "sub"},
		{"sub no ARN", `"sub":"arn:`, `"sub":"urn:`, "sub"},
		{"aud missing", `"aud":`, `"x":`, "aud"},
		{"aud null", `"aud":"my-app"`, `"aud":null`, "aud"},
		{"aud empty list", `"aud":"my-app"`, `"aud":[]`, "aud"},
		{"aud object", `"aud":"my-app"`, `"aud":{"my-app":1}`, "aud"},
		{"aud list with a number", `"aud":"my-app"`, `"aud":["my-app",1]`, "aud"},
		{"jti as a number", `"jti":"5488e298-0a47-4c5b-80d7-6b4ab8a4cede"`, `"jti":1`, "jti"},
		{"namespace missing", Namespace, "https://sts.amazonaws.com", Namespace},
		{"aws_account missing", aws, `"x":1`, "aws_account"},
		{"aws_account as a number", aws, `"aws_account":123456789012`, "aws_account"},
		{"aws_account of 11 digits", aws, `"aws_account":"12345678901"`, "aws_account"},
		{"aws_account of 13 digits", aws, `"aws_account":"1234567890123"`, "aws_account"},
		{"aws_account with a newline", aws, `"aws_account":"123456789012\n"`, "aws_account"},
		{"aws_account in other digits", aws, `"aws_account":"١٢٣٤٥٦٧٨٩٠١٢"`, "aws_account"},
		{"org_id null", `"org_id":"o-abc1234567"`, `"org_id":null`, "org_id"},
		{"ou_path object", `["o-abc1234567/r-ab12/ou-ab12-11111111/"]`, `{}`, "ou_path"},
		{"tags as an array", `{"environment":"production"}`, `["environment"]`, "principal_tags"},
		{"tag as a number", `{"environment":"production"}`, `{"environment":1}`, "principal_tags"},
		{"timestamp no RFC 3339", `2025-12-07T22:17:32Z`, `2025-12-07 22:17:32`, "original_session_exp"},
		{"timestamp with a comma", `2025-12-07T22:17:32Z`, `2025-12-07T22:17:32,5Z`, "original_session_exp"},
		{"timestamp empty", `2025-12-07T22:17:32Z`, ``, "original_session_exp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload := replace(t, tt.old, tt.new)
			var claim *ClaimError
			if _, err := Decode([]byte(payload)); !errors.As(err, &claim) || claim.Claim != tt.claim {
				t.Errorf("got %v, want a ClaimError of %s", err, tt.claim)
			}
		})
	}
}

func TestDecodeRefusesAsMalformed(t *testing.T) {
	for name, change := range map[string][2]string{
		"iss as a number":           {`"iss":"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"`, `"iss":1`},
		"ISS beside iss":            {`"iss":`, `"ISS":"https://other.example","iss":`},
		"Aws_account beside":        {`"aws_account":`, `"Aws_account":"999999999999","aws_account":`},
		"namespace in another case": {`"iss":`, `"HTTPS://sts.amazonaws.com/":{},"iss":`},
		"sub twice":                 {`"iss":`, `"sub":"x","iss":`},
	} {
		t.Run(name, func(t *testing.T) {
			var syntax *SyntaxError
			if _, err := Decode([]byte(replace(t, change[0], change[1]))); !errors.As(err, &syntax) {
				t.Errorf("got %v, want a SyntaxError", err)
			}
		})
	}
}

func TestDecodeAccepts(t *testing.T) {
	tests := []struct {
		name, old, new string
		check          func(*Token) bool
	}{
		{"audiences in an array", `"aud":"my-app"`, `"aud":["my-app","b"]`,
			func(t *Token) bool { return reflect.DeepEqual(t.Audience, []string{"my-app", "b"}) }},
		{"ou_path as a string", `["o-abc1234567/r-ab12/ou-ab12-11111111/"]`, `"o-a/r-b/"`,
			func(t *Token) bool { return reflect.DeepEqual(t.OUPath, []string{"o-a/r-b/"}) }},
		{"a leading zero in the account", `"aws_account":"1`, `"aws_account":"0`,
			func(t *Token) bool { return t.AccountID == "023456789012" }},
		{"nbf", `"exp":`, `"nbf":1765140481,"exp":`,
			func(t *Token) bool { return t.NotBefore.Unix() == 1765140481 }},
		{"tag keys that differ in case", `{"environment":"production"}`, `{"A-B":"1","a-b":"2","iss":"3"}`,
			func(t *Token) bool { return t.PrincipalTags["A-B"] == "1" && t.PrincipalTags["a-b"] == "2" }},
		{"no organization", `"org_id":"o-abc1234567",`, ``, func(t *Token) bool { return t.OrgID == "" }},
		{"no jti", `"jti":`, `"other":`, func(t *Token) bool { return t.ID == "" }},
		{"last second of 9999", `"exp":1765140780`, `"exp":253402300799`,
			func(t *Token) bool { return t.Expiry.Year() == 9999 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token, err := Decode([]byte(replace(t, tt.old, tt.new)))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(token) {
				t.Errorf("read as %+v", token)
			}
		})
	}
}

func replace(t *testing.T, from, to string) string {
	t.Helper()
	if !strings.Contains(good, from) {
		t.Fatalf("the good payload lacks %s", from)
	}
	return strings.Replace(good, from, to, 1)
}

func BenchmarkDecode(b *testing.B) {
	payload := []byte(good)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(payload); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAttributesPage(t *testing.T) {
	golden.Check(t, "../docs/attributes.md", attributesPage(), "make docs")
}

func attributesPage() string {
	var b strings.Builder
	b.WriteString(`# Attributes of a token

Made from the table in ` + "`awstoken/table.go`" + `; write it anew with ` + "`make docs`" + `.

The path is spelt the same in policies (CEL), placeholders (` + "`{aws_token.org.id}`" + `), header templates
and the subject and claims of an assertion ([spiffe.md](spiffe.md)).
An attribute that the token lacks is the empty value of its type; in a policy an absent timestamp and an
absent tag key are errors, and an error never allows. In a placeholder, what follows
` + "`principal_tags.` or `request_tags.`" + ` is the tag's key, dots included; a list is joined with commas
(a comma inside an element is ` + "`%2C`" + `), a map is JSON, a timestamp is RFC 3339 in UTC.

| path | type | claim | meaning |
|---|---|---|---|
`)
	for _, a := range Attributes() {
		b.WriteString("| `" + a.Path + "` | " + string(a.Type) + " | " + a.Claim + " | " + a.Doc + " |\n")
	}
	return b.String()
}

// Claims gives back the whole object as it was on the wire, whatever its claims
// are, but that tags are strings by their type.
func TestClaims(t *testing.T) {
	for name, aws := range map[string]string{
		"as AWS sends it":       good[strings.Index(good, `{`+"\n   \"org_id\""):strings.Index(good, `,`+"\n \"iss\"")],
		"ou_path as a string":   `{"aws_account":"123456789012","ou_path":"o-a/r-b/"}`,
		"ou_path with several":  `{"aws_account":"123456789012","ou_path":["a","b"]}`,
		"empty values":          `{"aws_account":"123456789012","org_id":"","ou_path":[],"principal_tags":{},"source_identity":""}`,
		"a time with an offset": `{"aws_account":"123456789012","original_session_exp":"2025-12-07T22:17:32.50+01:00"}`,
		"a fraction":            `{"aws_account":"123456789012","original_session_exp":"2025-12-07T22:17:32.5Z"}`,
		"unknown claims":        `{"aws_account":"123456789012","x":1.50,"y":null,"z":{"a":[true,{"b":"c"}]}}`,
		"only what must be":     `{"aws_account":"123456789012"}`,
	} {
		t.Run(name, func(t *testing.T) {
			token, err := Decode([]byte(`{"iss":"i","sub":"arn:aws:iam::123456789012:role/r","aud":"a","iat":1,"exp":2,"https://sts.amazonaws.com/":` + aws + `}`))
			if err != nil {
				t.Fatal(err)
			}
			want, err := ParseObject([]byte(aws))
			if err != nil {
				t.Fatal(err)
			}
			got := token.Claims()
			for key, value := range got {
				if tags, ok := value.(map[string]string); ok {
					object := make(map[string]any)
					for k, v := range tags {
						object[k] = v
					}
					got[key] = object
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
	if claims := new(Token).Claims(); len(claims) != 0 {
		t.Errorf("the zero Token has claims %v", claims)
	}
}
