package attack

import (
	"net/http"
	"strings"
)

// issuerRows are about who a token is from and for, and its time.
var issuerRows = []row{{"I1", i1}, {"I2", i2}, {"I3", i3}, {"I4", i4}, {"I5", i5}, {"I6", i6}}

// siteOf is a site whose aws_jwt has these lines and an audience.
func siteOf(lines ...string) string {
	return "\n\taws_jwt {\n\t\taudience orders.internal\n\t\t" + strings.Join(lines, "\n\t\t") + "\n\t}\n\treverse_proxy UPSTREAM"
}

// at moves a probe to another site.
func (p probe) at(site string) probe {
	p.site = site
	return p
}

// i1: another AWS account's own issuer under the same suffix. AWS signs for it
// as well as for ours, with keys of the same names, and its role has the tags
// that ours has. Nobody but the list says who is ours.
func i1() []probe {
	stranger := goodParts(strangerAccount)
	ours := goodParts(ordersAccount)
	both := siteOf("issuer ISSUER 111122223333", "issuer STRANGER 999988887777")
	refused := func(name, reason, token string) probe {
		return probe{name: name, attack: call(token), control: call(ours.signedBy(ordersAccount)), status: http.StatusUnauthorized, reason: reason}
	}
	change := func(p *parts, account, algorithm string, spoil func(*parts)) string {
		changed := p.clone()
		changed.header["alg"] = algorithm
		spoil(changed)
		return changed.signedBy(account)
	}
	nothing := func(*parts) {}
	posing := func(p *parts) { p.claims["iss"] = issuerURL(ordersAccount) }
	away := func(p *parts) { p.claims["iss"] = issuerURL(strangerAccount) }
	probes := []probe{
		atSites("a stranger", stranger.signedBy(strangerAccount), plain, both, http.StatusUnauthorized, "unknown_issuer"),
		atSites("a stranger, rs256", change(stranger, strangerAccount, "RS256", nothing), plain, both, http.StatusUnauthorized, "unknown_issuer"),
		refused("a stranger with our iss", "bad_signature", change(stranger, strangerAccount, "ES384", posing)),
		refused("our claims, a stranger's key", "bad_signature", change(ours, strangerAccount, "ES384", nothing)),
		refused("our claims, a stranger's key, rs256", "bad_signature", change(ours, strangerAccount, "RS256", nothing)),
		refused("our claims, a stranger's iss and key", "unknown_issuer", change(ours, strangerAccount, "ES384", away)),
		refused("our claims and key, a stranger's iss", "unknown_issuer", change(ours, ordersAccount, "ES384", away)),
		refused("our account and org, a stranger's iss", "unknown_issuer", change(stranger, strangerAccount, "ES384", func(p *parts) {
			p.aws["aws_account"], p.aws["org_id"] = ordersAccount, "o-devsts0001"
		})),
		// Both are trusted, each for its own account.
		refused("a trusted stranger with our iss", "bad_signature", change(stranger, strangerAccount, "ES384", posing)).at(both),
		refused("a trusted stranger with our account", "account_mismatch", change(ours, strangerAccount, "ES384", away)).at(both),
	}
	return append(probes, organizations()...)
}

// organizationSite trusts the accounts of organizations, whoever they are.
func organizationSite(ids string) string {
	issuer := issuerURL(ordersAccount)
	base := issuer[:strings.LastIndexByte(issuer, '/')+1]
	return siteOf("organization "+ids+" {", "\tissuer_template "+base+"<uuid>", "}")
}

