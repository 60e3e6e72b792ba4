package devsts

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultConfigRoundTrip(t *testing.T) {
	var b bytes.Buffer
	if _, err := DefaultConfig().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(&b)
	if err != nil || !reflect.DeepEqual(c, DefaultConfig()) {
		t.Fatalf("%v\n%+v", err, c)
	}
}

const goodConfig = `{"accounts": [{"id": "123456789012", "issuer_id": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
	"org_id": "o-abc1234567", "ou_path": ["o-abc1234567/r-ab12/ou-ab12-11111111/"],
	"roles": [{"arn": "arn:aws:iam::123456789012:role/team/x/app", "access_key_id": "KEYKEYKEYKEYKEY1", "secret_access_key": "s",
		"session_seconds": 900, "session_name": "run", "principal_tags": {"team": "x"}, "claims": {"source_identity": "me"}, "deny": ["sts:GetWebIdentityToken"]}]}]}`

// TestConfigFaults changes one thing of a good configuration at a time.
func TestConfigFaults(t *testing.T) {
	if _, err := ReadConfig(strings.NewReader(goodConfig)); err != nil {
		t.Fatal(err)
	}
	const a, r = "accounts[0]", "accounts[0].roles[0]"
	for _, c := range []struct{ old, new, want string }{
		{`"123456789012", "iss`, `"1234", "iss`, a + `.id: "1234" is not 12 digits`},
		{`"5488e298`, `"5488E298`, a + `.issuer_id: `},
		{`"o-abc1234567", "ou`, `"abc", "ou`, a + `.org_id: "abc"`},
		{`["o-abc1234567/r-ab12/ou-ab12-11111111/"]`, `["o-abc1234567/r-ab12/", "o-other12345/r-ab12/"]`, a + `.ou_path[1]: "o-other12345/r-ab12/" is not in organization "o-abc1234567"`},
		{`ou-ab12-11111111/"`, `ou-ab12-11111111"`, a + `.ou_path[0]: `},
		{`arn:aws:iam::123456789012:role`, `arn:aws:iam::123456789013:role`, r + `.arn: "arn:aws:iam::123456789013:role/team/x/app" is not in account "123456789012"`},
		{`:role/team/x/app`, `:user/app`, r + `.arn: `},
		{`:role/team/x/app`, `:role/team/x/`, r + `.arn: `},
		{`KEYKEYKEYKEYKEY1`, `SHORT`, r + `.access_key_id: "SHORT"`},
		{`"secret_access_key": "s"`, `"secret_access_key": ""`, r + `.secret_access_key: is required`},
		{`"session_seconds": 900`, `"session_seconds": 899`, r + `.session_seconds: 899 is not 900 to 43200`},
		{`"session_seconds": 900`, `"session_seconds": 9.5`, r + `.session_seconds: want a whole number`},
		{`"session_seconds": 900`, `"session_seconds": "900"`, r + `.session_seconds: want a whole number`},
		{`"session_name": "run"`, `"session_name": "a b"`, r + `.session_name: `},
		{`{"team": "x"}`, `{"a,b": "x"}`, r + `.principal_tags: key "a,b": member must satisfy`},
		{`{"team": "x"}`, `{"team": "a,b"}`, r + `.principal_tags.team: "a,b": member must satisfy`},
		{`{"team": "x"}`, `{"team": "x", "team": "y"}`, r + `.principal_tags.team: stands here twice`},
		{`{"team": "x"}`, `["x"]`, r + `.principal_tags: want an object`},
		{`{"team": "x"}`, `"x"`, r + `.principal_tags: want an object`},
		{`source_identity`, `source_identitty`, r + `.claims.source_identitty: is not one of`},
		{`"me"`, `""`, r + `.claims.source_identity: is empty`},
		{`sts:GetWebIdentityToken`, `sts:Get`, r + `.deny[0]: "sts:Get" is not one of`},
		{`"session_name"`, `"sesion_name"`, r + `.sesion_name: unknown field`},
		{`"roles"`, `"Roles"`, a + `.Roles: unknown field`},
		{`{"accounts"`, `{"version": 1, "accounts"`, `version: unknown field`},
		{`{"accounts"`, `{"max_payload_bytes": -1, "accounts"`, `max_payload_bytes: -1 is negative`},
		{`{"accounts"`, `{"BaseURL": "http://a", "accounts"`, `BaseURL: unknown field`},
		{`}]}]}`, `}]}]} {}`, `configuration: there is something behind`},
		{`}]}]}`, `}]}]`, `unexpected EOF`},
		{goodConfig, `[]`, `configuration: want an object`},
		{goodConfig, `{}`, `accounts: at least one is required`},
		{goodConfig, `{"accounts": [{"id": "123456789012", "issuer_id": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede"}]}`, `accounts[0].roles: at least one is required`},
		{goodConfig, ``, `unexpected EOF`},
	} {
		text := strings.Replace(goodConfig, c.old, c.new, 1)
		if text == goodConfig {
			t.Fatalf("nothing to replace: %s", c.old)
		}
		_, err := ReadConfig(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: got %v, want %s", c.old, c.new, err, c.want)
		}
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[1] = c.Accounts[0]
	c.Accounts[2].ID = "1"
	err := c.Validate()
	for _, want := range []string{
		`accounts[1].id: "111122223333" is already at accounts[0].id`,
		`accounts[1].issuer_id: `,
		`accounts[1].roles[0].access_key_id: "DEVSTSORDERSLAMBDA" is already at accounts[0].roles[0].access_key_id`,
		`accounts[2].id: "1" is not 12 digits`,
		`accounts[2].roles[0].arn: `,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	if _, err := New(c); err == nil {
		t.Error("New must refuse what Validate refuses")
	}
}
