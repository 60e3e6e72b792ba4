package devsts

import (
	"encoding/xml"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	reader    = "DEVSTSORGREADER0"
	accessARN = "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"
)

// becoming is a valid AssumeRole call, changed as goodCall is.
func becoming(pairs ...string) url.Values {
	base := []string{
		"Action", "AssumeRole", "Audience.member.1", "-", "SigningAlgorithm", "-",
		"RoleArn", accessARN, "RoleSessionName", "issuers",
	}
	return goodCall(append(base, pairs...)...)
}

// session is the signer that the answer of AssumeRole makes.
func (e emulator) session(t *testing.T, a answer) signer {
	t.Helper()
	var got struct {
		KeyID  string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	}
	if err := xml.Unmarshal([]byte(a.raw), &got); err != nil || a.status != 200 || got.KeyID == "" {
		t.Fatalf("%v in %s", err, a.raw)
	}
	return signer{keyID: got.KeyID, secret: got.Secret, token: got.Token, service: "sts", region: "eu-central-1", at: e.now()}
}

func TestAssumeRole(t *testing.T) {
	var passed atomic.Int64
	c := DefaultConfig()
	c.Now = func() time.Time { return testClock().Add(time.Duration(passed.Load())) }
	e := start(t, c)
	a := e.call(t, reader, becoming("DurationSeconds", "900"))
	if !strings.HasPrefix(a.raw, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/OrganizationAccountAccessRole/issuers</Arn>`) ||
		!strings.Contains(a.raw, "<Expiration>2026-04-21T07:47:10.000Z</Expiration>") {
		t.Errorf("got %s", a.raw)
	}
	s := e.session(t, a)
	s.service, s.region = "iam", "us-east-1"
	if info := do(t, s.request(t, e.url, iamCall("GetOutboundWebIdentityFederationInfo"))); !strings.Contains(info.raw, "<IssuerIdentifier>"+e.url+"/44445555-6666-4444-8444-444455556666</IssuerIdentifier>") {
		t.Errorf("got %s", info.raw)
	}
	s.service = "sts"
	token := do(t, s.request(t, e.url, goodCall()))
	wantToken(t, token)
	if _, claims, ok := verified(t, token.Token); !ok || claims["sub"] != accessARN || claims[awsNamespace].(map[string]any)["federated_provider"] != nil {
		t.Errorf("claims %v", claims)
	}
	passed.Store(int64(15 * time.Minute))
	s.at = e.now()
	wantCode(t, do(t, s.request(t, e.url, goodCall())), 403, "ExpiredToken", "")
}

// TestWhoMayAssume has each refusal beside a call that differs in one thing.
func TestWhoMayAssume(t *testing.T) {
	const denied = "is not authorized to perform: sts:AssumeRole on resource: "
	e := start(t, DefaultConfig())
	e.session(t, e.call(t, reader, becoming())) // the control
	wantCode(t, e.call(t, orders, becoming()), 403, "AccessDenied", "assumed-role/orders-lambda/devsts "+denied+accessARN)
	wantCode(t, e.call(t, reader, becoming("RoleArn", accessARN+"X")), 403, "AccessDenied", denied)
	wantCode(t, e.call(t, reader, becoming("RoleArn", "arn:aws:iam::444455556666:role/billing-ec2")), 403, "AccessDenied", denied)

	for name, change := range map[string]func(*Config){
		"the caller lacks the permission": func(c *Config) { c.Accounts[0].Roles[2].Deny = []string{permAssumeRole} },
		"the account is suspended":        func(c *Config) { c.Accounts[1].State = "SUSPENDED" },
		"nobody is trusted":               func(c *Config) { c.Accounts[1].Roles[1].AssumedBy = []string{"999988887777"} },
	} {
		c := DefaultConfig()
		change(&c)
		if a := start(t, c).call(t, reader, becoming()); a.status != 403 || a.Code != "AccessDenied" {
			t.Errorf("%s: got %s", name, a.raw)
		}
	}
	c := DefaultConfig()
	c.Accounts[1].Roles[1].AssumedBy = []string{ordersAcc}
	e = start(t, c)
	e.session(t, e.call(t, orders, becoming())) // the whole account is trusted
	wantCode(t, e.call(t, stranger, becoming()), 403, "AccessDenied", denied)
}

func TestAssumeRoleLimits(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[1].Roles[1].MaxSessionSeconds = 7200
	c.Accounts[1].Roles[0].AssumedBy = []string{"444455556666"}
	c.Accounts[1].Roles[0].MaxSessionSeconds = 7200
	e := start(t, c)
	s := e.session(t, e.call(t, reader, becoming("DurationSeconds", "7200")))
	const next = "arn:aws:iam::444455556666:role/billing-ec2"
	e.session(t, do(t, s.request(t, e.url, becoming("RoleArn", next, "DurationSeconds", "3600"))))
	wantCode(t, do(t, s.request(t, e.url, becoming("RoleArn", next, "DurationSeconds", "3601"))), 400, "ValidationError", "role chaining")
	for _, bad := range [][]string{
		{"DurationSeconds", "7201"}, {"DurationSeconds", "899"}, {"RoleArn", "-"}, {"RoleSessionName", "-"}, {"RoleArn", "arn:aws:iam::444455556666:user/me"},
		{"ExternalId", "x"}, {"Tags.member.1.Key", "a"}, {"PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"},
	} {
		if a := e.call(t, reader, becoming(bad...)); a.status != 400 || a.Code != "ValidationError" {
			t.Errorf("%v: got %s", bad, a.raw)
		}
	}
}

// TestSourceIdentity survives the chaining of roles, as at AWS.
func TestSourceIdentity(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[0].Roles[2].Claims = map[string]string{"source_identity": "ana", "federated_provider": "accounts.example"}
	e := start(t, c)
	s := e.session(t, e.call(t, reader, becoming()))
	token := do(t, s.request(t, e.url, goodCall()))
	wantToken(t, token)
	_, claims, _ := verified(t, token.Token)
	if aws := claims[awsNamespace].(map[string]any); aws["source_identity"] != "ana" || aws["federated_provider"] != nil {
		t.Errorf("claims %v", aws)
	}
}

func TestThrottle(t *testing.T) {
	e := start(t, DefaultConfig())
	if status, body := manage(t, e, "POST", "/throttle?action=AssumeRole&calls=2"); status != 200 || !strings.Contains(body, `"calls":2`) {
		t.Fatalf("%d %s", status, body)
	}
	for range 2 {
		wantToken(t, e.call(t, reader, goodCall())) // another action
		wantCode(t, e.call(t, reader, becoming()), 400, "Throttling", "Rate exceeded")
	}
	e.session(t, e.call(t, reader, becoming()))
	e.Throttle("AssumeRole", 5)
	e.Throttle("AssumeRole", 0)
	e.session(t, e.call(t, reader, becoming()))
	for _, query := range []string{"", "?action=AssumeRole", "?calls=1", "?action=AssumeRole&calls=0"} {
		if status, _ := manage(t, e, "POST", "/throttle"+query); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
}