// organizations: there everybody's issuer has the right form, and the org_id that
// AWS signed is all that tells one from another.
func organizations() (probes []probe) {
	site := organizationSite("o-devsts0001")
	stranger := goodParts(strangerAccount)
	probes = append(probes, atSites("org: a stranger", stranger.signedBy(strangerAccount), site,
		organizationSite("o-devsts0001 o-stranger01"), http.StatusUnauthorized, "org_mismatch"))
	for _, each := range []struct {
		name, reason string
		org          any
	}{
		{"absent", "org_mismatch", nil}, {"empty", "org_mismatch", ""}, {"another", "org_mismatch", "o-stranger01"},
		{"capitals", "org_mismatch", "O-DEVSTS0001"}, {"longer", "org_mismatch", "o-devsts00010"}, {"shorter", "org_mismatch", "o-devsts000"},
		{"a space behind", "org_mismatch", "o-devsts0001 "}, {"nul behind", "org_mismatch", "o-devsts0001\x00"},
		{"a list", "org_mismatch", "o-stranger01,o-devsts0001"}, {"a homoglyph", "org_mismatch", "\u043e-devsts0001"},
		{"array", "invalid_claims", []string{"o-devsts0001"}}, {"null", "invalid_claims", raw("null")}, {"number", "invalid_claims", 1},
		{"object", "invalid_claims", map[string]any{"o-devsts0001": true}},
	} {
		probes = append(probes, twins("org: "+each.name, each.reason, func(p *parts) {
			if p.aws["org_id"] = each.org; each.org == nil {
				delete(p.aws, "org_id")
			}
		}).at(site))
	}
	elsewhere := func(p *parts) {
		delete(p.aws, "org_id")
		p.claims["org_id"], p.aws["principal_tags"], p.aws["request_tags"] = "o-devsts0001",
			map[string]any{"org_id": "o-devsts0001"}, map[string]any{"org_id": "o-devsts0001"}
	}
	forged := goodParts(ordersAccount)
	control := call(forged.signedBy(ordersAccount))
	probes = append(probes,
		twins("org: in other places", "org_mismatch", elsewhere).at(site),
		twins("org: in ou_path alone", "org_mismatch", func(p *parts) { delete(p.aws, "org_id") }).at(site),
		probe{name: "org: ours, a stranger's key", site: site, attack: call(forged.signedBy(strangerAccount)), control: control, status: 401, reason: "bad_signature"},
		probe{name: "org: ours, a neighbour's key", site: site, attack: call(forged.signedBy(billingAccount)), control: control, status: 401, reason: "bad_signature"},
		twins("org: a stranger's iss, our key", "bad_signature", func(p *parts) { p.claims["iss"] = issuerURL(strangerAccount) }).at(site),
	)
	return append(probes, templates(site)...)
}

// templates are issuers that are near to the template, each signed with our key.
// One that fits and does not exist is no fault of the token's, as far as we know.
func templates(site string) (probes []probe) {
	ours := issuerURL(ordersAccount)
	slash := strings.LastIndexByte(ours, '/') + 1
	base, uuid := ours[:slash], ours[slash:]
	for _, each := range []struct{ name, iss string }{
		{"a slash behind", ours + "/"},
		{"a path behind", ours + "/x"},
		{"a query", ours + "?" + uuid},
		{"a fragment", ours + "#x"},
		{"dots", base + "../" + uuid},
		{"two uuids", base + uuid + "/" + uuid},
		{"longer", ours + "0"},
		{"shorter", ours[:len(ours)-1]},
		{"no dashes", base + strings.ReplaceAll(uuid, "-", "")},
		{"braces", base + "{" + uuid + "}"},
		{"capitals", base + "AAAABBBB-CCCC-4DDD-8EEE-FFFF00001111"},
		{"no hexadecimal", base + "gggggggg-3333-4111-8111-111122223333"},
		{"the mark itself", base + "<uuid>"},
		{"another host", strings.Replace(ours, "127.0.0.1", "127.0.0.2", 1)},
		{"a longer host", strings.Replace(ours, "127.0.0.1", "127.0.0.1.evil.example", 1)},
		{"user information", strings.Replace(ours, "://", "://evil.example@", 1)},
		{"before", "x" + ours},
	} {
		probes = append(probes, twins("template: "+each.name, "unknown_issuer", func(p *parts) { p.claims["iss"] = each.iss }).at(site))
	}
	invented := twins("template: invented", "keys_unavailable", func(p *parts) { p.claims["iss"] = base + "00000000-3333-4111-8111-111122223333" }).at(site)
	invented.status = http.StatusServiceUnavailable
	return append(probes, invented)
}
