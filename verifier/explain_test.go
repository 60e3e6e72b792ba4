package verifier

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// explainsAlike asserts that Explain comes to what Verify came to, and that the
// first check which did not pass is the one that says so.
func explainsAlike(t *testing.T, v *Verifier, token string, verified error) {
	t.Helper()
	e := v.Explain(t.Context(), token, ExplainOptions{})
	var refusal, explained *Error
	errors.As(verified, &refusal)
	errors.As(e.Err, &explained)
	switch {
	case (verified == nil) != (e.Err == nil), (refusal == nil) != (explained == nil):
		t.Fatalf("Verify says %v, Explain %v", verified, e.Err)
	case verified == nil:
		if !e.Verified || e.Token == nil {
			t.Errorf("Explain does not call it verified: %+v", e)
		}
		for _, check := range e.Checks {
			if check.State != CheckPassed {
				t.Errorf("%s: %+v", check.Name, check)
			}
		}
		return
	case refusal == nil:
		return
	case refusal.Reason != explained.Reason || refusal.Claimed != explained.Claimed:
		t.Errorf("Verify says %+v, Explain %+v", refusal, explained)
	}
	i := slices.IndexFunc(e.Checks, func(c Check) bool { return c.Reason != "" })
	if i < 0 || e.Checks[i].Reason != explained.Reason || e.Checks[i].Hint != explained.Hint {
		t.Errorf("the first check that did not pass is %d of %+v, want reason %s", i, e.Checks, explained.Reason)
	}
}

// states are the checks of an explanation that are in a state.
func states(e *Explanation, in CheckState) (names []string) {
	for _, check := range e.Checks {
		if check.State == in {
			names = append(names, check.Name)
		}
	}
	return names
}

func TestExplainGoesOnBehindAFailure(t *testing.T) {
	old := goodClaims()
	old.top["exp"], old.top["aud"] = epoch.Unix()-1000, "another"
	old.top["iat"] = epoch.Unix() - 1300
	foreign := goodClaims()
	foreign.top["iss"] = "https://elsewhere.example"
	incomplete := goodClaims()
	delete(incomplete.top, "jti")
	delete(incomplete.top, "exp")
	for _, tt := range []struct {
		name, token      string
		failed, notAsked []string
		verified         bool
	}{
		{"a good one", goodToken(), nil, nil, true},
		{"no token", "x", []string{CheckForm}, []string{
			CheckPayload, CheckIssuer, CheckAlgorithm, CheckKey, CheckSignature, CheckClaims, CheckAudience, CheckExpiry,
			CheckStart, CheckLifetime, CheckAccount, CheckSubject, CheckOrganization,
		}, false},
		{"ended, for another", old.signedBy(aws()), []string{CheckExpiry, CheckAudience}, nil, true},
		{"another's issuer", foreign.signedBy(aws()), []string{CheckIssuer}, []string{
			CheckAlgorithm, CheckKey, CheckSignature, CheckAudience, CheckAccount, CheckOrganization,
		}, false},
		{"another's signature", goodClaims().signedBy(stranger()), []string{CheckSignature}, nil, false},
		{"incomplete claims", incomplete.signedBy(aws()), []string{CheckClaims}, []string{
			CheckExpiry, CheckAudience, CheckStart, CheckLifetime, CheckAccount, CheckSubject,
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := mustNew(t, goodConfig(t)).Explain(t.Context(), tt.token, ExplainOptions{})
			if got := states(e, CheckFailed); !slices.Equal(got, tt.failed) {
				t.Errorf("failed: %v, want %v", got, tt.failed)
			}
			if got := states(e, CheckNotAsked); !slices.Equal(got, tt.notAsked) {
				t.Errorf("not asked: %v, want %v", got, tt.notAsked)
			}
			if e.Verified != tt.verified {
				t.Errorf("verified: %v", e.Verified)
			}
		})
	}
}

