package devsts

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWebToken has each requirement of a token: what breaks it, beside the
// nearest token that keeps it.
func TestWebToken(t *testing.T) {
	p := startIDP(t, "/tenant/1", httptest.NewServer)
	e := start(t, federated(p))
	now := testClock().Unix()
	base := p.token(t, nil, nil)
	const invalid, expired = "InvalidIdentityToken", "ExpiredTokenException"
	const noJWT = "is not a valid JWT. (You may see this error if you sent an Access Token)"
	claims := func(name string, value any) string { return p.token(t, nil, edits{name: value}) }
	longest := func() string {
		for pad := 14000; ; pad++ { // the header is changed, too, since base64 skips some lengths
			for _, more := range []string{"", "x"} {
				if text := p.token(t, edits{"more": more}, edits{"pad": strings.Repeat("x", pad)}); len(text) == 20000 {
					return text
				}
			}
		}
	}()
	cases := []struct {
		name, good, bad, code, text string
	}{
		{"not three segments", base, base[:strings.LastIndexByte(base, '.')], invalid, noJWT},
		{"a header that is no JSON", base, "x" + base, invalid, noJWT},
		{"a payload that is an array", base, strings.Join([]string{strings.Split(base, ".")[0], b64([]byte("[]")), "x"}, "."), invalid, noJWT},
		{"an algorithm of others", base, signWith(t, "RSA", map[string]any{"alg": "PS256", "kid": "RSA"}, map[string]any{"iss": p.url, "sub": subject, "aud": clientID, "iat": now, "exp": now + 300}), invalid, "must be signed with one of RS256, RS384"},
		{"no algorithm", base, p.token(t, edits{"alg": "none"}, nil), invalid, "must be signed with one of"},
		{"no iss", base, claims("iss", nil), invalid, "Missing a required claim: iss"},
		{"no sub", base, claims("sub", nil), invalid, "Missing a required claim: sub"},
		{"no aud", base, claims("aud", nil), invalid, "Missing a required claim: aud"},
		{"no iat", base, claims("iat", nil), invalid, "Missing a required claim: iat"},
		{"no exp", base, claims("exp", nil), invalid, "Missing a required claim: exp"},
		{"an empty sub", base, claims("sub", ""), invalid, "must be strings that are not empty"},
		{"another issuer", base, claims("iss", "https://other.example"), invalid, "No OpenIDConnect provider found in your account for https://other.example"},
		{"the issuer with a slash", base, claims("iss", p.url+"/"), invalid, "No OpenIDConnect provider found"},
		{"the issuer in another case", base, claims("iss", strings.ToUpper(p.url)), invalid, "No OpenIDConnect provider found"},
		{"another audience", base, claims("aud", "https://orders.example"), invalid, "Incorrect token audience"},
		{"several audiences without azp", p.token(t, nil, edits{"aud": []string{"a", clientID}, "azp": clientID}), claims("aud", []string{clientID, "other"}), invalid, "Token audience contains more than one audience while authorized party is not present"},
		{"another authorized party", claims("azp", clientID), claims("azp", "somebody"), invalid, "Incorrect token audience"},
		{"no audience in the array", claims("aud", []string{clientID}), claims("aud", []string{}), invalid, "aud and azp must be"},
		{"a fraction of a second", claims("exp", now+300), claims("exp", float64(now)+300.5), invalid, "exp must be a whole number"},
		{"a time as text", claims("iat", now), claims("iat", "now"), invalid, "iat must be a whole number"},
		{"from the future", claims("iat", now+300), claims("iat", now+301), invalid, "Token issued in the future"},
		{"at its end", claims("exp", now+1), claims("exp", now), expired, "Token expired: current date/time 1776756730 must be before the expiration date/time1776756730"},
		{"a key that is not published", base, p.token(t, edits{"kid": "P-257"}, nil), invalid, `no key has the token's kid "P-257"`},
		{"no kid", base, p.token(t, edits{"kid": nil}, nil), invalid, "no key has the token's kid"},
		{"another key of that kid", base, signWith(t, "other", map[string]any{"alg": "ES256", "kid": "P-256"}, map[string]any{"iss": p.url, "sub": subject, "aud": clientID, "iat": now, "exp": now + 300}), invalid, "could not be validated"},
		{"an algorithm of another curve", base, p.token(t, edits{"alg": "ES384"}, nil), invalid, "is no EC key on P-384"},
		{"an algorithm of another kind", base, p.token(t, edits{"alg": "RS256"}, nil), invalid, "is no RSA key"},
		{"20001 characters", longest, longest + "A", "ValidationError", "at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assumed(t, e.assume(t, c.good))
			a := e.assume(t, c.bad)
			wantCode(t, a, 400, c.code, c.text)
			if len(c.bad) > 8 && strings.Contains(a.raw, c.bad) {
				t.Error("the token is in the answer")
			}
		})
	}
	changed := base[:len(base)-8] + "AAAAAAAA"
	wantCode(t, e.assume(t, changed), 400, invalid, "the signature does not hold")
	wantCode(t, e.assume(t, base[:len(base)-8]), 400, invalid, "the signature has 58 bytes, not 64")
}

// TestWebAlgorithms: AWS takes six algorithms, each with a key of its kind.
func TestWebAlgorithms(t *testing.T) {
	p := startIDP(t, "", httptest.NewServer)
	e := start(t, federated(p))
	now := testClock().Unix()
	for alg, key := range map[string]string{"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "ES256": "P-256", "ES384": "P-384", "ES512": "P-521"} {
		claims := map[string]any{"iss": p.url, "sub": subject, "aud": clientID, "iat": now, "exp": now + 300}
		assumed(t, e.assume(t, signWith(t, key, map[string]any{"alg": alg, "kid": key}, claims)))
	}
}
