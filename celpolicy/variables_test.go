package celpolicy

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// fullToken has every attribute, each with a value of its own.
func fullToken() *awstoken.Token {
	return &awstoken.Token{
		Issuer: "v-iss", Subject: "v-sub", ID: "v-jti", Audience: []string{"v-aud"},
		IssuedAt: testTime.Add(-time.Minute), Expiry: testTime.Add(time.Minute),
		AccountID: "v-account", OrgID: "v-org", OUPath: []string{"v-ou/x"}, SourceRegion: "v-region",
		PrincipalID: "v-principal", PrincipalTags: map[string]string{"p": "v-p"}, RequestTags: map[string]string{"r": "v-r"},
		Principal:           awstoken.Principal{Partition: "v-part", AccountID: "v-pacc", Type: "v-type", Path: "v-path", Name: "v-name"},
		IdentityStoreUserID: "v-isu", IdentityStoreARN: "v-isa", SourceIdentity: "v-si", FederatedProvider: "v-fp",
		OriginalSessionExpiry: testTime.Add(time.Hour),
		EC2SourceInstanceARN:  "v-ec2", EC2InstanceSourceVPC: "v-vpc", EC2InstanceSourcePrivateIPv4: "v-ip", EC2RoleDelivery: "v-rd",
		LambdaSourceFunctionARN: "v-lambda", GlueCredentialIssuingService: "v-glue",
		Other: map[string]any{"c": "v-c"},
	}
}

// literal writes a value as CEL does.
func literal(t *testing.T, value any) string {
	t.Helper()
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		return fmt.Sprintf("[%q]", v[0])
	case time.Time:
		return fmt.Sprintf("timestamp(%q)", v.Format(time.RFC3339))
	case map[string]string:
		for key, element := range v {
			return fmt.Sprintf("{%q: %q}", key, element)
		}
	case map[string]any:
		members := make([]string, 0, len(v))
		for key, element := range v {
			members = append(members, fmt.Sprintf("%q: dyn(%s)", key, literal(t, element)))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case []any:
		return fmt.Sprintf("[dyn(%s)]", literal(t, v[0]))
	}
	t.Fatalf("no literal for %T", value)
	return ""
}

func TestEveryAttributeIsReadable(t *testing.T) {
	full := fullToken()
	seen := make(map[string]string)
	for _, attr := range awstoken.Attributes() {
		value, present := attr.Value(full)
		if !present {
			t.Fatalf("%s: the full token lacks it", attr.Path)
		}
		if other, twice := seen[fmt.Sprint(value)]; twice && attr.Path != "aws_token.account_id" {
			t.Errorf("%s and %s have the same value", attr.Path, other)
		}
		seen[fmt.Sprint(value)] = attr.Path

		equal := allowRule(attr.Path + ` == ` + literal(t, value))
		if d := ask(t, equal, full); !d.Allowed {
			t.Errorf("%s: %+v", attr.Path, d)
		}
		if d := ask(t, equal, &awstoken.Token{}); d.Allowed {
			t.Errorf("%s: an empty token has the value", attr.Path)
		}
		has := allowRule("has(" + attr.Path + ")")
		if d := ask(t, has, full); !d.Allowed {
			t.Errorf("has(%s), present: %+v", attr.Path, d)
		}
		if d := ask(t, has, &awstoken.Token{}); d.Reason != ReasonPolicyDenied {
			t.Errorf("has(%s), absent: %+v", attr.Path, d)
		}
	}
}

func TestAbsentIsEmpty(t *testing.T) {
	empty := map[awstoken.Type]string{
		awstoken.String: `%s == ""`, awstoken.StringList: "%s == []", awstoken.StringMap: "%s == {}", awstoken.DynMap: "%s.size() == 0",
	}
	for _, attr := range awstoken.Attributes() {
		format, ok := empty[attr.Type]
		if !ok {
			continue
		}
		rule := allowRule(fmt.Sprintf(format, attr.Path))
		if d := ask(t, rule, &awstoken.Token{}); !d.Allowed {
			t.Errorf("%s, absent: %+v", attr.Path, d)
		}
		if d := ask(t, rule, fullToken()); d.Allowed {
			t.Errorf("%s, present: allowed", attr.Path)
		}
	}
}

