package devsts

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"
)

func wantJSON(t *testing.T, got any, want string) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(g, &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		t.Fatalf("no JSON: %s or %s", g, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("got  %s\nwant %s", g, want)
	}
}

// TestTokenShape compares whole tokens with the shape of a real one.
func TestTokenShape(t *testing.T) {
	e := start(t, DefaultConfig())
	a := e.call(t, orders, tagged("job-id", "job-2024-001"))
	header, claims, ok := verified(t, a.Token)
	if !ok {
		t.Fatal("the signature does not hold")
	}
	wantJSON(t, header, `{"kid":"EC384_0","typ":"JWT","alg":"ES384"}`)
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(claims["jti"].(string)) {
		t.Errorf("jti %v is no UUID of version 4", claims["jti"])
	}
	delete(claims, "jti")
	wantJSON(t, claims, `{
		"aud": "https://orders.example", "sub": "arn:aws:iam::111122223333:role/orders-lambda",
		"https://sts.amazonaws.com/": {
			"org_id": "o-devsts0001", "aws_account": "111122223333",
			"ou_path": ["o-devsts0001/r-dev1/ou-dev1-prod0001/"],
			"request_tags": {"job-id": "job-2024-001"},
			"principal_tags": {"team": "orders", "environment": "production"},
			"original_session_exp": "2026-04-21T08:32:10Z", "source_region": "eu-central-1",
			"principal_id": "arn:aws:iam::111122223333:role/orders-lambda",
			"lambda_source_function_arn": "arn:aws:lambda:eu-central-1:111122223333:function:orders"
		},
		"iss": "`+e.url+`/11112222-3333-4111-8111-111122223333", "iat": 1776756730, "exp": 1776757030}`)
	if a.Expiry != "2026-04-21T07:37:10.000Z" {
		t.Errorf("Expiration %s", a.Expiry)
	}
}

// TestAbsentClaims: what a role and its account lack is not in the token.
func TestAbsentClaims(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[2].OrgID, c.Accounts[2].OUPath = "", nil
	c.Accounts[2].Roles[0].PrincipalTags = nil
	e := start(t, c)
	header, claims, ok := verified(t, e.call(t, stranger, goodCall("SigningAlgorithm", "RS256", "Audience.member.2", "b")).Token)
	if !ok {
		t.Fatal("the signature does not hold")
	}
	wantJSON(t, header, `{"kid":"RSA_0","typ":"JWT","alg":"RS256"}`)
	wantJSON(t, claims["aud"], `["https://orders.example","b"]`)
	wantJSON(t, claims[awsNamespace], `{
		"aws_account": "999988887777", "source_region": "eu-central-1",
		"original_session_exp": "2026-04-21T08:32:10Z",
		"principal_id": "arn:aws:iam::999988887777:role/stranger"}`)
}

func TestRolePath(t *testing.T) {
	e := start(t, DefaultConfig())
	_, claims, _ := verified(t, e.call(t, "DEVSTSREPORTSBATCH", goodCall()).Token)
	if claims["sub"] != "arn:aws:iam::111122223333:role/jobs/reports-batch" {
		t.Fatalf("sub %v", claims["sub"])
	}
}

func TestTokensDiffer(t *testing.T) {
	e := start(t, DefaultConfig())
	_, one, _ := verified(t, e.call(t, orders, goodCall()).Token)
	_, two, _ := verified(t, e.call(t, orders, goodCall()).Token)
	if one["jti"] == two["jti"] {
		t.Fatal("two calls got one jti")
	}
}
