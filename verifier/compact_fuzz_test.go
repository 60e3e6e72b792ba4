package verifier

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Parts of tokens, spelt out so that all processes that fuzz begin with the same.
const (
	seedHeader    = `{"kid":"EC384_0","typ":"JWT","alg":"ES384"}`
	seedPayload   = `{"iss":"https://a.example"}`
	seedSignature = "\x00\x10\x83\xfb\xff\xbf"
)

func spell(header, payload, signature string) string {
	return b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload)) + "." + b64.EncodeToString([]byte(signature))
}

// A token that is accepted is spelt in the one way in which its parts encode.
func FuzzCompact(f *testing.F) {
	token := spell(seedHeader, seedPayload, seedSignature)
	for _, seed := range []string{
		token, token + "=", token + "A", token + "\n", "\r\n" + token, token + ".", "." + token, token + "." + token,
		strings.Replace(token, ".", "\n.", 1), strings.Replace(token, ".", "=.", 2), strings.ReplaceAll(token, ".", "%2E"),
		strings.NewReplacer("-", "+", "_", "/").Replace(token), spell(seedHeader, "a", "a"), spell(seedHeader, "a", "aa")[:len(spell(seedHeader, "a", "aa"))-1] + "F",
		spell("", "", ""), spell(seedHeader, "", "a"), "..", "a.b", "", strings.Repeat(".", 100), strings.Repeat("A", MaxTokenSize) + token,
		`{"payload":"e30","protected":"e30","signature":"AAAA"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c := parsed(t, token)
		if c == nil {
			return
		}
		parts := strings.Split(token, ".")
		header, err := b64.DecodeString(parts[0])
		if err != nil {
			t.Fatalf("%q is accepted, and yet: %v", token, err)
		}
		if again := spell(string(header), string(c.payload), string(c.signature)); again != token {
			t.Errorf("%q is accepted, and its parts encode to %q", token, again)
		}
		checkHeader(t, header, c)
	})
}

// A header that is accepted says to encoding/json what it says to us.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{
		seedHeader, `{"alg":"RS256","kid":"RSA_0"}`, ` {"alg":"ES384","kid":"\u0061\u0000","x":[{}]} `, `{"alg":"none","kid":"a"}`, `{"alg":"es384","kid":"a"}`,
		`{"alg":"ES384","alg":"none","kid":"a"}`, `{"alg":"ES384","ALG":"none","kid":"a"}`, `{"alg":"ES384","kid":"a","\u212Aid":"b"}`,
		`{"alg":"ES384","kid":"a","typ":"jwt"}`, `{"alg":"ES384","kid":"a","typ":null}`, `{"alg":"ES384","kid":0}`, `{"alg":"ES384","kid":""}`, `{"alg":["ES384"],"kid":"a"}`,
		`{"alg":"ES384","kid":"a","crit":[]}`, `{"alg":"ES384","kid":"a","B64":false}`, `{"alg":"ES384","kid":"a","\u017fip":1,"x5u":""}`, `{"alg":"ES384","kid":"a","jwk":{}}`,
		`{"alg":"ES384","kid":"` + strings.Repeat("a", maxHeaderSize) + `"}`, "[]", "{", "null", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		if c := parsed(t, spell(string(header), seedPayload, seedSignature)); c != nil {
			checkHeader(t, header, c)
		}
	})
}

// parsed returns the token's parts, or nil when it was refused as a token may be.
func parsed(t *testing.T, token string) *compact {
	t.Helper()
	c, refusal := parseCompact(token)
	if refusal == nil {
		if len(token) > MaxTokenSize {
			t.Errorf("a token of %d bytes is accepted", len(token))
		}
		return c
	}
	reasons := []Reason{TooLarge, MalformedToken, AlgorithmNotAllowed}
	if c != nil || !slices.Contains(reasons, refusal.Reason) || (refusal.Reason == TooLarge) != (len(token) > MaxTokenSize) {
		t.Errorf("%q is refused with %+v and %+v", token, c, refusal)
	}
	if len(refusal.Hint) > 3*maxQuoted || strings.ContainsAny(refusal.Hint, "\x00\r\n\x1b") {
		t.Errorf("%q is refused with the hint %q", token, refusal.Hint)
	}
	return nil
}

// checkHeader reads an accepted header as a program does that knows nothing but
// encoding/json, which ignores case and takes the last of two names.
func checkHeader(t *testing.T, text []byte, c *compact) {
	t.Helper()
	var header struct {
		Alg, Kid string
		Typ      *string
	}
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatalf("%q is accepted, and yet: %v", text, err)
	}
	if string(c.algorithm) != header.Alg || c.keyID != header.Kid || header.Typ != nil && *header.Typ != "JWT" {
		t.Errorf("%q is read as %+v", text, c)
	}
	if !c.algorithm.supported() || c.keyID == "" || len(text) > maxHeaderSize {
		t.Errorf("%q is accepted as %+v", text, c)
	}
	// A member of such a name, in whatever case, would be found.
	var refused struct{ Crit, B64, Jku, X5u, X5c, Jwk, Zip, Cty json.RawMessage }
	if err := json.Unmarshal(text, &refused); err != nil {
		t.Fatal(err)
	}
	for _, member := range [][]byte{refused.Crit, refused.B64, refused.Jku, refused.X5u, refused.X5c, refused.Jwk, refused.Zip, refused.Cty} {
		if member != nil {
			t.Errorf("%q is accepted with the member %s", text, member)
		}
	}
}
