package verifier

import (
	"strings"
	"testing"
)

func TestVerifyRefusesClaims(t *testing.T) {
	now := epoch.Unix()
	for _, tt := range []struct {
		name   string
		change func(c *claims)
		reason Reason
	}{
		{"iss missing", func(c *claims) { delete(c.top, "iss") }, InvalidClaims},
		{"iss list", func(c *claims) { c.top["iss"] = []string{testIssuer} }, MalformedToken},
		{"iss null", func(c *claims) { c.top["iss"] = nil }, MalformedToken},
		{"iss with a slash", func(c *claims) { c.top["iss"] = testIssuer + "/" }, UnknownIssuer},
		{"iss in upper case", func(c *claims) { c.top["iss"] = strings.ToUpper(testIssuer) }, UnknownIssuer},
		{"iss with a port", func(c *claims) { c.top["iss"] = testIssuer + ":443" }, UnknownIssuer},
		{"iss with a dot", func(c *claims) { c.top["iss"] = testIssuer + "." }, UnknownIssuer},
		{"iss by http", func(c *claims) { c.top["iss"] = "http" + testIssuer[5:] }, UnknownIssuer},
		{"iss with a query", func(c *claims) { c.top["iss"] = testIssuer + "?" }, UnknownIssuer},
		{"iss with a homoglyph", func(c *claims) { c.top["iss"] = strings.Replace(testIssuer, "a", "а", 1) }, UnknownIssuer},
		{"iss of the other issuer", func(c *claims) { c.top["iss"] = otherURL }, BadSignature},
		{"exp gone", func(c *claims) { c.top["iat"], c.top["exp"] = now-300, now-30 }, Expired},
		{"exp missing", func(c *claims) { delete(c.top, "exp") }, InvalidClaims},
		{"exp string", func(c *claims) { c.top["exp"] = "1" }, InvalidClaims},
		{"exp equal to iat", func(c *claims) { c.top["exp"] = now }, InvalidClaims},
		{"iat ahead", func(c *claims) { c.top["iat"] = now + 31 }, NotYetValid},
		{"nbf ahead", func(c *claims) { c.top["nbf"] = now + 31 }, NotYetValid},
		{"nbf float", func(c *claims) { c.top["nbf"] = 0.5 }, InvalidClaims},
		{"a life over an hour", func(c *claims) { c.top["exp"] = now + 3601 }, LifetimeTooLong},
		{"aud another", func(c *claims) { c.top["aud"] = "my-ap" }, WrongAudience},
		{"aud in another case", func(c *claims) { c.top["aud"] = "My-App" }, WrongAudience},
		{"aud empty", func(c *claims) { c.top["aud"] = "" }, WrongAudience},
		{"aud list of others", func(c *claims) { c.top["aud"] = []string{"a", "b"} }, WrongAudience},
		{"aud empty list", func(c *claims) { c.top["aud"] = []string{} }, InvalidClaims},
		{"aud null", func(c *claims) { c.top["aud"] = nil }, InvalidClaims},
		{"aud object", func(c *claims) { c.top["aud"] = map[string]any{"my-app": true} }, InvalidClaims},
		{"aud list with a number", func(c *claims) { c.top["aud"] = []any{"x", 1} }, InvalidClaims},
		{"account number", func(c *claims) { c.aws["aws_account"] = 123456789012 }, InvalidClaims},
		{"account missing", func(c *claims) { delete(c.aws, "aws_account") }, InvalidClaims},
		{"namespace missing", func(c *claims) { c.aws = nil }, InvalidClaims},
		{"account not that of sub", func(c *claims) { c.aws["aws_account"] = "999999999999" }, AccountMismatch},
		{"sub of another account", func(c *claims) { c.top["sub"] = "arn:aws:iam::999999999999:role/MyAppRole" }, AccountMismatch},
		{"sub no ARN", func(c *claims) { c.top["sub"] = "MyAppRole" }, InvalidClaims},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodClaims()
			tt.change(&c)
			wantReason(t, goodConfig(t), c.signedBy(aws()), tt.reason)
		})
	}
}

func TestVerifyAcceptsClaims(t *testing.T) {
	now := epoch.Unix()
	for name, change := range map[string]func(c *claims){
		"exp within the leeway": func(c *claims) { c.top["iat"], c.top["exp"] = now-300, now-29 },
		"iat within the leeway": func(c *claims) { c.top["iat"] = now + 30 },
		"nbf within the leeway": func(c *claims) { c.top["nbf"] = now + 30 },
		"a life of an hour":     func(c *claims) { c.top["exp"] = now + 3600 },
		"ours among audiences":  func(c *claims) { c.top["aud"] = []string{"other", "my-app"} },
		"an STS principal":      func(c *claims) { c.top["sub"] = "arn:aws:sts::123456789012:assumed-role/R/s" },
		"a claim of tomorrow":   func(c *claims) { c.aws["new"] = []any{1} },
	} {
		t.Run(name, func(t *testing.T) {
			c := goodClaims()
			change(&c)
			wantReason(t, goodConfig(t), c.signedBy(aws()), "")
		})
	}
}
