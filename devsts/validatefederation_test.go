package devsts

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

const federatedConfig = `{"accounts": [{"id": "123456789012", "issuer_id": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
	"oidc_providers": [{"url": "https://gateway.example/issuer", "client_ids": ["sts.amazonaws.com"]},
		{"url": "http://127.0.0.1:8443", "client_ids": ["a", "b"], "allow_loopback": true}],
	"roles": [{"arn": "arn:aws:iam::123456789012:role/partner", "max_session_seconds": 3600, "trust": [{"provider": "https://gateway.example/issuer",
		"condition": {"StringEquals": {"gateway.example/issuer:aud": ["sts.amazonaws.com"]}, "StringLike": {"gateway.example/issuer:sub": ["*"]}}}]}]}]}`

// TestFederatedConfigFaults changes one thing of a good configuration at a time.
func TestFederatedConfigFaults(t *testing.T) {
	c, err := ReadConfig(strings.NewReader(federatedConfig))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if again, err := ReadConfig(&b); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%v\n%+v", err, again)
	}
	const p, r = "accounts[0].oidc_providers", "accounts[0].roles[0]"
	for _, c := range []struct{ old, new, want string }{
		{`"https://gateway.example/issuer", "client`, `"http://gateway.example/issuer", "client`, p + `[0].url: "http://gateway.example/issuer" does not begin with https://`},
		{`"https://gateway.example/issuer", "client`, `"https://gateway.example:8443/issuer", "client`, p + `[0].url: "https://gateway.example:8443/issuer" has a port`},
		{`"https://gateway.example/issuer", "client`, `"https://gateway.example/issuer?a=b", "client`, `has a query or a fragment`},
		{`"https://gateway.example/issuer", "client`, `"https://gateway.example/issuer#", "client`, `has a query or a fragment`},
		{`"https://gateway.example/issuer", "client`, `"https://me@gateway.example/issuer", "client`, `has no host, or user information`},
		{`"https://gateway.example/issuer", "client`, `"https:///issuer", "client`, `has no host, or user information`},
		{`"https://gateway.example/issuer", "client`, `"https://gateway.example/%zz", "client`, `is not a URL`},
		{`"https://gateway.example/issuer", "client`, `"https://gateway.example/` + strings.Repeat("a", 240) + `", "client`, `has more than 255 characters`},
		{`, "allow_loopback": true`, ``, p + `[1].url: "http://127.0.0.1:8443" does not begin with https://`},
		{`http://127.0.0.1:8443`, `http://192.0.2.1:8443`, p + `[1].url: "http://192.0.2.1:8443" does not begin with https://`},
		{`http://127.0.0.1:8443`, `https://gateway.example/issuer`, p + `[1].url: "https://gateway.example/issuer" is already at ` + p + `[0].url`},
		{`["sts.amazonaws.com"]},`, `[]},`, p + `[0].client_ids: 0 are not 1 to 100`},
		{`["a", "b"]`, `["a"` + strings.Repeat(`, "b"`, 100) + `]`, p + `[1].client_ids: 101 are not 1 to 100`},
		{`["a", "b"]`, `["a", ""]`, p + `[1].client_ids[1]: is not of 1 to 255 characters`},
		{`["a", "b"]`, `["` + strings.Repeat("a", 256) + `"]`, p + `[1].client_ids[0]: is not of 1 to 255 characters`},
		{`"provider": "https://gateway.example/issuer"`, `"provider": "https://gateway.example"`, r + `.trust[0].provider: "https://gateway.example" is not one of the account's oidc_providers`},
		{`"StringLike"`, `"StringLikeIfExists"`, r + `.trust[0].condition.StringLikeIfExists: is not one of StringEquals, StringLike`},
		{`gateway.example/issuer:sub`, `gateway.example:sub`, r + `.trust[0].condition.StringLike.gateway.example:sub: is not one of gateway.example/issuer:aud, gateway.example/issuer:sub`},
		{`["*"]`, `[]`, r + `.trust[0].condition.StringLike.gateway.example/issuer:sub: has no value`},
		{`["*"]`, `[""]`, `or an empty one`},
		{`["*"]`, `"*"`, r + `.trust[0].condition.StringLike.gateway.example/issuer:sub: want an array`},
		{`{"StringEquals": {"gateway.example/issuer:aud": ["sts.amazonaws.com"]}, "StringLike": {"gateway.example/issuer:sub": ["*"]}}`, `{}`, r + `.trust[0].condition: at least one key is required`},
		{`"max_session_seconds": 3600`, `"max_session_seconds": 3599`, r + `.max_session_seconds: 3599 is not 3600 to 43200`},
		{`"max_session_seconds": 3600`, `"max_session_seconds": 43201`, r + `.max_session_seconds: 43201 is not`},
		{`"max_session_seconds": 3600`, `"secret_access_key": "x"`, r + `.access_key_id: "" is not 16`},
		{`"max_session_seconds": 3600`, `"session_token": "x"`, r + `.access_key_id: "" is not 16`},
	} {
		text := strings.Replace(federatedConfig, c.old, c.new, 1)
		if text == federatedConfig {
			t.Fatalf("nothing to replace: %s", c.old)
		}
		_, err := ReadConfig(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: got %v, want %s", c.old, c.new, err, c.want)
		}
	}
}
