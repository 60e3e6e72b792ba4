package devsts

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func iamCall(action string) url.Values {
	return url.Values{"Action": {action}, "Version": {"2010-05-08"}}
}

func (e emulator) iam(t *testing.T, action string) answer {
	t.Helper()
	s := e.signer(orders)
	s.service, s.region = "iam", "us-east-1"
	return do(t, s.request(t, e.url, iamCall(action)))
}

func TestSuccessDocument(t *testing.T) {
	e := start(t, DefaultConfig())
	a := e.call(t, orders, goodCall())
	for _, want := range []string{
		`<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult><WebIdentityToken>`,
		`</WebIdentityToken><Expiration>2026-04-21T07:37:10.000Z</Expiration></GetWebIdentityTokenResult><ResponseMetadata><RequestId>`,
		`</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>`,
	} {
		if !strings.Contains(a.raw, want) {
			t.Errorf("%s lacks %s", a.raw, want)
		}
	}
}

func TestErrorDocument(t *testing.T) {
	e := start(t, DefaultConfig())
	a := e.call(t, orders, goodCall("SigningAlgorithm", "<&>"))
	want := `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>` +
		`1 validation error detected: Value &#39;&lt;&amp;&gt;&#39; at &#39;signingAlgorithm&#39;`
	if !strings.HasPrefix(a.raw, want) || !strings.Contains(a.raw, "</Message></Error><RequestId>") {
		t.Fatalf("got %s", a.raw)
	}
}

func TestUnknownOperations(t *testing.T) {
	e := start(t, DefaultConfig())
	wantCode(t, e.call(t, orders, goodCall("Action", "AssumeRoleWithSAML")), 400, "InvalidAction", "Could not find operation AssumeRoleWithSAML for version 2011-06-15")
	wantCode(t, e.call(t, orders, goodCall("Version", "-")), 400, "InvalidAction", "GetWebIdentityToken for version NO_VERSION_SPECIFIED")
	wantCode(t, e.call(t, orders, goodCall("Version", "2010-05-08")), 400, "InvalidAction", "for version 2010-05-08")
	wantCode(t, e.call(t, orders, goodCall("Action", "-")), 400, "MissingAction", "")
	r := e.signer(orders).request(t, e.url, goodCall())
	r.Header.Set("Content-Type", "application/json")
	wantCode(t, do(t, r), 400, "MissingAction", "")
}

func TestBodyLimit(t *testing.T) {
	e := start(t, DefaultConfig())
	pad := func(n int) url.Values { return goodCall("Padding", strings.Repeat("x", n)) }
	rest := len(pad(0).Encode())
	wantToken(t, e.call(t, orders, pad(maxBody-rest)))
	wantCode(t, e.call(t, orders, pad(maxBody-rest+1)), 413, "RequestEntityTooLarge", "")
}

func TestGetCallerIdentity(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[0].Roles[1].SessionName = "night-run"
	e := start(t, c)
	params := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	a := e.call(t, "DEVSTSREPORTSBATCH", params)
	if a.status != 200 || !strings.Contains(a.raw, "<Arn>arn:aws:sts::111122223333:assumed-role/reports-batch/night-run</Arn><UserId>AROA") ||
		!strings.Contains(a.raw, ":night-run</UserId><Account>111122223333</Account>") {
		t.Fatalf("got %s", a.raw)
	}
}

func TestPermissions(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[0].Roles[0].Deny = []string{"sts:TagGetWebIdentityToken", "iam:DisableOutboundWebIdentityFederation"}
	c.Accounts[0].Roles[1].Deny = []string{"sts:GetWebIdentityToken"}
	e := start(t, c)
	wantToken(t, e.call(t, orders, goodCall()))
	wantCode(t, e.call(t, orders, tagged("k", "v")), 403, "AccessDenied",
		"User: arn:aws:sts::111122223333:assumed-role/orders-lambda/devsts is not authorized to perform: sts:TagGetWebIdentityToken")
	wantCode(t, e.call(t, "DEVSTSREPORTSBATCH", goodCall()), 403, "AccessDenied", "sts:GetWebIdentityToken")
	wantToken(t, e.call(t, stranger, tagged("k", "v")))
	wantCode(t, e.iam(t, "DisableOutboundWebIdentityFederation"), 403, "AccessDenied", "iam:Disable")
	if a := e.iam(t, "GetOutboundWebIdentityFederationInfo"); a.status != 200 {
		t.Fatalf("got %s", a.raw)
	}
}

