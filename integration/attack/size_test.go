package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// maxToken and maxHeader are how long a token and its header may be, in bytes.
const maxToken, maxHeader = 16 << 10, 1 << 10

// c7: size and shape are looked at before anything that costs. Most tokens are
// signed, so that nothing but their size refuses them.
func c7() []probe {
	return append(append(atLimits(), shapes()...), probe{name: "bounded cost", script: boundedCost})
}

// ofLength signs a good token that is n bytes long.
func ofLength(n int) string {
	header := goodHeader()
	for shift := range 4 {
		header := last(`"x":"` + strings.Repeat("x", shift) + `"`)(header)
		payload := goodPayload()
		signature := len(".") + 128
		room := n - len(encode(header)) - len(".") - signature
		for filler := room*3/4 - len(payload) - 12; filler < room; filler++ {
			filled := last(`"x":"` + strings.Repeat("x", filler) + `"`)(payload)
			if length := len(encode(filled)); length == room {
				return mintRaw("ES384", header, filled)
			} else if length > room {
				break
			}
		}
	}
	panic(fmt.Sprintf("there is no token of %d bytes", n))
}

// headerLength makes a header n bytes long.
func headerLength(n int) edit {
	return func(o string) string { return last(`"x":"` + strings.Repeat("x", n-len(o)-len(`,"x":""`)) + `"`)(o) }
}

