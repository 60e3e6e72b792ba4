package verifier

import (
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
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

// Each row changes one property of the good token. TestVerify is the control.
func TestVerifyRefusesHeaders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(h map[string]any)
		reason Reason
	}{
		{"alg none", func(h map[string]any) { h["alg"] = "none" }, AlgorithmNotAllowed},
		{"alg NONE", func(h map[string]any) { h["alg"] = "NONE" }, AlgorithmNotAllowed},
		{"alg RS384 with the RSA key", func(h map[string]any) { h["alg"], h["kid"] = "RS384", "RSA_0" }, AlgorithmNotAllowed},
		{"alg RS512 with the RSA key", func(h map[string]any) { h["alg"], h["kid"] = "RS512", "RSA_0" }, AlgorithmNotAllowed},
		{"alg es384", func(h map[string]any) { h["alg"] = "es384" }, AlgorithmNotAllowed},
		{"alg missing", func(h map[string]any) { delete(h, "alg") }, MalformedToken},
		{"alg null", func(h map[string]any) { h["alg"] = nil }, MalformedToken},
		{"alg list", func(h map[string]any) { h["alg"] = []string{"ES384"} }, MalformedToken},
		{"kid missing", func(h map[string]any) { delete(h, "kid") }, MalformedToken},
		{"kid number", func(h map[string]any) { h["kid"] = 0 }, MalformedToken},
		{"kid empty", func(h map[string]any) { h["kid"] = "" }, MalformedToken},
		{"kid path", func(h map[string]any) { h["kid"] = "../../EC384_0" }, UnknownKey},
		{"kid SQL", func(h map[string]any) { h["kid"] = "' OR 1=1 --" }, UnknownKey},
		{"kid NUL", func(h map[string]any) { h["kid"] = "EC384_0\x00" }, UnknownKey},
		{"kid URL", func(h map[string]any) { h["kid"] = "https://evil.example/key" }, UnknownKey},
		{"kid of two kilobytes", func(h map[string]any) { h["kid"] = strings.Repeat("k", 2<<10) }, MalformedToken},
		{"kid of 900 bytes", func(h map[string]any) { h["kid"] = strings.Repeat("k", 900) }, UnknownKey},
		{"kid of the other algorithm", func(h map[string]any) { h["kid"] = "RSA_0" }, UnknownKey},
		{"typ at+jwt", func(h map[string]any) { h["typ"] = "at+jwt" }, MalformedToken},
		{"typ number", func(h map[string]any) { h["typ"] = 1 }, MalformedToken},
		{"crit", func(h map[string]any) { h["crit"] = []string{"exp"} }, MalformedToken},
		{"crit empty", func(h map[string]any) { h["crit"] = []string{} }, MalformedToken},
		{"b64", func(h map[string]any) { h["b64"] = true }, MalformedToken},
		{"jku", func(h map[string]any) { h["jku"] = "https://evil.example/jwks" }, MalformedToken},
		{"x5u", func(h map[string]any) { h["x5u"] = "https://evil.example/x5u" }, MalformedToken},
		{"x5c", func(h map[string]any) { h["x5c"] = []string{} }, MalformedToken},
		{"jwk null", func(h map[string]any) { h["jwk"] = nil }, MalformedToken},
		{"zip", func(h map[string]any) { h["zip"] = "DEF" }, MalformedToken},
		{"cty", func(h map[string]any) { h["cty"] = "JWT" }, MalformedToken},
		{"JWK in another case", func(h map[string]any) { h["JWK"] = nil }, MalformedToken},
		{"ALG beside alg", func(h map[string]any) { h["ALG"] = "none" }, MalformedToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodClaims()
			tt.change(c.header)
			wantReason(t, goodConfig(t), c.signedBy(aws()), tt.reason)
		})
	}
}