func TestExplainOffline(t *testing.T) {
	c := goodConfig(t)
	c.Issuers[0].Keys = failing{errors.New("asked for a key")}
	v := mustNew(t, c)
	e := v.Explain(t.Context(), goodClaims().signedBy(stranger()), ExplainOptions{Offline: true})
	if e.Err != nil || e.Verified || e.Token == nil {
		t.Errorf("%+v", e)
	}
	if got := states(e, CheckCouldNot); !slices.Equal(got, []string{CheckKey, CheckSignature}) {
		t.Errorf("could not: %v", got)
	}
	// The control, with the keys.
	if e := v.Explain(t.Context(), goodToken(), ExplainOptions{}); reasonOf(e.Err) != KeysUnavailable ||
		!slices.Equal(states(e, CheckCouldNot), []string{CheckKey}) || len(states(e, CheckFailed)) > 0 {
		t.Errorf("%+v", e)
	}
}

func TestExplainAtAnotherTime(t *testing.T) {
	v := mustNew(t, goodConfig(t))
	if e := v.Explain(t.Context(), goodToken(), ExplainOptions{Now: epoch.Add(time.Hour)}); reasonOf(e.Err) != Expired {
		t.Errorf("an hour later: %v", e.Err)
	}
	if e := v.Explain(t.Context(), goodToken(), ExplainOptions{}); e.Err != nil {
		t.Errorf("by the Verifier's clock: %v", e.Err)
	}
	if _, err := v.Verify(t.Context(), goodToken()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestExplainOfACancelledContext(t *testing.T) {
	c := goodConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Issuers[0].Keys = failing{ctx.Err()}
	e := mustNew(t, c).Explain(ctx, goodToken(), ExplainOptions{})
	if !errors.Is(e.Err, context.Canceled) || e.Verified || !slices.Contains(states(e, CheckCouldNot), CheckKey) {
		t.Errorf("%+v", e)
	}
}

func TestExplainZeroVerifier(t *testing.T) {
	e := new(Verifier).Explain(t.Context(), goodToken(), ExplainOptions{})
	if reasonOf(e.Err) != UnknownIssuer || e.Verified {
		t.Errorf("%+v", e)
	}
}

// What was found and wanted is what a person needs to see the difference.
func TestExplainTells(t *testing.T) {
	c := goodConfig(t)
	c.Issuers[0].Accounts, c.Issuers[1].URL = []string{"999999999999"}, "https://elsewhere.example"
	token := goodClaims()
	token.top["aud"] = []string{"my-app\n", "b"}
	e := mustNew(t, c).Explain(t.Context(), token.signedBy(aws()), ExplainOptions{})
	for name, want := range map[string][2]string{
		CheckForm:      {`ES384, kid "EC384_0"`, "three parts"},
		CheckIssuer:    {`"` + testIssuer + `"`, "one of 2 issuers"},
		CheckAlgorithm: {"ES384", "one of RS256, ES384"},
		CheckAudience:  {`"my-app\n", "b"`, "my-app"},
		CheckKey:       {`kid "EC384_0"`, "for ES384"},
		CheckExpiry:    {"2026-11-01T12:05:00Z", "after 2026-11-01T12:00:00Z"},
		CheckStart:     {"iat 2026-11-01T12:00:00Z", "not after 2026-11-01T12:00:00Z"},
		CheckLifetime:  {"5m0s", "at most 1h"},
		CheckAccount:   {account, "999999999999"},
		CheckSubject:   {"role/MyAppRole", "account " + account},
	} {
		i := slices.IndexFunc(e.Checks, func(c Check) bool { return c.Name == name })
		if i < 0 || !strings.Contains(e.Checks[i].Found, want[0]) || !strings.Contains(e.Checks[i].Wanted, want[1]) {
			t.Errorf("%s: found %q, wanted %q; want %q", name, e.Checks[i].Found, e.Checks[i].Wanted, want)
		}
	}
}

// The issuer of the token's own account is what is wanted instead of another.
func TestExplainNamesTheAccountsIssuer(t *testing.T) {
	c := goodConfig(t)
	c.Issuers[0].Accounts = []string{account}
	for claimed, want := range map[string]string{account: testIssuer + ", which is listed for account " + account, "444455556666": "one of 2 issuers"} {
		token := goodClaims()
		token.top["iss"], token.aws["aws_account"] = "https://elsewhere.example", claimed
		e := mustNew(t, c).Explain(t.Context(), token.signedBy(aws()), ExplainOptions{})
		if got := e.Checks[2].Wanted; !strings.Contains(got, want) {
			t.Errorf("account %s: wanted %q, want %q", claimed, got, want)
		}
	}
}
