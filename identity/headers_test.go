package identity

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func testToken() *awstoken.Token {
	return &awstoken.Token{
		Issuer:        "https://a.tokens.sts.global.api.aws",
		Subject:       "arn:aws:iam::123456789012:role/team/x/Deploy",
		ID:            "f3c1b0de-6d0a-4f6e-9d4f-6a0a3d9b2c11",
		Audience:      []string{"https://orders.example"},
		IssuedAt:      time.Unix(1_800_000_000, 0),
		Expiry:        time.Unix(1_800_000_300, 0),
		AccountID:     "123456789012",
		OrgID:         "o-a1b2c3d4e5",
		SourceRegion:  "eu-central-1",
		PrincipalTags: map[string]string{"team": "x", "a.b": "dots"},
		RequestTags:   map[string]string{},
	}
}

func mustNew(tb testing.TB, cfg Config) *Headers {
	tb.Helper()
	h, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestSetWritesDefaultHeaders(t *testing.T) {
	header := http.Header{"Accept": {"*/*"}}
	if err := mustNew(t, Config{DefaultHeaders: true}).Set(header, testToken(), nil); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept":                    {"*/*"},
		"X-Aws-Token-Account-Id":    {"123456789012"},
		"X-Aws-Token-Org-Id":        {"o-a1b2c3d4e5"},
		"X-Aws-Token-Sub":           {"arn:aws:iam::123456789012:role/team/x/Deploy"},
		"X-Aws-Token-Source-Region": {"eu-central-1"},
		"X-Aws-Token-Jti":           {"f3c1b0de-6d0a-4f6e-9d4f-6a0a3d9b2c11"},
	}
	if !reflect.DeepEqual(header, want) {
		t.Errorf("got %v, want %v", header, want)
	}
}

func TestDefaultHeadersAreNamedAfterTheirPaths(t *testing.T) {
	for _, h := range defaultHeaders() {
		path := strings.Trim(h.Value, "{}")
		want := "X-" + strings.NewReplacer(".", "-", "_", "-").Replace(path)
		if got := h.Field; got != http.CanonicalHeaderKey(want) {
			t.Errorf("%s is named %s, want %s", path, got, http.CanonicalHeaderKey(want))
		}
	}
}

func TestSetLeavesNothingWhereTheTokenIsSilent(t *testing.T) {
	token := testToken()
	token.OrgID = ""
	header := http.Header{"X-Aws-Token-Org-Id": {"o-forged"}}
	if err := mustNew(t, Config{DefaultHeaders: true}).Set(header, token, nil); err != nil {
		t.Fatal(err)
	}
	if v, there := header["X-Aws-Token-Org-Id"]; there {
		t.Errorf("the field of an absent attribute is %q", v)
	}
	if header.Get("X-Aws-Token-Sub") == "" {
		t.Error("the field of an attribute that is there is missing")
	}
}

func TestSetWritesOneCanonicalValue(t *testing.T) {
	h := mustNew(t, Config{Headers: []Header{{"x-TEAM", "{aws_token.principal_tags.team}"}, {"x_role", "{aws_token.sub}"}}})
	header := http.Header{"X-Team": {"a", "b"}}
	if err := h.Set(header, testToken(), nil); err != nil {
		t.Fatal(err)
	}
	want := http.Header{"X-Team": {"x"}, "X_role": {"arn:aws:iam::123456789012:role/team/x/Deploy"}}
	if !reflect.DeepEqual(header, want) {
		t.Errorf("got %v, want %v", header, want)
	}
	header.Add("X-Team", "later")
	if got := header["X_role"]; !slices.Equal(got, want["X_role"]) {
		t.Errorf("adding to one field changed another: %q", got)
	}
}

func TestSetRefusesOver4096Bytes(t *testing.T) {
	token := testToken()
	h := mustNew(t, Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "t={aws_token.principal_tags.team}"}}})
	for _, test := range []struct {
		name, tag string
		refused   bool
	}{
		{"4096 bytes", strings.Repeat("x", 4094), false},
		{"4097 bytes", strings.Repeat("x", 4095), true},
		{"4094 bytes of which one needs encoding", strings.Repeat("x", 4091) + "%", false},
		{"4097 bytes after encoding", strings.Repeat("x", 4092) + "%", true},
	} {
		token.PrincipalTags["team"] = test.tag
		before := http.Header{"Accept": {"*/*"}, "X-Aws-Token-Sub": {"stays"}}
		header := before.Clone()
		err := h.Set(header, token, nil)
		var unsafe *UnsafeValueError
		if errors.As(err, &unsafe) != test.refused || (err != nil) != test.refused {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.refused && (unsafe.Field != "X-Team" || !reflect.DeepEqual(header, before)) {
			t.Errorf("%s: field %q, header %v", test.name, unsafe.Field, header)
		}
		if !test.refused && header.Get("X-Team") == "" {
			t.Errorf("%s: not set", test.name)
		}
	}
}

func TestSetWithTheMostTagsThatAWSAllows(t *testing.T) {
	token := testToken()
	token.PrincipalTags = map[string]string{}
	for i := range 50 {
		token.PrincipalTags[strings.Repeat("k", 100)+string(rune('A'+i))] = strings.Repeat("é", 256)
	}
	one := mustNew(t, Config{Headers: []Header{{"X-Tag", "{aws_token.principal_tags." + strings.Repeat("k", 100) + "A}"}}})
	header := http.Header{}
	if err := one.Set(header, token, nil); err != nil || header.Get("X-Tag") != strings.Repeat("%C3%A9", 256) {
		t.Errorf("one tag: %v, %q", err, header)
	}
	all := mustNew(t, Config{Headers: []Header{{"X-Tags", "{aws_token.principal_tags}"}}})
	if err := all.Set(http.Header{}, token, nil); err == nil {
		t.Error("all tags at once are over 4096 bytes and were set")
	}
}

func TestFields(t *testing.T) {
	h := mustNew(t, Config{DefaultHeaders: true, Headers: []Header{{"x-team", "{aws_token.sub}"}, {"x-aws-token-mine", "a"}}})
	want := []string{"X-Team", "X-Aws-Token-Mine", "X-Aws-Token-Account-Id", "X-Aws-Token-Org-Id",
		"X-Aws-Token-Sub", "X-Aws-Token-Source-Region", "X-Aws-Token-Jti"}
	got := h.Fields()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got[0] = "changed"
	if h.Fields()[0] != "X-Team" {
		t.Error("the caller's copy is not a copy")
	}
}

func TestZeroValueSetsNothing(t *testing.T) {
	for name, h := range map[string]*Headers{"nil": nil, "zero": {}, "empty": mustNew(t, Config{})} {
		header := http.Header{}
		if err := h.Set(header, testToken(), nil); err != nil || len(header) > 0 || len(h.Fields()) > 0 {
			t.Errorf("%s: %v, %v, %q", name, err, header, h.Fields())
		}
	}
	header := http.Header{}
	if err := mustNew(t, Config{DefaultHeaders: true, Headers: []Header{{"X-A", "literal"}}}).Set(header, nil, nil); err != nil || len(header) > 0 {
		t.Errorf("without a token: %v, %v", err, header)
	}
}