func TestVerifyAcceptsHeaders(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"typ absent":                 func(h map[string]any) { delete(h, "typ") },
		"a parameter of no interest": func(h map[string]any) { h["x"] = 1 },
	} {
		c := goodClaims()
		change(c.header)
		if _, err := mustNew(t, goodConfig(t)).Verify(t.Context(), c.signedBy(aws())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyRefusesForms(t *testing.T) {
	token := goodToken()
	parts := strings.Split(token, ".")
	header, payload := goodClaims().json()
	last := parts[2][len(parts[2])-1]
	// 96 bytes end on a whole group, so unused bits are shown on the payload.
	padded := payload
	for len(padded)%3 == 0 {
		padded = append(padded, ' ')
	}
	loose := strings.Split(aws().sign("ES384", header, padded), ".")
	unusedBits := loose[1][:len(loose[1])-1] + string(nextLetter(loose[1][len(loose[1])-1]))
	for name, tt := range map[string]struct {
		token  string
		reason Reason
	}{
		"empty":                       {"", MalformedToken},
		"one part":                    {parts[0], MalformedToken},
		"two parts":                   {parts[0] + "." + parts[1], MalformedToken},
		"no signature":                {parts[0] + "." + parts[1] + ".", MalformedToken},
		"four parts":                  {token + ".", MalformedToken},
		"five parts, a JWE":           {"eyJhbGciOiJkaXIifQ.a.b.c.d", MalformedToken},
		"a million dots":              {strings.Repeat(".", 1_000_000), TooLarge},
		"16 KiB of dots":              {strings.Repeat(".", MaxTokenSize), MalformedToken},
		"one byte too long":           {token + strings.Repeat("A", MaxTokenSize+1-len(token)), TooLarge},
		"flattened JSON":              {fmt.Sprintf(`{"iss":%q,"payload":%q,"protected":%q,"signature":%q}`, testIssuer, parts[1], parts[0], parts[2]), MalformedToken},
		"general JSON":                {fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2]), MalformedToken},
		"padding":                     {token + "=", MalformedToken},
		"white space in front":        {" " + token, MalformedToken},
		"line end behind":             {token + "\n", MalformedToken},
		"line end inside":             {part(token, 1, func(p string) string { return p[:4] + "\r\n" + p[4:] }), MalformedToken},
		"standard alphabet":           {part(token, 2, func(p string) string { return "+/" + p[2:] }), MalformedToken},
		"unused bits":                 {loose[0] + "." + unusedBits + "." + loose[2], MalformedToken},
		"one character too many":      {token + "A", MalformedToken},
		"header no JSON":              {aws().sign("ES384", []byte("{"), payload), MalformedToken},
		"header array":                {aws().sign("ES384", []byte("[]"), payload), MalformedToken},
		"alg twice":                   {aws().sign("ES384", []byte(`{"alg":"none","kid":"EC384_0","alg":"ES384"}`), payload), MalformedToken},
		"payload no JSON":             {aws().sign("ES384", header, []byte("x")), MalformedToken},
		"payload with JSON behind":    {aws().sign("ES384", header, append(payload, "{}"...)), MalformedToken},
		"payload with mark in front":  {aws().sign("ES384", header, append([]byte("\xef\xbb\xbf"), payload...)), MalformedToken},
		"payload with iss twice":      {aws().sign("ES384", header, append([]byte(`{"iss":"x",`), payload[1:]...)), MalformedToken},
		"payload with ISS":            {aws().sign("ES384", header, append([]byte(`{"ISS":"x",`), payload[1:]...)), MalformedToken},
		"signature of another letter": {token[:len(token)-1] + string(nextLetter(last)), BadSignature},
		"signature of another token":  {parts[0] + "." + parts[1] + "." + strings.Split(goodToken(), ".")[2], ""},
		"signature cut":               {parts[0] + "." + parts[1] + "." + b64.EncodeToString(make([]byte, 95)), BadSignature},
		"signature of zeros":          {parts[0] + "." + parts[1] + "." + b64.EncodeToString(make([]byte, 96)), BadSignature},
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, goodConfig(t), tt.token, tt.reason) })
	}
}

func nextLetter(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[(strings.IndexByte(alphabet, c)+1)%len(alphabet)]
}

func TestVerifyAcceptsTheLongestToken(t *testing.T) {
	c := goodClaims()
	for pad := MaxTokenSize * 3 / 4; pad > 0; pad-- {
		c.top["pad"] = strings.Repeat("x", pad)
		header, payload := c.json()
		if n := b64.EncodedLen(len(header)) + 1 + b64.EncodedLen(len(payload)) + 1 + b64.EncodedLen(96); n != MaxTokenSize {
			continue
		}
		if _, err := mustNew(t, goodConfig(t)).Verify(t.Context(), c.signedBy(aws())); err != nil {
			t.Error(err)
		}
		return
	}
	t.Fatal("no token has the longest size")
}

