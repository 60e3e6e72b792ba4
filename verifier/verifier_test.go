package verifier

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestVerify(t *testing.T) {
	v := mustNew(t, goodConfig(t))
	for _, alg := range Algorithms() {
		c := goodClaims()
		c.header["alg"], c.header["kid"] = string(alg), map[Algorithm]string{RS256: "RSA_0", ES384: "EC384_0"}[alg]
		got, err := v.Verify(t.Context(), c.signedBy(aws()))
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		if got.Token.AccountID != account || got.Token.Issuer != testIssuer || got.KeyID != c.header["kid"] {
			t.Errorf("%s: got %+v of key %q", alg, got.Token, got.KeyID)
		}
	}
}

func TestVerifyByConfig(t *testing.T) {
	several := goodClaims()
	several.top["aud"] = []string{"my-app", "other"}
	rs := goodClaims()
	rs.header["alg"], rs.header["kid"] = "RS256", "RSA_0"
	for _, tt := range []struct {
		name   string
		change func(c *Config)
		token  string
		reason Reason
	}{
		{"single audience, several", func(c *Config) { c.SingleAudience = true }, several.signedBy(aws()), WrongAudience},
		{"single audience, one", func(c *Config) { c.SingleAudience = true }, goodToken(), ""},
		{"another pin", func(c *Config) { c.Issuers[0].Accounts = []string{"999999999999"} }, goodToken(), AccountMismatch},
		{"the right pin", func(c *Config) { c.Issuers[0].Accounts = []string{"999999999999", account} }, goodToken(), ""},
		{"issuer's audience", func(c *Config) { c.Issuers[0].Audiences = []string{"x"} }, goodToken(), WrongAudience},
		{"other issuer's audience", func(c *Config) { c.Issuers[1].Audiences = []string{"x"} }, goodToken(), ""},
		{"issuer's algorithm", func(c *Config) { c.Issuers[0].Algorithms = []Algorithm{RS256} }, goodToken(), AlgorithmNotAllowed},
		{"issuer's algorithm, the right one", func(c *Config) { c.Issuers[0].Algorithms = []Algorithm{RS256} }, rs.signedBy(aws()), ""},
		{"algorithm for all", func(c *Config) { c.Algorithms = []Algorithm{ES384} }, rs.signedBy(aws()), AlgorithmNotAllowed},
		{"no leeway", func(c *Config) { c.Leeway, c.Now = 0, at(300*time.Second) }, goodToken(), Expired},
		{"no leeway, a moment before", func(c *Config) { c.Leeway, c.Now = 0, at(300*time.Second-1) }, goodToken(), ""},
		{"shorter lifetime", func(c *Config) { c.MaxLifetime = 299 * time.Second }, goodToken(), LifetimeTooLong},
		{"lifetime that fits", func(c *Config) { c.MaxLifetime = 300 * time.Second }, goodToken(), ""},
		{"keys swapped between issuers", func(c *Config) {
			c.Issuers[0].Keys, c.Issuers[1].Keys = c.Issuers[1].Keys, c.Issuers[0].Keys
		}, goodToken(), BadSignature},
		{"keys unavailable", func(c *Config) {
			c.Issuers[0].Keys = failing{&KeysUnavailableError{5 * time.Second, errors.New("down")}}
		},
			goodToken(), KeysUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodConfig(t)
			tt.change(&c)
			wantReason(t, c, tt.token, tt.reason)
		})
	}
}

func at(d time.Duration) func() time.Time { return func() time.Time { return epoch.Add(d) } }

type failing struct{ err error }

func (f failing) Key(context.Context, string) (Key, error) { return Key{}, f.err }

func TestErrorSaysWhatTheTokenClaims(t *testing.T) {
	c := goodConfig(t)
	c.Audiences = []string{"https://orders.example"}
	_, err := mustNew(t, c).Verify(t.Context(), goodToken())
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	want := Claimed{testIssuer, "EC384_0", account, "arn:aws:iam::123456789012:role/MyAppRole", "5488e298-0a47-4c5b-80d7-6b4ab8a4cede"}
	if refusal.Claimed != want {
		t.Errorf("claimed %+v, want %+v", refusal.Claimed, want)
	}
	if refusal.Hint != `audience "my-app" is not one of [https://orders.example]` {
		t.Errorf("hint: %s", refusal.Hint)
	}
}

func TestErrorOfTheCallersContext(t *testing.T) {
	c := goodConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Issuers[0].Keys = failing{ctx.Err()}
	var refusal *Error
	if _, err := mustNew(t, c).Verify(ctx, goodToken()); !errors.Is(err, context.Canceled) || errors.As(err, &refusal) {
		t.Errorf("got %v, want the context's error and no refusal", err)
	}
}

func TestZeroVerifierRefuses(t *testing.T) {
	_, err := new(Verifier).Verify(t.Context(), goodToken())
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Reason != UnknownIssuer {
		t.Errorf("got %v", err)
	}
}

func wantReason(t *testing.T, c Config, token string, want Reason) {
	t.Helper()
	v := mustNew(t, c)
	_, err := v.Verify(t.Context(), token)
	if got := reasonOf(err); got != want || want == "" && err != nil {
		t.Errorf("got %v, want reason %q", err, want)
	}
	explainsAlike(t, v, token, err)
}

func reasonOf(err error) Reason {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}