func TestSessionDuration(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[0].Roles[0].SessionSeconds = 900
	e := start(t, c)
	a := e.call(t, orders, goodCall("DurationSeconds", "900"))
	wantToken(t, a)
	_, claims, _ := verified(t, a.Token)
	if got := claims[awsNamespace].(map[string]any)["original_session_exp"]; got != "2026-04-21T07:47:10Z" {
		t.Fatalf("original_session_exp %v", got)
	}
	wantCode(t, e.call(t, orders, goodCall("DurationSeconds", "901")), 403, "SessionDurationEscalationException", "beyond its original expiration")
	wantToken(t, e.call(t, "DEVSTSREPORTSBATCH", goodCall("DurationSeconds", "3600")))
}

// TestFederation walks an account through off and on, beside another account
// that notices nothing.
func TestFederation(t *testing.T) {
	e := start(t, DefaultConfig())
	const info, enable, disable = "GetOutboundWebIdentityFederationInfo", "EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation"
	issuer := "<IssuerIdentifier>" + e.url + "/11112222-3333-4111-8111-111122223333</IssuerIdentifier>"

	a := e.iam(t, info)
	if a.status != 200 || !strings.Contains(a.raw, issuer+"<JwtVendingEnabled>true</JwtVendingEnabled>") ||
		!strings.HasPrefix(a.raw, `<GetOutboundWebIdentityFederationInfoResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`) {
		t.Fatalf("got %s", a.raw)
	}
	wantCode(t, e.iam(t, enable), 409, "FeatureEnabled", "already enabled")
	before := e.call(t, orders, goodCall()).Token

	if a := e.iam(t, disable); a.status != 200 || strings.Contains(a.raw, "Result>") {
		t.Fatalf("got %d %s", a.status, a.raw)
	}
	wantCode(t, e.iam(t, disable), 404, "FeatureDisabled", "")
	wantCode(t, e.iam(t, info), 404, "FeatureDisabled", "")
	wantCode(t, e.call(t, orders, goodCall()), 403, "OutboundWebIdentityFederationDisabledException", "not enabled")
	wantToken(t, e.call(t, stranger, goodCall()))
	if _, _, ok := verified(t, before); !ok {
		t.Error("the keys went away with the feature")
	}

	if a := e.iam(t, enable); a.status != 200 || !strings.Contains(a.raw, issuer) {
		t.Fatalf("got %s", a.raw)
	}
	wantToken(t, e.call(t, orders, goodCall()))

	c := DefaultConfig()
	c.Accounts[0].FederationDisabled = true
	wantCode(t, start(t, c).call(t, orders, goodCall()), 403, "OutboundWebIdentityFederationDisabledException", "")
}

// TestServiceOfVersion: IAM's operations want IAM's scope and the other way round.
func TestServiceOfVersion(t *testing.T) {
	e := start(t, DefaultConfig())
	wantCode(t, e.call(t, orders, iamCall("GetOutboundWebIdentityFederationInfo")), 403, "SignatureDoesNotMatch", "correct service: 'iam'")
	s := e.signer(orders)
	s.service = "iam"
	wantCode(t, do(t, s.request(t, e.url, goodCall())), 403, "SignatureDoesNotMatch", "correct service: 'sts'")
}

func TestOtherPaths(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 405},
		{"POST", "/11112222-3333-4111-8111-111122223333/.well-known/jwks.json", 405},
		{"GET", "/11112222-3333-4111-8111-111122223334/.well-known/jwks.json", 404},
		{"GET", "/11112222-3333-4111-8111-111122223334/.well-known/openid-configuration", 404},
		{"GET", "/rotate", 404},
	} {
		r, err := http.NewRequest(c.method, e.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, resp.StatusCode, c.status)
		}
	}
}