func atLimits() []probe {
	exact, over := ofLength(maxToken), ofLength(maxToken+1)
	elements := func(n int) edit { return last(`"x":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]`) }
	members := func(n int) edit {
		var list strings.Builder
		for i := range n {
			fmt.Fprintf(&list, `,"%x":1`, i)
		}
		return last(list.String()[1:])
	}
	nested := func(n int) edit { return last(`"x":` + strings.Repeat("[", n) + strings.Repeat("]", n)) }
	return []probe{
		{name: "one byte over", attack: call(over), control: call(exact), status: http.StatusUnauthorized, reason: "too_large"},
		{
			name: "a signature one byte too long for the token", attack: call(exact + "A"), control: call(exact),
			status: http.StatusUnauthorized, reason: "too_large",
		},
		{name: "padding behind the longest", attack: call(exact + "="), control: call(exact), status: http.StatusUnauthorized, reason: "too_large"},
		inHeader("one byte over", headerLength(maxHeader), headerLength(maxHeader+1)),
		inHeader("10 KB", headerLength(maxHeader), headerLength(10_000)),
		inPayload("1100 elements", "malformed_token", elements(900), elements(1100)),
		inPayload("1100 names", "malformed_token", members(900), members(1100)),
		inPayload("nested 5000 deep", "malformed_token", nested(15), nested(5000)),
		inPayload("brackets without an end", "malformed_token", nested(15), last(`"x":`+strings.Repeat("[", 10_000))),
		inPayload("exp of 10000 digits", "invalid_claims", last(`"nbf":1`), last(`"nbf":1`+strings.Repeat("0", 10_000))),
		inPayload("exponent of 10000 digits", "invalid_claims", last(`"nbf":1`), last(`"nbf":1e`+strings.Repeat("9", 10_000))),
		inPayload("a string without an end", "malformed_token", last(`"x":"x"`), last(`"x":"`+strings.Repeat("x", 10_000))),
		inPayload("backslashes at the end", "malformed_token", last(`"x":"`+strings.Repeat(`\\`, 5000)+`"`), last(`"x":"`+strings.Repeat(`\`, 9999)+`"`)),
	}
}

// wide is plain with a limit for headers that is not the server's own, so that
// the gateway's own bounds can be seen. It counts for the listener with TLS.
const wide = "global servers {\nglobal max_header_size 4MB\nglobal }\n" + plain

// shapes are parts without number (CVE-2025-27144, CVE-2025-30204), and tokens
// that are far larger than one may be.
func shapes() (probes []probe) {
	good := mint(nil)
	for _, each := range shapesWithin(good) {
		probes = append(probes, probe{
			name: each.name, attack: call(each.token), control: call(good), status: http.StatusUnauthorized, reason: each.reason,
		})
	}
	for _, each := range hugeTokens(good) {
		probes = append(probes, probe{
			name: each.name, site: wide, by: []protocol{h1TLS, h2}, attack: call(each.token), control: call(good),
			status: http.StatusUnauthorized, reason: "too_large",
		})
	}
	million := call(strings.Repeat(".", mega))
	return append(probes,
		// Without such a limit the server reads no header that long (RFC 6585,
		// section 5); over HTTP/2 it ends the connection (RFC 9113, section 10.5.1).
		probe{name: "server's limit, h1", by: onlyH1, attack: million, control: call(good), status: http.StatusRequestHeaderFieldsTooLarge},
		probe{name: "server's limit, h2", script: func(t *testing.T) {
			g := gateOf(t, plain)
			for _, p := range onlyH2 {
				g.forget()
				if a := g.send(t, p, million); a.status != 0 && a.status != http.StatusRequestHeaderFieldsTooLarge || len(g.upstream.Seen()) > 0 {
					t.Errorf("%s: status %d, or it reached the upstream", p, a.status)
				}
				g.passes(t, p, call(good))
			}
		}})
}

const mega = 1_000_000

type shapedToken struct{ name, token, reason string }

// shapesWithin are no longer than a token may be.
func shapesWithin(good string) []shapedToken {
	oaep := encode(`{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF","kid":"RSA_0"}`)
	// p2c is how much work such a token asks for (CVE-2023-52428).
	pbes2 := encode(`{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA","kid":"EC384_0"}`)
	return []shapedToken{
		{"16000 dots", strings.Repeat(".", 16_000), "malformed_token"},
		{"10000 dots behind", good + strings.Repeat(".", 10_000), "malformed_token"},
		{"10000 dots before", strings.Repeat(".", 10_000) + good, "malformed_token"},
		// RFC 7516, section 7.1.
		{"jwe", oaep + strings.Repeat(".AAAAAAAA", 4), "malformed_token"},
		{"jwe with a password", pbes2 + strings.Repeat(".AAAAAAAA", 4), "malformed_token"},
		{"jwe without a key", oaep + "..AAAAAAAA.AAAAAAAA.AAAAAAAA", "malformed_token"},
		{"jwe in three parts", pbes2 + ".AAAAAAAA.AAAAAAAA", "algorithm_not_allowed"},
		{"jwe that begins as ours", good + ".AAAA.AAAA", "malformed_token"},
		{"one part", good[:strings.IndexByte(good, '.')], "malformed_token"},
		{"one dot", ".", "malformed_token"},
		{"two dots", "..", "malformed_token"},
		{"a signature of 10000 letters", good + strings.Repeat("A", 10_000), "bad_signature"},
	}
}

// hugeTokens are longer.
func hugeTokens(good string) []shapedToken {
	payload := func(change edit) string {
		return encode(goodHeader()) + "." + encode(change(goodPayload())) + good[strings.LastIndexByte(good, '.'):]
	}
	header := encode(last(`"kid":"`+strings.Repeat("k", mega)+`"`)(goodHeader())) + good[strings.IndexByte(good, '.'):]
	return []shapedToken{
		{"a million dots", strings.Repeat(".", mega), ""},
		{"1 MB of letters", strings.Repeat("A", mega), ""},
		{"1 MB of header", header, ""},
		{"1 MB of signature", good + strings.Repeat("A", mega), ""},
		{"1 MB of padding", good + strings.Repeat("=", mega), ""},
		{"nested 100000 deep", payload(last(`"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000))), ""},
		{"100000 names", payload(last(strings.TrimSuffix(strings.Repeat(`"x":1,`, 100_000), ","))), ""},
		{"jwe of 1 MB", strings.Repeat("A", mega) + strings.Repeat(".AAAAAAAA", 4), ""},
	}
}