func TestVerifyRefusesSignatures(t *testing.T) {
	header, payload := goodClaims().json()
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	digest := sha512.Sum384([]byte(input))
	der, err := ecdsa.SignASN1(rand.Reader, aws().ec, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(der), BadSignature)
	wantReason(t, goodConfig(t), goodClaims().signedBy(stranger()), BadSignature)

	rs := goodClaims()
	rs.header["alg"], rs.header["kid"] = "RS256", "RSA_0"
	header, payload = rs.json()
	input = b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	sum := sha256.Sum256([]byte(input))
	pss, err := rsa.SignPSS(rand.Reader, aws().rsa, 5, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(pss), BadSignature)
	wantReason(t, goodConfig(t), rs.signedBy(stranger()), BadSignature)
	wantReason(t, goodConfig(t), rs.signedBy(aws()), "")

	// HS256 keyed with what everybody knows, under both algorithms' names.
	spki, err := x509.MarshalPKIXPublicKey(&aws().rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range [][]byte{
		spki, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), aws().rsa.N.Bytes(), nil,
	} {
		for alg, reason := range map[string]Reason{"HS256": AlgorithmNotAllowed, "RS256": BadSignature} {
			rs.header["alg"] = alg
			header, payload := rs.json()
			input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(mac.Sum(nil)), reason)
		}
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	now := epoch.Unix()
	for _, tt := range []struct {
		name   string
		change func(c *claims)
		reason Reason
	}{
		{"iss missing", func(c *claims) { delete(c.top, "iss") }, InvalidClaims},
		{"iss list", func(c *claims) { c.top["iss"] = []string{testIssuer} }, MalformedToken},
		{"iss null", func(c *claims) { c.top["iss"] = nil }, MalformedToken},
		{"iss with a slash", func(c *claims) { c.top["iss"] = testIssuer + "/" }, UnknownIssuer},
		{"iss in upper case", func(c *claims) { c.top["iss"] = strings.ToUpper(testIssuer) }, UnknownIssuer},
		{"iss with a port", func(c *claims) { c.top["iss"] = testIssuer + ":443" }, UnknownIssuer},
		{"iss with a dot", func(c *claims) { c.top["iss"] = testIssuer + "." }, UnknownIssuer},
		{"iss by http", func(c *claims) { c.top["iss"] = "http" + testIssuer[5:] }, UnknownIssuer},
		{"iss with a query", func(c *claims) { c.top["iss"] = testIssuer + "?" }, UnknownIssuer},
		{"iss with a homoglyph", func(c *claims) { c.top["iss"] = strings.Replace(testIssuer, "a", "а", 1) }, UnknownIssuer},
		{"iss of the other issuer", func(c *claims) { c.top["iss"] = otherURL }, BadSignature},
		{"exp gone", func(c *claims) { c.top["iat"], c.top["exp"] = now-300, now-30 }, Expired},
		{"exp missing", func(c *claims) { delete(c.top, "exp") }, InvalidClaims},
		{"exp string", func(c *claims) { c.top["exp"] = "1" }, InvalidClaims},
		{"exp equal to iat", func(c *claims) { c.top["exp"] = now }, InvalidClaims},
		{"iat ahead", func(c *claims) { c.top["iat"] = now + 31 }, NotYetValid},
		{"nbf ahead", func(c *claims) { c.top["nbf"] = now + 31 }, NotYetValid},
		{"nbf float", func(c *claims) { c.top["nbf"] = 0.5 }, InvalidClaims},
		{"a life over an hour", func(c *claims) { c.top["exp"] = now + 3601 }, LifetimeTooLong},
		{"aud another", func(c *claims) { c.top["aud"] = "my-ap" }, WrongAudience},
		{"aud in another case", func(c *claims) { c.top["aud"] = "My-App" }, WrongAudience},
		{"aud empty", func(c *claims) { c.top["aud"] = "" }, WrongAudience},
		{"aud list of others", func(c *claims) { c.top["aud"] = []string{"a", "b"} }, WrongAudience},
		{"aud empty list", func(c *claims) { c.top["aud"] = []string{} }, InvalidClaims},
		{"aud null", func(c *claims) { c.top["aud"] = nil }, InvalidClaims},
		{"aud object", func(c *claims) { c.top["aud"] = map[string]any{"my-app": true} }, InvalidClaims},
		{"aud list with a number", func(c *claims) { c.top["aud"] = []any{"x", 1} }, InvalidClaims},
		{"account number", func(c *claims) { c.aws["aws_account"] = 123456789012 }, InvalidClaims},
		{"account missing", func(c *claims) { delete(c.aws, "aws_account") }, InvalidClaims},
		{"namespace missing", func(c *claims) { c.aws = nil }, InvalidClaims},
		{"account not that of sub", func(c *claims) { c.aws["aws_account"] = "999999999999" }, AccountMismatch},
		{"sub of another account", func(c *claims) { c.top["sub"] = "arn:aws:iam::999999999999:role/MyAppRole" }, AccountMismatch},
		{"sub no ARN", func(c *claims) { c.top["sub"] = "MyAppRole" }, InvalidClaims},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodClaims()
			tt.change(&c)
			wantReason(t, goodConfig(t), c.signedBy(aws()), tt.reason)
		})
	}
}

