package attack

import (
	"encoding/json"
	"strings"
)

// c8: a kid is a key of a map, and nothing else: no path, no query, no URL, no
// pattern and no part of a longer key (RFC 8725, section 3.10). Each token is
// signed with the right key, so that a verifier which finds it by whatever the
// kid does lets it pass; the control is the same token with the kid itself.
func c8() (probes []probe) {
	lured, issuer := lureOfAll().url, issuerURL(ordersAccount)
	for _, each := range []struct{ name, kid string }{
		{"a path", "../../../../etc/passwd"},
		{"an empty file", "/dev/null"},
		{"a file url", "file:///dev/null"},
		{"a path to the key", "./EC384_0"},
		{"a path out and in", "x/../EC384_0"},
		{"sql", "x' UNION SELECT 'EC384_0' -- "},
		{"sql, true", "' OR '1'='1"},
		{"a command", "EC384_0; touch /tmp/x"},
		{"a command in quotes", "`id`$(id)"},
		{"a pattern", "EC384_*"},
		{"a regular expression", ".*"},
		{"a jndi look-up", "${jndi:ldap://127.0.0.1/x}"},
		{"a placeholder", "{env.HOME}"},
		{"a file placeholder", "{file./etc/passwd}"},
		{"a template", "{{.}}"},
		{"nul behind", "EC384_0\x00"},
		{"nul and a suffix", "EC384_0\x00.pem"},
		{"nul before", "\x00EC384_0"},
		{"a space behind", "EC384_0 "},
		{"a space before", " EC384_0"},
		{"a line end behind", "EC384_0\n"},
		{"lower case", "ec384_0"},
		{"cut", "EC384_"},
		{"longer", "EC384_00"},
		{"full-width", "ＥC384_0"},
		{"percent", "EC384%5F0"},
		{"a combining mark", "EC384_0\u0301"},
		{"a zero-width space", "EC384_0\u200b"},
		{"a prototype", "__proto__"},
		{"an index", "0"},
		// CVE-2025-59936: keys that are put together from several parts.
		{"the issuer before", issuer + ":EC384_0"},
		{"the issuer behind", "EC384_0:" + issuer},
		{"the issuer and a slash", issuer + "/EC384_0"},
		{"the algorithm before", "ES384:EC384_0"},
		{"another issuer's", issuerURL(billingAccount) + ":EC384_0"},
		{"nul between", issuer + "\x00EC384_0"},
		{"800 bytes", strings.Repeat("k", 800)},
	} {
		probes = append(probes, twins(each.name, "unknown_key", func(p *parts) { p.header["kid"] = each.kid }))
	}
	for _, each := range []struct{ name, kid string }{
		{"number", `0`}, {"float", `384.0`}, {"null", `null`}, {"true", `true`}, {"array", `["EC384_0"]`},
		{"object", `{"kid":"EC384_0"}`}, {"empty", `""`}, {"a lone surrogate", `"EC384_0\ud800"`},
		{"8 KB", text(strings.Repeat("EC384_0", 1200))},
	} {
		probes = append(probes, twins(each.name, "malformed_token", func(p *parts) { p.header["kid"] = json.RawMessage(each.kid) }))
	}
	url := func(kid string) string { return mint(func(p *parts) { p.header["kid"] = kid }) }
	return append(probes,
		twins("missing", "malformed_token", func(p *parts) { p.header["kid"] = nil }),
		megabyteKeyID(),
		luring("nobody fetches a url", "unknown_key", url(lured), url(lured+"/jwks.json#EC384_0"), url("//"+strings.TrimPrefix(lured, "http://"))),
	)
}

// megabyteKeyID: the server itself does not read a header that long, unless it
// is told to.
func megabyteKeyID() probe {
	p := twins("1 MB", "too_large", func(p *parts) { p.header["kid"] = strings.Repeat("k", mega) })
	p.site, p.by = wide, []protocol{h1TLS, h2}
	return p
}
