package attack

import (
	"encoding/json"
	"strings"
)

// c4: parameters by which a token says how it is to be verified, or what its
// payload is (RFC 7515, section 4.1; RFC 7516; RFC 7797). Each is signed with
// the right key; the control has the same value under a name that means nothing.
func c4() []probe {
	lured := lureOfAll().url
	var probes []probe
	for _, each := range []struct{ name, parameter, value string }{
		{"crit, empty", "crit", `[]`},
		{"crit, unknown", "crit", `["http://example.com/UNDEFINED"]`}, // RFC 7515, appendix E; CVE-2025-59420
		{"crit of exp", "crit", `["exp"]`},
		{"crit of b64", "crit", `["b64"]`},
		{"crit, null", "crit", `null`},
		{"crit, a string", "crit", `"b64"`},
		{"b64 false", "b64", `false`}, // RFC 7797: the payload is not encoded
		{"b64 true", "b64", `true`},
		{"jku", "jku", text(lured)},
		{"jku, null", "jku", `null`},
		{"x5u", "x5u", text(lured + "/cert.pem")},
		{"x5c", "x5c", `["MIIB"]`},
		{"jwk of our own key", "jwk", publishedKey(ordersAccount, "EC384_0")},
		{"jwk of another key", "jwk", strangersKey()}, // CVE-2018-0114
		{"jwk with a jku", "jwk", `{"kty":"EC","jku":` + text(lured) + `}`},
		{"zip", "zip", `"DEF"`},
		{"zip, empty", "zip", `""`},
		{"cty of a nested token", "cty", `"JWT"`}, // RFC 7519, section 5.2
		{"cty, another", "cty", `"application/json"`},
		// A reader that ignores case would take these for the others.
		{"crit in capitals", "CRIT", `["b64"]`},
		{"jku in capitals", "JKU", text(lured)},
		{"jwk in title case", "Jwk", strangersKey()},
		{"jwk with the kelvin sign", "jw\u212a", strangersKey()},
		// And these for what is read.
		{"alg in capitals", "ALG", `"none"`},
		{"kid in title case", "Kid", `"RSA_0"`},
		{"kid with the kelvin sign", "\u212aid", `"RSA_0"`},
		{"typ in capitals", "TYP", `"JWT"`},
	} {
		probes = append(probes, unlikeTwins(each.name, "malformed_token",
			func(p *parts) { p.header["x-nothing"] = json.RawMessage(each.value) },
			func(p *parts) { p.header[each.parameter] = json.RawMessage(each.value) }))
	}
	return append(append(probes, typs()...), lures(lured)...)
}

// typs: a token of another kind, which was made for another purpose (RFC 8725,
// section 3.11). That typ may be left out is what the control shows.
func typs() (probes []probe) {
	for _, each := range []struct{ name, value string }{
		{"access token", `"at+jwt"`}, {"security event", `"secevent+jwt"`}, {"dpop", `"dpop+jwt"`},
		{"jose", `"JOSE"`}, {"json jose", `"JOSE+JSON"`}, {"lower case", `"jwt"`}, {"media type", `"application/jwt"`},
		{"empty", `""`}, {"null", `null`}, {"array", `["JWT"]`}, {"space", `"JWT "`},
	} {
		probes = append(probes, unlikeTwins("typ "+each.name, "malformed_token",
			func(p *parts) { p.header["typ"] = nil },
			func(p *parts) { p.header["typ"] = json.RawMessage(each.value) }))
	}
	return probes
}

// lures: whatever a token names, and whoever signed it, the gateway connects to
// nobody. The tokens that the stranger signed would be good if their key were
// taken from where they say.
func lures(lured string) []probe {
	from := func(account, parameter string, value any) string {
		p := goodParts(ordersAccount)
		p.header[parameter] = value
		return p.signedBy(account)
	}
	var fetched, inline []string
	for _, account := range []string{ordersAccount, strangerAccount} {
		for _, url := range []string{lured, lured + "/jwks.json", strings.Replace(lured, "127.0.0.1", "localhost", 1)} {
			fetched = append(fetched, from(account, "jku", url), from(account, "x5u", url))
		}
		inline = append(inline,
			from(account, "jwk", map[string]any{"kty": "EC", "jku": lured, "x5u": lured}),
			from(account, "jwk", json.RawMessage(strangersKey())))
	}
	anotherIssuer := mint(func(p *parts) { p.claims["iss"] = lured })
	return []probe{
		luring("nobody fetches jku or x5u", "malformed_token", fetched...),
		luring("nobody fetches from a jwk", "malformed_token", inline...),
		luring("nobody fetches from an iss", "unknown_issuer", anotherIssuer),
	}
}
