package devsts

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestSession signs with what AssumeRoleWithWebIdentity gave: as that role, until
// it ends.
func TestSession(t *testing.T) {
	var passed atomic.Int64
	p := startIDP(t, "", httptest.NewServer)
	c := federated(p)
	c.Now = func() time.Time { return testClock().Add(time.Duration(passed.Load())) }
	e := start(t, c)
	w := assumed(t, e.assume(t, p.token(t, nil, nil), "DurationSeconds", "900"))
	identity := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	if a := do(t, w.signer(e).request(t, e.url, identity)); !strings.Contains(a.raw, "<Arn>arn:aws:sts::444455556666:assumed-role/partner/run-1</Arn>") {
		t.Errorf("got %s", a.raw)
	}

	passed.Store(int64(10 * time.Minute))
	a := do(t, w.signer(e).request(t, e.url, goodCall()))
	wantToken(t, a)
	_, claims, ok := verified(t, a.Token)
	aws := claims[awsNamespace].(map[string]any)
	if !ok || claims["sub"] != partnerARN || claims["iss"] != e.url+"/44445555-6666-4444-8444-444455556666" {
		t.Errorf("claims %v", claims)
	}
	for name, want := range map[string]string{
		"aws_account": "444455556666", "principal_id": partnerARN, "original_session_exp": "2026-04-21T07:47:10Z",
		"federated_provider": "arn:aws:iam::444455556666:oidc-provider/" + strings.TrimPrefix(p.url, "http://"),
	} {
		if aws[name] != want {
			t.Errorf("%s is %v, want %s", name, aws[name], want)
		}
	}
	wantCode(t, do(t, w.signer(e).request(t, e.url, goodCall("DurationSeconds", "301"))), 403, "SessionDurationEscalationException", "")

	for name, change := range map[string]func(*signer){
		"no session token":      func(s *signer) { s.token = "" },
		"another session token": func(s *signer) { s.token = s.token[1:] + "A" },
		"another session's key ID": func(s *signer) {
			s.keyID = assumed(t, e.assume(t, p.token(t, nil, edits{"exp": e.now().Unix() + 60}))).KeyID
		},
		"a key ID that never was":   func(s *signer) { s.keyID = "ASIAAAAAAAAAAAAAAAAA" },
		"the session token of keys": func(s *signer) { s.keyID, s.secret = "DEVSTSNOBODY00000", "x" },
	} {
		s := w.signer(e)
		change(&s)
		a := do(t, s.request(t, e.url, goodCall()))
		wantCode(t, a, 403, "InvalidClientTokenId", "security token included in the request is invalid")
		if a.Token != "" {
			t.Errorf("%s: a token", name)
		}
	}
	s := w.signer(e)
	s.secret += "x"
	wantCode(t, do(t, s.request(t, e.url, goodCall())), 403, "SignatureDoesNotMatch", "")

	passed.Store(int64(15*time.Minute - time.Second))
	if a := do(t, w.signer(e).request(t, e.url, identity)); a.status != 200 {
		t.Errorf("a second before the end: %s", a.raw)
	}
	passed.Store(int64(15 * time.Minute))
	wantCode(t, do(t, w.signer(e).request(t, e.url, identity)), 403, "ExpiredToken", "security token included in the request is expired")
	s = w.signer(e)
	s.secret += "x"
	wantCode(t, do(t, s.request(t, e.url, identity)), 403, "SignatureDoesNotMatch", "")
}

// TestSessionClock: an offset moves what tokens say of the session's end.
func TestSessionClock(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	e := start(t, federated(p))
	w := assumed(t, e.assume(t, p.token(t, nil, nil), "DurationSeconds", "900"))
	e.SetClockOffset(time.Hour)
	a := do(t, w.signer(e).request(t, e.url, goodCall("DurationSeconds", "900")))
	wantToken(t, a)
	_, claims, _ := verified(t, a.Token)
	if got := claims[awsNamespace].(map[string]any)["original_session_exp"]; got != "2026-04-21T08:47:10Z" {
		t.Errorf("got %v", got)
	}
}

// TestSessionsAreForgotten long after they have ended.
func TestSessionsAreForgotten(t *testing.T) {
	var table sessionTable
	now := testClock()
	add := func(key string, ends time.Time) { table.add(&role{Role: Role{AccessKeyID: key}, ends: ends}, now) }
	add("old", now.Add(-sessionGrace-time.Second))
	add("ended", now.Add(-sessionGrace))
	add("new", now.Add(time.Hour))
	for key, want := range map[string]bool{"old": false, "ended": true, "new": true} {
		if _, ok := table.find(key); ok != want {
			t.Errorf("%s: %v", key, ok)
		}
	}
}

// TestDeniedSession: what the role lacks, its sessions lack.
func TestDeniedSession(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	c := federated(p)
	c.Accounts[1].Roles[1].Deny = []string{permTagToken}
	e := start(t, c)
	w := assumed(t, e.assume(t, p.token(t, nil, nil)))
	wantToken(t, do(t, w.signer(e).request(t, e.url, goodCall())))
	wantCode(t, do(t, w.signer(e).request(t, e.url, tagged("k", "v"))), 403, "AccessDenied", "assumed-role/partner/run-1 is not authorized")
}