func TestVerifyAcceptsClaims(t *testing.T) {
	now := epoch.Unix()
	for name, change := range map[string]func(c *claims){
		"exp within the leeway": func(c *claims) { c.top["iat"], c.top["exp"] = now-300, now-29 },
		"iat within the leeway": func(c *claims) { c.top["iat"] = now + 30 },
		"nbf within the leeway": func(c *claims) { c.top["nbf"] = now + 30 },
		"a life of an hour":     func(c *claims) { c.top["exp"] = now + 3600 },
		"ours among audiences":  func(c *claims) { c.top["aud"] = []string{"other", "my-app"} },
		"an STS principal":      func(c *claims) { c.top["sub"] = "arn:aws:sts::123456789012:assumed-role/R/s" },
		"a claim of tomorrow":   func(c *claims) { c.aws["new"] = []any{1} },
	} {
		t.Run(name, func(t *testing.T) {
			c := goodClaims()
			change(&c)
			wantReason(t, goodConfig(t), c.signedBy(aws()), "")
		})
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

// Tokens that differ in little, at once: every answer is its own token's.
func TestVerifyConcurrently(t *testing.T) {
	v := mustNew(t, goodConfig(t))
	good, bad := goodToken(), goodClaims().signedBy(stranger())
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			token, want := good, Reason("")
			if i%2 == 1 {
				token, want = bad, BadSignature
			}
			_, err := v.Verify(t.Context(), token)
			if got := reasonOf(err); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

func TestSignatureChecksAreBounded(t *testing.T) {
	checks := newSignatureChecks(1)
	checks.maxWait = 10 * time.Millisecond
	checks.slots <- struct{}{} // somebody else checks, and takes long
	key, err := aws().keySet(t).Key(t.Context(), "EC384_0")
	if err != nil {
		t.Fatal(err)
	}
	token := goodToken()
	c, refusal := parseCompact(token)
	if refusal != nil {
		t.Fatal(refusal)
	}
	if _, err := checks.verify(t.Context(), token, c, key); reasonOf(err) != Overloaded {
		t.Errorf("got %v, want %s", err, Overloaded)
	}
	// A full queue refuses at once.
	checks.maxWait = time.Minute
	for range cap(checks.queue) {
		checks.queue <- struct{}{}
	}
	if _, err := checks.verify(t.Context(), token, c, key); reasonOf(err) != Overloaded {
		t.Errorf("with a full queue: got %v, want %s", err, Overloaded)
	}
	for range cap(checks.queue) {
		<-checks.queue
	}
	<-checks.slots
	if _, err := checks.verify(t.Context(), token, c, key); err != nil {
		t.Errorf("the control with a free slot: %v", err)
	}
}

func wantReason(t *testing.T, c Config, token string, want Reason) {
	t.Helper()
	_, err := mustNew(t, c).Verify(t.Context(), token)
	if got := reasonOf(err); got != want || want == "" && err != nil {
		t.Errorf("got %v, want reason %q", err, want)
	}
}

func reasonOf(err error) Reason {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func BenchmarkVerify(b *testing.B) {
	v := mustNew(b, goodConfig(b))
	rs := goodClaims()
	rs.header["alg"], rs.header["kid"] = "RS256", "RSA_0"
	for name, token := range map[string]string{"ES384": goodToken(), "RS256": rs.signedBy(aws())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	garbage := part(goodToken(), 2, func(string) string { return "AAAA" })
	b.Run("refused before the signature", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), garbage); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}
