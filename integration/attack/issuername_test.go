package attack

import "strings"

// awsIssuer is spelt as AWS spells one. Its keys are those of devsts.
const awsIssuer = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"

var awsSite = siteOf("issuer "+awsIssuer+" 111122223333 {", "\tjwks_url ISSUER/.well-known/jwks.json", "}",
	"jwks {", "\tallow_private_addresses", "}")

// i2: URLs that mean the same as ours, or look as ours, or hold ours. Issuers are
// compared byte for byte (RFC 7519, section 4.1.1; CVE-2024-53861). Each is signed
// with the right key; the control has our issuer in another spelling of JSON,
// which is the same string.
func i2() (probes []probe) {
	in := func(part, by string) string { return text(strings.Replace(awsIssuer, part, by, 1)) }
	for _, each := range []struct{ name, iss, reason string }{
		{"a slash behind", text(awsIssuer + "/"), ""},
		{"two slashes behind", text(awsIssuer + "//"), ""},
		{"a path", text(awsIssuer + "/x"), ""},
		{"a dot segment", text(awsIssuer + "/."), ""},
		{"the discovery document", text(awsIssuer + "/.well-known/openid-configuration"), ""},
		{"a query", text(awsIssuer + "?"), ""},
		{"a query with a value", text(awsIssuer + "?x=1"), ""},
		{"a fragment", text(awsIssuer + "#"), ""},
		{"the port", text(awsIssuer + ":443"), ""},
		{"another port", text(awsIssuer + ":8443"), ""},
		{"an empty port", text(awsIssuer + ":"), ""},
		{"a dot behind the host", text(awsIssuer + "."), ""},
		{"a host behind", text(awsIssuer + ".evil.example"), ""},
		{"a host behind, and ours for a path", text("https://evil.example/" + awsIssuer), ""},
		{"ours for user information", text(awsIssuer + "@evil.example"), ""},
		{"user information", in("://", "://user@"), ""},
		{"empty user information", in("://", "://@"), ""},
		{"ours for a query", text("https://evil.example?" + awsIssuer), ""},
		{"http", in("https", "http"), ""},
		{"no scheme", in("https://", ""), ""},
		{"only the slashes", in("https:", ""), ""},
		{"the scheme in capitals", in("https", "HTTPS"), ""},
		{"the host in capitals", in("tokens", "TOKENS"), ""},
		{"the uuid in capitals", in("abc12345", "ABC12345"), ""},
		{"all in capitals", text(strings.ToUpper(awsIssuer)), ""},
		{"percent", in(".tokens", "%2Etokens"), ""},
		{"percent for a letter", in("tokens", "%74okens"), ""},
		{"backslashes", in("://", `:\\`), ""},
		{"three slashes", in("://", ":///"), ""},
		{"a space behind", text(awsIssuer + " "), ""},
		{"a space before", text(" " + awsIssuer), ""},
		{"a line end behind", text(awsIssuer + "\n"), ""},
		{"a tab inside", in("tokens", "to\tkens"), ""},
		{"nul behind", text(awsIssuer + "\x00"), ""},
		{"nul and a host behind", text(awsIssuer + "\x00.evil.example"), ""},
		{"cyrillic", in("aws", "\u0430ws"), ""},
		{"full-width", in("aws", "\uff41ws"), ""},
		{"an ideographic full stop", in(".aws", "\u3002aws"), ""},
		{"punycode", in("api.aws", "api.xn--ws-7lc"), ""},
		{"a soft hyphen", in("tokens", "to\u00adkens"), ""},
		{"a zero-width space behind", text(awsIssuer + "\u200b"), ""},
		{"bom before", text("\ufeff" + awsIssuer), ""},
		{"the long s", in("tokens", "token\u017f"), ""},
		{"another account's", in("abc12345", "abc12346"), ""},
		{"another suffix", in(".aws", ".amazonwebservices.com.cn"), ""},
		{"the suffix alone", in("abc12345-def4-5678-90ab-cdef12345678.", ""), ""},
		{"a wildcard", in("abc12345-def4-5678-90ab-cdef12345678", "*"), ""},
		{"a label before", in("://", "://x."), ""},
		{"a part of it", in("aws", "aw"), ""}, // CVE-2024-53861
		{"one character", text("h"), ""},
		{"where the keys are", text(issuerURL(ordersAccount)), ""},
		{"two", text(awsIssuer + " " + awsIssuer), ""},
		{"two with a comma", text(awsIssuer + "," + awsIssuer), ""},
		{"empty", `""`, ""},
		{"array", `["` + awsIssuer + `"]`, "malformed_token"},
		{"array, ours among others", `["https://evil.example","` + awsIssuer + `"]`, "malformed_token"},
		{"empty array", `[]`, "malformed_token"},
		{"object", `{"url":"` + awsIssuer + `"}`, "malformed_token"},
		{"null", `null`, "malformed_token"},
		{"number", `1`, "malformed_token"},
		{"true", `true`, "malformed_token"},
	} {
		reason := each.reason
		if reason == "" {
			reason = "unknown_issuer"
		}
		probes = append(probes, unlikeTwins(each.name, reason,
			func(p *parts) { p.claims["iss"] = raw(`"` + strings.Replace(awsIssuer, "/", `\/`, 1) + `"`) },
			func(p *parts) { p.claims["iss"] = raw(each.iss) }).at(awsSite))
	}
	return append(probes, unlikeTwins("missing", "invalid_claims",
		func(p *parts) { p.claims["iss"] = awsIssuer }, func(p *parts) { delete(p.claims, "iss") }).at(awsSite),
		unlikeTwins("in the header alone", "invalid_claims", // RFC 7519, section 5.3
			func(p *parts) { p.claims["iss"], p.header["iss"] = awsIssuer, issuerURL(strangerAccount) },
			func(p *parts) { delete(p.claims, "iss"); p.header["iss"] = awsIssuer }).at(awsSite))
}
