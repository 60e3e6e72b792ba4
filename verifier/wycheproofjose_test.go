package verifier

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
)

// checkForm takes a token through all of Verify that is not about its claims:
// the form, the header, the issuer's key by its ID, and the signature.
func checkForm(t *testing.T, keys map[string]Key, token string) ([]byte, Reason) {
	t.Helper()
	c, refusal := parseCompact(token)
	if refusal != nil {
		return nil, refusal.Reason
	}
	key, err := findKey(keys, c.keyID)
	if err != nil || key.algorithm != c.algorithm {
		return nil, UnknownKey
	}
	if err := NewSignatureChecks(1).verify(t.Context(), sha256.Sum256([]byte(token)), c, key); err != nil {
		if reasonOf(err) == "" {
			t.Fatal(err)
		}
		return nil, reasonOf(err)
	}
	return c.payload, ""
}

// groupKeys reads the keys of a group as an issuer's document. There are none when
// that has no key for us.
func groupKeys(g vectorGroup) map[string]Key {
	document := []byte(g.Public)
	if document == nil {
		document = g.Private
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(document, &set); err != nil || set.Keys == nil {
		document = jwks(json.RawMessage(document))
	}
	keys, err := parseJWKS(document)
	if err != nil {
		return nil
	}
	return keys
}

// ourWay are the vectors on which we differ from Wycheproof.
var ourWay = map[string]map[int]Reason{
	"json_web_signature_test.json": {
		// Characters outside base64url, which may be skipped or not. A token
		// has one spelling here.
		372: MalformedToken,
		373: MalformedToken,
	},
	// A key with the fault called ROCA. What its makers could not know at the
	// time does not show in its form; an issuer's keys are the issuer's word.
	"json_web_key_test.json":    {7: ""},
	"json_web_crypto_test.json": {46: ""},
}

func TestWycheproofJOSE(t *testing.T) {
	for file, ours := range ourWay {
		t.Run(file, func(t *testing.T) {
			count := counts{}
			for _, group := range readVectors(t, file) {
				keys := groupKeys(group)
				for _, v := range group.Tests {
					token := v.token()
					payload, got := checkForm(t, keys, token)
					count[v.Result+" and "+map[bool]string{true: "accepted", false: "refused"}[got == ""]]++
					want, differs := ours[v.TcID]
					switch {
					case differs:
					case !v.valid():
						if got == "" {
							t.Errorf("%d (%s) was accepted", v.TcID, v.Comment)
						}
						continue
					default:
						want = v.reason(t)
					}
					if got != want {
						t.Errorf("%d (%s) is %s, got reason %q, want %q", v.TcID, v.Comment, v.Result, got, want)
					}
					if got == "" && b64.EncodeToString(payload) != strings.Split(token, ".")[1] {
						t.Errorf("%d (%s): another payload: %q", v.TcID, v.Comment, payload)
					}
				}
			}
			count.want(t, map[string]int{"valid and accepted": 1, "valid and refused": 4, "invalid and refused": 20})
		})
	}
}

// token is the vector's text, as a caller would send it.
func (v vector) token() string {
	text := v.JWS
	if text == nil {
		text = v.JWE
	}
	var token string
	if err := json.Unmarshal(text, &token); err != nil {
		return string(text)
	}
	return token
}

// reason is why a valid vector is refused, if it is.
func (v vector) reason(t *testing.T) Reason {
	t.Helper()
	parts := strings.Split(v.token(), ".")
	if len(parts) != 3 || parts[1] == "" {
		return MalformedToken // a JWE, or a JWS that signs no object
	}
	text, err := b64.DecodeString(parts[0])
	if err != nil {
		t.Fatalf("%d (%s): %v", v.TcID, v.Comment, err)
	}
	var header struct{ Alg Algorithm }
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatalf("%d (%s): %v", v.TcID, v.Comment, err)
	}
	if !header.Alg.supported() {
		return AlgorithmNotAllowed
	}
	return ""
}
