package verifier

import (
	"fmt"
	"strings"
	"testing"
)

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
		"CR in the header":            {part(token, 0, func(p string) string { return p[:4] + "\r" + p[4:] }), MalformedToken},
		"LF in the payload":           {part(token, 1, func(p string) string { return p[:4] + "\n" + p[4:] }), MalformedToken},
		"CR in the signature":         {part(token, 2, func(p string) string { return p[:4] + "\r" + p[4:] }), MalformedToken},
		"LF in the signature":         {part(token, 2, func(p string) string { return p[:4] + "\n" + p[4:] }), MalformedToken},
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
