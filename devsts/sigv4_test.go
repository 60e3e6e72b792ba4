package devsts

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSignature changes one thing of a correctly signed request at a time.
func TestSignature(t *testing.T) {
	e := start(t, DefaultConfig())
	const mismatch, incomplete = "SignatureDoesNotMatch", "IncompleteSignature"
	cases := []struct {
		name   string
		signer func(*signer)
		change func(*http.Request)
		status int
		code   string
		text   string
	}{
		{name: "nothing changed", status: 200},
		{name: "another region", signer: func(s *signer) { s.region = "us-gov-west-1" }, status: 200},
		{name: "14 minutes old", signer: func(s *signer) { s.at = s.at.Add(-14 * time.Minute) }, status: 200},
		{name: "14 minutes early", signer: func(s *signer) { s.at = s.at.Add(14 * time.Minute) }, status: 200},
		{name: "a session token that nobody asked for", signer: func(s *signer) { s.token = "left over" }, status: 200},
		{name: "a header beside the signed ones", change: func(r *http.Request) { r.Header.Set("X-Other", "1") }, status: 200},

		{name: "16 minutes old", signer: func(s *signer) { s.at = s.at.Add(-16 * time.Minute) }, status: 403, code: mismatch, text: "Signature expired: 20260421T071610Z is now earlier than 20260421T071710Z (20260421T073210Z - 15 min.)"},
		{name: "16 minutes early", signer: func(s *signer) { s.at = s.at.Add(16 * time.Minute) }, status: 403, code: mismatch, text: "Signature not yet current"},
		{name: "wrong secret", signer: func(s *signer) { s.secret += "x" }, status: 403, code: mismatch, text: "Check your AWS Secret Access Key"},
		{name: "another role's key ID", change: replaceAuth(orders, stranger), status: 403, code: mismatch},
		{name: "unknown key ID", signer: func(s *signer) { s.keyID = "DEVSTSNOBODY00000" }, status: 403, code: "InvalidClientTokenId", text: "security token included in the request is invalid"},
		{name: "scope of another service", signer: func(s *signer) { s.service = "iam" }, status: 403, code: mismatch, text: "correct service: 'sts'"},
		{name: "scope without a region", signer: func(s *signer) { s.region = "aws-global" }, status: 403, code: mismatch, text: "valid region, not 'aws-global'"},
		{name: "region changed after signing", change: replaceAuth("/eu-central-1/", "/eu-central-2/"), status: 403, code: mismatch},
		{name: "date of the scope changed", change: replaceAuth("/20260421/", "/20260420/"), status: 403, code: mismatch, text: "Date in Credential scope"},
		{name: "time changed", change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260421T073211Z") }, status: 403, code: mismatch},
		{name: "signed header changed", change: func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}, status: 403, code: mismatch},
		{name: "query added", change: func(r *http.Request) { r.URL.RawQuery = "a=b" }, status: 403, code: mismatch},
		{name: "host changed", change: func(r *http.Request) { r.Host = "sts.eu-central-1.amazonaws.com" }, status: 403, code: mismatch},
		{name: "no date", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, status: 400, code: incomplete, text: "Date must be"},
		{name: "no header", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 403, code: "MissingAuthenticationToken", text: "missing Authentication Token"},
		{name: "another scheme", change: func(r *http.Request) { r.SetBasicAuth("a", "b") }, status: 400, code: incomplete},
		{name: "no signature", change: replaceAuth("Signature=", "Signature_="), status: 400, code: incomplete, text: "requires 'Signature'"},
		{name: "short credential", change: replaceAuth("/sts/aws4_request", "/aws4_request"), status: 400, code: incomplete, text: "exactly 5"},
		{name: "host not signed", change: replaceAuth(";host;", ";"), status: 400, code: incomplete, text: "'Host'"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := e.signer(orders)
			if c.signer != nil {
				c.signer(&s)
			}
			r := s.request(t, e.url, goodCall())
			if c.change != nil {
				c.change(r)
			}
			a := do(t, r)
			if c.status == 200 {
				wantToken(t, a)
				return
			}
			wantCode(t, a, c.status, c.code, c.text)
			if a.Token != "" {
				t.Fatal("a refused call got a token")
			}
		})
	}
}

func replaceAuth(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		before := r.Header.Get("Authorization")
		after := strings.Replace(before, from, to, 1)
		if before == after {
			panic("nothing to replace in " + before)
		}
		r.Header.Set("Authorization", after)
	}
}

// TestBodyIsSigned sends another body of the same length.
func TestBodyIsSigned(t *testing.T) {
	e := start(t, DefaultConfig())
	good := e.signer(orders).request(t, e.url, goodCall("DurationSeconds", "300"))
	other := e.signer(orders).request(t, e.url, goodCall("DurationSeconds", "900"))
	other.Header = good.Header
	wantToken(t, do(t, good))
	wantCode(t, do(t, other), 403, "SignatureDoesNotMatch", "")
}

func TestSessionToken(t *testing.T) {
	c := DefaultConfig()
	c.Accounts[0].Roles[0].SessionToken = "the-session"
	e := start(t, c)
	for token, ok := range map[string]bool{"the-session": true, "another": false, "": false} {
		s := e.signer(orders)
		s.token = token
		a := do(t, s.request(t, e.url, goodCall()))
		if ok {
			wantToken(t, a)
		} else {
			wantCode(t, a, 403, "InvalidClientTokenId", "")
		}
	}
}

// TestScopeGivesRegion: source_region is what the client signed for.
func TestScopeGivesRegion(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, region := range []string{"eu-central-1", "us-gov-west-1", "ap-southeast-5"} {
		s := e.signer(orders)
		s.region = region
		_, claims, ok := verified(t, do(t, s.request(t, e.url, goodCall())).Token)
		if got := claims[awsNamespace].(map[string]any)["source_region"]; !ok || got != region {
			t.Errorf("got %v, want %s", got, region)
		}
	}
}
