package identity

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const upstream = "https://orders.internal"

func goodAssertion() AssertionConfig {
	return AssertionConfig{Issuer: "https://gateway.example", Audiences: []string{upstream}}
}

func mustAssert(t testing.TB, cfg AssertionConfig) *Assertion {
	t.Helper()
	a, err := NewAssertion(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// saidOf is the payload for the token, half a second past the second at which it
// was issued.
func saidOf(t testing.TB, cfg AssertionConfig, token *awstoken.Token) map[string]any {
	t.Helper()
	statement, err := mustAssert(t, cfg).For(token, upstream, token.IssuedAt.Add(500*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(statement.Payload, &said); err != nil {
		t.Fatal(err)
	}
	if said["sub"] != statement.Subject || said["exp"] != float64(statement.Expiry.Unix()) {
		t.Errorf("the statement is %+v, its payload %v", statement, said)
	}
	return said
}

func TestAssertionByDefault(t *testing.T) {
	want := map[string]any{
		"iss": "https://gateway.example", "aud": upstream, "sub": "arn:aws:iam::123456789012:role/team/x/Deploy",
		"iat": 1_800_000_000.0, "exp": 1_800_000_060.0,
	}
	if said := saidOf(t, goodAssertion(), testToken()); !reflect.DeepEqual(said, want) {
		t.Errorf("%v", said)
	}
}

func TestAssertedClaims(t *testing.T) {
	cfg := goodAssertion()
	cfg.Claims = []string{
		"aws_token.account.id", "aws_token.org.id", "aws_token.principal_tags.team", "aws_token.principal_tags.a", "aws_token.principal_tags.a.b",
		"aws_token.request_tags.x.y", "aws_token.aud", "aws_token.exp", "aws_token.source_identity", "aws_token.original_session_exp",
	}
	want := map[string]any{
		"account": map[string]any{"id": "123456789012"}, "org": map[string]any{"id": "o-a1b2c3d4e5"},
		"principal_tags": map[string]any{"team": "x", "a.b": "dots"}, "request_tags": map[string]any{"x.y": "dots"},
		"aud": []any{"https://orders.example"}, "exp": "2027-01-15T08:05:00Z",
	}
	token := testToken()
	token.RequestTags = map[string]string{"x.y": "dots"}
	if said := saidOf(t, cfg, token); !reflect.DeepEqual(said["aws_token"], want) {
		t.Errorf("%v", said["aws_token"])
	}
}

// An assertion ends with its token at the latest.
func TestAssertionEndsWithItsToken(t *testing.T) {
	for left, lives := range map[time.Duration]time.Duration{
		5 * time.Minute: time.Minute, 61 * time.Second: time.Minute, 20 * time.Second: 20 * time.Second,
		time.Second: time.Second, time.Second - 1: 0, 0: 0, -20 * time.Second: 0,
	} {
		token := testToken()
		now := token.Expiry.Add(-left)
		statement, err := mustAssert(t, goodAssertion()).For(token, upstream, now)
		switch {
		case lives == 0 && !errors.Is(err, ErrTokenEnds):
			t.Errorf("%s before the end: %v", left, err)
		case lives > 0 && (err != nil || statement.Expiry.After(token.Expiry) || statement.Expiry.Sub(now.Truncate(time.Second)).Truncate(time.Second) != lives):
			t.Errorf("%s before the end: %v, %v", left, statement, err)
		}
	}
}

func TestAssertionForAnotherAudience(t *testing.T) {
	cfg := goodAssertion()
	cfg.Audiences = append(cfg.Audiences, "sts.amazonaws.com")
	a, now := mustAssert(t, cfg), testToken().IssuedAt
	for audience, good := range map[string]bool{upstream: true, "sts.amazonaws.com": true, "": false, upstream + "/": false} {
		if _, err := a.For(testToken(), audience, now); (err == nil) != good {
			t.Errorf("%q: %v", audience, err)
		}
	}
}

// Each configuration is bad for one thing that the control does not have.
func TestBadAssertions(t *testing.T) {
	for fault, change := range map[string]func(*AssertionConfig){
		"":                      func(*AssertionConfig) {},
		"issuer: it is missing": func(c *AssertionConfig) { c.Issuer = "" },
		`issuer: "http://gateway.example" is plain http`:                          func(c *AssertionConfig) { c.Issuer = "http://gateway.example" },
		`issuer: "https://gateway.example/" ends with a slash`:                    func(c *AssertionConfig) { c.Issuer += "/" },
		`issuer: "https://gateway.example?x" has a query`:                         func(c *AssertionConfig) { c.Issuer += "?x" },
		`issuer: "https://a@gateway.example" has user`:                            func(c *AssertionConfig) { c.Issuer = "https://a@gateway.example" },
		`issuer: "https://gateway.example/a/../b" has a path`:                     func(c *AssertionConfig) { c.Issuer += "/a/../b" },
		`issuer: "gateway" is not a URL`:                                          func(c *AssertionConfig) { c.Issuer = "gateway" },
		"audience: it is missing":                                                 func(c *AssertionConfig) { c.Audiences = nil },
		`audience: "a b" has a character`:                                         func(c *AssertionConfig) { c.Audiences = []string{"a b"} },
		`audience: "` + strings.Repeat("a", 1001) + `" is not of 1 to 1000 bytes`: func(c *AssertionConfig) { c.Audiences = []string{strings.Repeat("a", 1001)} },
		`audience: "a" stands there twice`:                                        func(c *AssertionConfig) { c.Audiences = []string{"a", "a"} },
		"ttl: 4s is not from 5s to 1h0m0s":                                        func(c *AssertionConfig) { c.TTL = 4 * time.Second },
		"ttl: 1h0m1s is not":                                                      func(c *AssertionConfig) { c.TTL = time.Hour + time.Second },
		"ttl: -1s is not":                                                         func(c *AssertionConfig) { c.TTL = -time.Second },
		`claims[0]: there is no attribute "account.id"`:                           func(c *AssertionConfig) { c.Claims = []string{"account.id"} },
		"claims[1]: aws_token.principal_tags.team stands in aws_token.principal_tags already": func(c *AssertionConfig) {
			c.Claims = []string{"aws_token.principal_tags", "aws_token.principal_tags.team"}
		},
		"claims[1]: aws_token.principal_tags stands in aws_token.principal_tags.team already, or holds it": func(c *AssertionConfig) {
			c.Claims = []string{"aws_token.principal_tags.team", "aws_token.principal_tags"}
		},
	} {
		cfg := goodAssertion()
		change(&cfg)
		_, err := NewAssertion(cfg)
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.HasPrefix(err.Error(), fault)) {
			t.Errorf("%q: %v", fault, err)
		}
	}
	if _, err := NewAssertion(AssertionConfig{Issuer: "http://127.0.0.1:8080/id", Audiences: []string{strings.Repeat("a", 1000)}}); err != nil {
		t.Errorf("a loopback address with a path, and a long audience: %v", err)
	}
}

// All faults are named at once.
func TestBadAssertionNamesEveryFault(t *testing.T) {
	_, err := NewAssertion(AssertionConfig{Subject: "{aws_token.subb}", Claims: []string{"x"}, TTL: 1})
	for _, path := range []string{"issuer", "audience", "subject", "claims[0]", "ttl"} {
		if err == nil || !strings.Contains(err.Error(), path+": ") {
			t.Errorf("%s is not in %v", path, err)
		}
	}
}

// The field is managed as the configured ones are, and set by nobody here.
func TestAssertionField(t *testing.T) {
	for field, managed := range map[string]string{"X-Aws-Token-Assertion": "x_aws-token.assertion", "X-Upstream-Identity": "x_upstream.identity"} {
		h := mustNew(t, Config{Headers: []Header{{"X-Team", "{aws_token.principal_tags.team}"}}, AssertionField: strings.ToLower(field)})
		if got := h.Fields(); !slices.Equal(got, []string{"X-Team", field}) || h.AssertionField() != field {
			t.Errorf("%v", got)
		}
		r := cleanRequest()
		r.Header = http.Header{managed: {"forged"}, "X-Other": {"x"}}
		h.Strip(r)
		if got := slices.Sorted(maps.Keys(r.Header)); !slices.Equal(got, []string{"X-Other"}) {
			t.Errorf("%s: %v is left", field, got)
		}
		if err := h.Set(r.Header, testToken(), nil); err != nil || r.Header.Get(field) != "" {
			t.Errorf("%v, %v", err, r.Header)
		}
	}
	for field, fault := range map[string]string{
		"X-Good": "", "X_Team": "is taken by headers[0]", "X-Aws-Token-Sub": "is taken by the default header", "Authorization": "connections or credentials", "a b": "is not the name",
	} {
		_, err := New(Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "x"}}, AssertionField: field})
		if (err == nil) != (fault == "") || err != nil && (!strings.HasPrefix(err.Error(), "assertion.header: ") || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
