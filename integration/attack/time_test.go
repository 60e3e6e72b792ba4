package attack

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// i6: exp, iat and nbf are whole numbers in digits alone (RFC 7519, section 2,
// allows more, AWS writes no more), and lie where they should. The binary has the
// true clock, so what is near to now keeps a distance; the exact second is tried
// in the verifier's own tests, whose clock stands still.
func i6() []probe { return append(append(timeSpellings(), timeSpans()...), edges()...) }

// spell gives a time another spelling. The control has the same number.
func spell(claim, name, reason string, how func(seconds string) string) probe {
	seconds := func(p *parts) string {
		if claim == "nbf" {
			p.claims["nbf"] = p.claims["iat"]
		}
		return fmt.Sprint(p.claims[claim])
	}
	return unlikeTwins(claim+" "+name, reason,
		func(p *parts) { p.claims[claim] = raw(seconds(p)) },
		func(p *parts) { p.claims[claim] = raw(how(seconds(p))) })
}

func timeSpellings() (probes []probe) {
	always := func(text string) func(string) string { return func(string) string { return text } }
	for _, each := range []struct {
		name string
		how  func(string) string
	}{
		{"string", strconv.Quote}, // CVE-2026-25537
		{"empty string", always(`""`)},
		{"date", func(s string) string {
			seconds, _ := strconv.ParseInt(s, 10, 64)
			return text(time.Unix(seconds, 0).UTC().Format(time.RFC3339))
		}},
		{"float", func(s string) string { return s + ".5" }},
		{"whole float", func(s string) string { return s + ".0" }},
		{"exponent", func(s string) string { return s + "e0" }},
		{"exponent of a fraction", func(s string) string { return s[:1] + "." + s[1:] + "e9" }},
		{"null", always("null")},
		{"true", always("true")},
		{"array", func(s string) string { return "[" + s + "]" }},
		{"object", func(s string) string { return `{"seconds":` + s + `}` }},
		{"negative", func(s string) string { return "-" + s }},
		{"minus zero", always("-0")},
		{"milliseconds", func(s string) string { return s + "000" }},
		{"1e18", always("1e18")},
		{"1 and 18 zeros", always("1000000000000000000")},
		{"1e400", always("1e400")},
		{"above 63 bits", always("9223372036854775808")},
		{"the highest of 64 bits", always("18446744073709551615")},
		{"round 64 bits", func(s string) string { // 2^64 and s: what is left of it is right
			return "1844674407" + strconv.FormatInt(3709551616+atoi(s), 10)
		}},
		{"the year 10000", always("253402300800")},
	} {
		for _, claim := range []string{"exp", "iat", "nbf"} {
			probes = append(probes, spell(claim, each.name, "invalid_claims", each.how))
		}
	}
	for _, claim := range []string{"exp", "iat"} {
		probes = append(probes, twins(claim+" missing", "invalid_claims", func(p *parts) { delete(p.claims, claim) }))
	}
	return append(probes,
		twins("exp in the header alone", "invalid_claims", func(p *parts) { p.header["exp"] = p.claims["exp"]; delete(p.claims, "exp") }),
	)
}

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// timeSpans: where the times lie to one another, which no clock has part in.
func timeSpans() []probe {
	span := func(seconds int64) func(*parts) {
		return func(p *parts) { p.claims["exp"] = p.claims["iat"].(int64) + seconds }
	}
	short := strings.Replace(plain, "audience orders.internal", "audience orders.internal\n\t\tmax_lifetime 2m", 1)
	return []probe{
		unlikeTwins("a second over an hour", "lifetime_too_long", span(3600), span(3601)),
		unlikeTwins("two hours", "lifetime_too_long", span(3600), span(7200)),
		unlikeTwins("until 9999", "lifetime_too_long", span(3600), func(p *parts) { p.claims["exp"] = raw("253402300799") }),
		unlikeTwins("since 1970", "lifetime_too_long", span(3600), func(p *parts) { p.claims["iat"] = 0 }),
		unlikeTwins("since an hour and more", "lifetime_too_long", span(300), func(p *parts) {
			p.claims["iat"] = p.claims["exp"].(int64) - 3601
		}),
		unlikeTwins("a second over two minutes", "lifetime_too_long", span(120), span(121)).at(short),
		unlikeTwins("exp is iat", "invalid_claims", span(300), span(0)),
		unlikeTwins("exp before iat", "invalid_claims", span(300), span(-1)),
		unlikeTwins("exp and iat changed round", "invalid_claims", span(10), func(p *parts) {
			// Both within the leeway, so that nothing else is wrong with them.
			p.claims["exp"], p.claims["iat"] = p.claims["iat"], p.claims["iat"].(int64)+10
		}),
		twins("exp zero", "expired", func(p *parts) { p.claims["exp"] = 0 }),
		twins("both zero", "expired", func(p *parts) { p.claims["exp"], p.claims["iat"] = 1, 0 }),
		twins("expired a day ago", "expired", func(p *parts) {
			p.claims["exp"], p.claims["iat"] = p.claims["exp"].(int64)-86400, p.claims["iat"].(int64)-86400
		}),
	}
}

// edges are near to now, within and beyond the leeway. They are made when they
// are sent, so that a machine that is busy does not change what they are.
func edges() (probes []probe) {
	noLeeway := strings.Replace(plain, "audience orders.internal", "audience orders.internal\n\t\tleeway 0s", 1)
	for _, each := range []struct {
		name, site, reason string
		claim              string
		keep, spoil        int64 // seconds from now
	}{
		{"expired beyond the leeway", plain, "expired", "exp", -5, -35},
		{"expired without leeway", noLeeway, "expired", "exp", 60, -1},
		{"issued beyond the leeway", plain, "not_yet_valid", "iat", 25, 60},
		{"issued tomorrow", plain, "not_yet_valid", "iat", 25, 86400},
		{"issued ahead without leeway", noLeeway, "not_yet_valid", "iat", -1, 30},
		{"not before, beyond the leeway", plain, "not_yet_valid", "nbf", 25, 60},
		{"not before, behind exp", plain, "not_yet_valid", "nbf", 25, 7200},
		{"not before 9999", plain, "not_yet_valid", "nbf", 25, 250_000_000_000},
		{"not before, without leeway", noLeeway, "not_yet_valid", "nbf", -1, 30},
	} {
		token := func(seconds int64) string {
			return mint(func(p *parts) {
				now := p.claims["iat"].(int64)
				if p.claims[each.claim] = now + seconds; each.claim == "exp" {
					p.claims["iat"] = now - 300
				} else if each.claim == "iat" {
					p.claims["exp"] = now + seconds + 300
				}
			})
		}
		probes = append(probes, probe{name: each.name, script: func(t *testing.T) {
			g := gateOf(t, each.site)
			for _, p := range every {
				t.Run(string(p), func(t *testing.T) {
					g.refuses(t, p, call(token(each.spoil)), http.StatusUnauthorized, each.reason)
					g.passes(t, p, call(token(each.keep)))
				})
			}
		}})
	}
	return probes
}
