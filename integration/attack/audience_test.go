package attack

import (
	"net/http"
	"strings"
)

// i5: whom a token is made out to (RFC 7519, section 4.1.3; CVE-2024-5798). It is
// required, and one of it is ours, byte for byte.
func i5() []probe { return append(audiences(), audienceSites()...) }

func audiences() (probes []probe) {
	for _, each := range []struct{ name, aud, reason string }{
		{"null", `null`, "invalid_claims"},
		{"empty array", `[]`, "invalid_claims"},
		{"object", `{"orders.internal":true}`, "invalid_claims"},
		{"number", `1`, "invalid_claims"},
		{"true", `true`, "invalid_claims"},
		{"array in an array", `[["orders.internal"]]`, "invalid_claims"},
		{"null beside ours", `["orders.internal",null]`, "invalid_claims"},
		{"number beside ours", `[1,"orders.internal"]`, "invalid_claims"},
		{"object beside ours", `[{},"orders.internal"]`, "invalid_claims"},
		{"empty", `""`, "wrong_audience"},
		{"another", `"billing.internal"`, "wrong_audience"},
		{"others", `["billing.internal","reports.internal"]`, "wrong_audience"},
		{"prefix", `"orders.inter"`, "wrong_audience"},
		{"longer", `"orders.internals"`, "wrong_audience"},
		{"suffix", `"internal"`, "wrong_audience"},
		{"a label before", `"x.orders.internal"`, "wrong_audience"},
		{"a host behind", `"orders.internal.evil.example"`, "wrong_audience"},
		{"capitals", `"ORDERS.INTERNAL"`, "wrong_audience"},
		{"title case", `"Orders.internal"`, "wrong_audience"},
		{"a space behind", `"orders.internal "`, "wrong_audience"},
		{"a line end behind", `"orders.internal\n"`, "wrong_audience"},
		{"nul behind", `"orders.internal\u0000"`, "wrong_audience"},
		{"nul and more behind", `"orders.internal\u0000x"`, "wrong_audience"},
		{"a dot behind", `"orders.internal."`, "wrong_audience"},
		{"a slash behind", `"orders.internal/"`, "wrong_audience"},
		{"a url", `"https://orders.internal"`, "wrong_audience"},
		{"a port", `"orders.internal:443"`, "wrong_audience"},
		{"a wildcard", `"*"`, "wrong_audience"},
		{"a wildcard label", `"*.internal"`, "wrong_audience"},
		{"a regular expression", `".*"`, "wrong_audience"},
		{"a comma list", `"orders.internal,billing.internal"`, "wrong_audience"},
		{"a space list", `"billing.internal orders.internal"`, "wrong_audience"},
		{"an array in a string", `"[\"orders.internal\"]"`, "wrong_audience"},
		{"parts of ours", `["orders",".","internal"]`, "wrong_audience"},
		{"a homoglyph", `"\u043erders.internal"`, "wrong_audience"},
		{"the long s", `"order\u017f.internal"`, "wrong_audience"},
		{"a combining mark", `"orders.internal\u0301"`, "wrong_audience"},
	} {
		// The control is the same kind of value, and ours.
		good := `"\u006frders.internal"`
		if strings.HasPrefix(each.aud, "[") {
			good = `["billing.internal","orders.internal"]`
		}
		probes = append(probes, unlikeTwins(each.name, each.reason,
			func(p *parts) { p.claims["aud"] = raw(good) }, func(p *parts) { p.claims["aud"] = raw(each.aud) }))
	}
	return append(probes,
		twins("missing", "invalid_claims", func(p *parts) { delete(p.claims, "aud") }),
		twins("in azp alone", "wrong_audience", func(p *parts) { p.claims["azp"], p.claims["aud"] = audience, "billing.internal" }),
		twins("in azp, none in aud", "invalid_claims", func(p *parts) { p.claims["azp"] = audience; delete(p.claims, "aud") }),
		twins("in other claims", "invalid_claims", func(p *parts) {
			delete(p.claims, "aud")
			p.claims["audience"], p.claims["audiences"], p.claims["client_id"], p.aws["aud"] = audience, []string{audience}, audience, audience
		}),
		twins("in the header alone", "invalid_claims", func(p *parts) { p.header["aud"] = audience; delete(p.claims, "aud") }),
	)
}

// audienceSites: what an operator can ask for beyond.
func audienceSites() []probe {
	single := strings.Replace(plain, "audience orders.internal", "audience orders.internal\n\t\tsingle_audience", 1)
	ownAudience := strings.Replace(plain, "ISSUER 111122223333", "ISSUER 111122223333 {\n\t\t\taudience billing.internal\n\t\t}", 1)
	made := func(aud ...string) string { return mint(func(p *parts) { p.claims["aud"] = aud }) }
	alone := func(name, aud string) probe {
		return unlikeTwins(name, "wrong_audience",
			func(p *parts) { p.claims["aud"] = []string{audience} }, func(p *parts) { p.claims["aud"] = raw(aud) }).at(single)
	}
	return []probe{
		// AWS's sample IAM condition lets a caller add others beside an allowed one.
		atSites("ours first, and another", made(audience, "else"), single, plain, http.StatusUnauthorized, "wrong_audience"),
		atSites("ours last, and others", made("else", "other", audience), single, plain, http.StatusUnauthorized, "wrong_audience"),
		alone("ours twice", `["orders.internal","orders.internal"]`),
		alone("ours and an empty one", `["orders.internal",""]`),
		alone("ours and 100 more", `["orders.internal"`+strings.Repeat(`,"x"`, 100)+`]`),
		atSites("the handler's, where the issuer has its own", made(audience), ownAudience, plain, http.StatusUnauthorized, "wrong_audience"),
		atSites("the issuer's, where it has none", made("billing.internal"), plain, ownAudience, http.StatusUnauthorized, "wrong_audience"),
	}
}