func TestHas(t *testing.T) {
	token := &awstoken.Token{
		PrincipalTags: map[string]string{"team": "x", "empty": "", "a.b": "x"},
		Other:         map[string]any{"nested": map[string]any{"a": "x"}},
		OrgID:         "o-a1b2c3d4e5",
	}
	for rule, want := range map[string]string{
		`has(aws_token.principal_tags)`:       "allowed",
		`has(aws_token.request_tags)`:         "policy_denied",
		`has(aws_token.principal_tags.team)`:  "allowed",
		`has(aws_token.principal_tags.empty)`: "allowed",
		`has(aws_token.principal_tags.tea)`:   "policy_denied",
		"has(aws_token.principal_tags.`a.b`)": "allowed",
		`has(aws_token.request_tags.team)`:    "policy_denied",
		`has(aws_token.claims.nested)`:        "allowed",
		`has(aws_token.claims.nested.a)`:      "allowed",
		`has(aws_token.claims.nested.b)`:      "policy_denied",
		`has(aws_token.claims.other.a)`:       "policy_error",
		`has(.aws_token.org.id)`:              "allowed",
		`!has(aws_token.jti)`:                 "allowed",
		`has(request.time) && has(request.method) && has(request.host) && has(request.path)`: "allowed",
		`has(request.remote_ip)`:                 "policy_denied",
		`[1].exists(x, has(aws_token.org.id))`:   "allowed",
		`[{"id": 1}].exists(org, has(org.id))`:   "allowed",
		`[{"id": 1}].exists(org, has(org.name))`: "policy_denied",
	} {
		if got := verdict(ask(t, allowRule(rule), token)); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}

func TestTagKeysAreExact(t *testing.T) {
	tags := map[string]string{
		"a.b": "dot", "a-b": "dash", "A-B": "upper", "a_b": "underscore", "__proto__": "proto", "a b": "space",
		" a": "leading", "a": "plain", "チーム": "kana", "é": "composed", "e\u0301": "decomposed", "a\u2028b": "separator",
		"constructor": "constructor", "size": "size", "principal_tags.a": "path", "a/b:c=d+e@f": "signs",
	}
	token := &awstoken.Token{PrincipalTags: tags, RequestTags: map[string]string{"a.b": "other"}}
	for key, value := range tags {
		for k, v := range tags {
			rule := fmt.Sprintf("aws_token.principal_tags[%s] == %q", strconv.QuoteToASCII(key), v)
			want := "policy_denied"
			if k == key {
				want = "allowed"
			}
			if got := verdict(ask(t, allowRule(rule), token)); got != want {
				t.Errorf("%s: %s, want %s", rule, got, want)
			}
		}
		cfg := Config{PrincipalTags: map[string][]string{key: {value}}}
		if d := ask(t, cfg, token); !d.Allowed {
			t.Errorf("requirement of %q: %+v", key, d)
		}
		less := &awstoken.Token{PrincipalTags: map[string]string{}}
		for k, v := range tags {
			if k != key {
				less.PrincipalTags[k] = v
			}
		}
		if d := ask(t, cfg, less); d.Allowed {
			t.Errorf("requirement of %q passes without it", key)
		}
	}
}

func TestClaimNumbers(t *testing.T) {
	for text, rule := range map[string]string{
		"5":                    `aws_token.claims.n == 5 && type(aws_token.claims.n) == int`,
		"-7":                   `aws_token.claims.n == -7`,
		"5.0":                  `type(aws_token.claims.n) == int && aws_token.claims.n == 5`,
		"1e3":                  `type(aws_token.claims.n) == int && aws_token.claims.n == 1000`,
		"1.5":                  `type(aws_token.claims.n) == double && aws_token.claims.n == 1.5`,
		"9223372036854775807":  `aws_token.claims.n == 9223372036854775807`,
		"-9223372036854775808": `aws_token.claims.n == -9223372036854775808`,
		"9223372036854775808":  `type(aws_token.claims.n) == double`,
		"1e300":                `type(aws_token.claims.n) == double`,
	} {
		for name, claims := range map[string]string{
			"plain":  `{"n": ` + text + `}`,
			"nested": `{"o": {"l": [{"n": ` + text + `}]}}`,
		} {
			object, err := awstoken.ParseObject([]byte(claims))
			if err != nil {
				t.Fatal(err)
			}
			where := rule
			if name == "nested" {
				where = strings.ReplaceAll(rule, "claims.n", "claims.o.l[0].n")
			}
			if d := ask(t, allowRule(where), &awstoken.Token{Other: object}); !d.Allowed {
				t.Errorf("%s: %s: %+v", text, where, d)
			}
		}
	}
	overflow := &awstoken.Token{Other: map[string]any{"n": json.Number("1e999")}}
	if d := ask(t, allowRule(`aws_token.claims.n > 1`), overflow); d.Reason != ReasonPolicyError {
		t.Errorf("1e999: %+v", d)
	}
	null := &awstoken.Token{Other: map[string]any{"n": nil}}
	if d := ask(t, allowRule(`aws_token.claims.n == null`), null); !d.Allowed {
		t.Errorf("null: %+v", d)
	}
}

func TestRequestVariables(t *testing.T) {
	r := Request{Method: "PATCH", Host: "API.Example:8443", EscapedPath: "/A/%C3%A9", RemoteIP: "10.1.2.3", Time: testTime}
	for _, rule := range []string{
		`request.method == "PATCH"`,
		`request.host == "api.example"`,
		`request.path == "/A/é"`,
		`request.remote_ip == "10.1.2.3"`,
		`request.time == timestamp("2026-02-03T04:05:06Z")`,
		`request.time.getHours() == 4`,
		`request.time.getHours("+02:00") == 6`,
	} {
		p := mustCompile(t, allowRule(rule))
		if d := p.Evaluate(context.Background(), &awstoken.Token{}, r); !d.Allowed {
			t.Errorf("%s: %+v", rule, d)
		}
		if d := p.Evaluate(context.Background(), &awstoken.Token{}, Request{}); d.Allowed {
			t.Errorf("%s: an empty request is allowed", rule)
		}
	}
	// The zone of the injected clock changes no hour.
	r.Time = testTime.In(time.FixedZone("far", 9*3600))
	if d := mustCompile(t, allowRule(`request.time.getHours() == 4`)).Evaluate(context.Background(), &awstoken.Token{}, r); !d.Allowed {
		t.Errorf("in another zone: %+v", d)
	}
}
