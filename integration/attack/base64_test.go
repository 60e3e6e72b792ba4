package attack

import (
	"net/http"
	"strings"
	"testing"
)

// c6: other spellings of a good token's base64url (RFC 4648, sections 3.2 to 3.5
// and 5; RFC 7515, section 2). Were two spellings one token, what is remembered
// or revoked by its text would have a way round. A spelling of the first two
// parts is signed as it is spelt; the signature's own is not signed by anybody.
func c6() []probe {
	probes := append(append(respeltParts(), respeltSignatures()...), reencoded()...)
	return append(probes, inTransit()...)
}

// reencoded: a good token whose header or payload has white space round its JSON
// that was not there when it was signed. What is signed are the characters that
// arrive (RFC 7515, section 5.2, step 8) and not what they mean.
func reencoded() (probes []probe) {
	header, payload := goodHeader(), goodPayload()
	token := mintRaw("ES384", header, payload)
	signature := token[strings.LastIndexByte(token, '.'):]
	for _, each := range []struct{ name, header, payload string }{
		{"a space behind the header", header + " ", payload},
		{"a space before the header", " " + header, payload},
		{"lines round the header", "\r\n\t" + header + "\n", payload},
		{"a space in the header", strings.Replace(header, ":", ": ", 1), payload},
		{"an escape in the header", strings.Replace(header, "JWT", `\u004aWT`, 1), payload},
		{"a member more in the header", header[:len(header)-1] + `,"x":1}`, payload},
		{"a space behind the payload", header, payload + " "},
		{"a space before the payload", header, " " + payload},
		{"an escape in the payload", header, strings.Replace(payload, `"iss"`, `"\u0069ss"`, 1)},
	} {
		probes = append(probes, probe{
			name: each.name, attack: call(encode(each.header) + "." + encode(each.payload) + signature), control: call(token),
			status: http.StatusUnauthorized, reason: "bad_signature",
		})
	}
	return probes
}

// spellable is a token whose first two parts have a '-', a '_' and bits to
// spare at their end.
func spellable() (header, payload string) {
	// What 0xFB 0xEF 0xBE and 0xFF 0xFF would give needs other bytes in JSON: all
	// of "~~~", ">>>" and "???" at three offsets give both characters.
	const filler = `~~~ >>> ??? ~~~~ >>>> ????`
	pad := func(object string) string {
		for n := 0; ; n++ {
			padded := last(`"x":"` + filler + strings.Repeat("x", n) + `"`)(object)
			if encoded := encode(padded); len(padded)%3 == 1 && strings.Contains(encoded, "_") && strings.Contains(encoded, "-") {
				return encoded
			}
		}
	}
	return pad(goodHeader()), pad(goodPayload())
}

// spareBits changes the last character in the bits that say nothing.
func spareBits(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:len(s)-1] + string(alphabet[strings.IndexByte(alphabet, s[len(s)-1])|1])
}

func into(s, what string) string { return s[:len(s)/2] + what + s[len(s)/2:] }

// respellings keep what lax decoders read.
var respellings = []struct {
	name   string
	change func(string) string
	// Where the change is in the middle of the token, the field is no credential
	// any more (RFC 6750, section 2.1).
	inMiddle string
}{
	{"padded", func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) }, "malformed_request"},
	{"padded too much", func(s string) string { return s + "====" }, "malformed_request"},
	{"slashes", func(s string) string { return strings.ReplaceAll(s, "_", "/") }, "malformed_token"},
	{"pluses", func(s string) string { return strings.ReplaceAll(s, "-", "+") }, "malformed_token"},
	{"spare bits", spareBits, "malformed_token"},
	{"a character more", func(s string) string { return s + "A" }, "malformed_token"},
	{"a tilde inside", func(s string) string { return into(s, "~") }, "malformed_token"},
	{"equals inside", func(s string) string { return into(s, "=") }, "malformed_request"},
	{"a space inside", func(s string) string { return into(s, " ") }, "malformed_request"},
	{"a tab inside", func(s string) string { return into(s, "\t") }, "malformed_request"},
	{"percent", func(s string) string { return strings.Replace(s, "-", "%2D", 1) }, "malformed_request"},
	{"a comma inside", func(s string) string { return into(s, ",") }, "malformed_request"},
	{"utf-8 inside", func(s string) string { return into(s, "\u00ad") }, "malformed_request"},
}

func statusOf(reason string) int {
	if reason == "malformed_request" {
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

func respeltParts() (probes []probe) {
	header, payload := spellable()
	control := call(seal("ES384", header+"."+payload))
	for _, each := range respellings {
		for part, input := range map[string]string{
			"header":  each.change(header) + "." + payload,
			"payload": header + "." + each.change(payload),
		} {
			probes = append(probes, probe{
				name: part + " " + each.name, attack: call(seal("ES384", input)), control: control,
				status: statusOf(each.inMiddle), reason: each.inMiddle,
			})
		}
	}
	return probes
}

// respeltSignatures: those of RS256 have spare bits, those of ES384 none.
func respeltSignatures() (probes []probe) {
	var token, input, signature string
	for !strings.Contains(signature, "-") || !strings.Contains(signature, "_") {
		token = mintRaw("RS256", headerOf("RS256", "RSA_0"), goodPayload()) // of a new jti, and so another signature
		dot := strings.LastIndexByte(token, '.')
		input, signature = token[:dot], token[dot+1:]
	}
	for _, each := range respellings {
		reason := each.inMiddle
		switch {
		case strings.HasPrefix(each.name, "padded"):
			reason = "malformed_token" // at the end, '=' may belong to a credential
		case each.name == "a character more":
			reason = "bad_signature" // its bits make a byte, which nobody signed
		}
		probes = append(probes, probe{
			name: "signature " + each.name, attack: call(input + "." + each.change(signature)), control: call(token),
			status: statusOf(reason), reason: reason,
		})
	}
	es384 := mint(nil)
	return append(probes, probe{
		name: "es384 signature padded", attack: call(es384 + "="), control: call(es384), status: http.StatusUnauthorized, reason: "malformed_token",
	})
}

// inTransit: line ends and NUL inside the token. Of these the server itself
// makes something: an error, or for a folded line of HTTP/1.1 a space (RFC 9112,
// section 5.2).
func inTransit() (probes []probe) {
	token := mint(nil)
	for _, each := range []struct{ name, inside, reason string }{
		{"cr lf", "\r\n", ""},
		{"lf", "\n", ""},
		{"cr", "\r", ""},
		{"nul", "\x00", ""},
		{"a folded line", "\r\n ", "malformed_request"},
	} {
		// At a dot, so that what is left would not be a token either way.
		spoilt := strings.Replace(token, ".", each.inside+".", 1)
		probes = append(probes, probe{
			name: each.name + " inside, h1", by: onlyH1, attack: call(spoilt), control: call(token),
			status: http.StatusBadRequest, reason: each.reason,
		}, probe{name: each.name + " inside, h2", script: func(t *testing.T) {
			g := gateOf(t, plain)
			for _, p := range onlyH2 {
				g.forget()
				// The stream is reset (RFC 9113, section 8.2.1).
				if a := g.send(t, p, call(spoilt)); a.status != 0 || len(g.upstream.Seen()) > 0 || len(g.decisions()) > 0 {
					t.Errorf("%s: status %d, or the request got to the handler", p, a.status)
				}
				g.passes(t, p, call(token))
			}
		}})
	}
	return probes
}
