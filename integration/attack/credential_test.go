package attack

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// credentialProbes: one credential, in the one place where RFC 6750 has it that
// is in no log and no history. Where two readers could each find another one,
// there is none. The control is the same token in its place.
func credentialProbes() []probe {
	return slices.Concat(malformedCredentialProbes(), noCredentialProbes(), goodCredentialProbes(), wireCredentialProbes())
}

// authorizations are a request's credentials, one field each.
func authorizations(values ...string) request {
	var r request
	for _, value := range values {
		r = r.with(field{"Authorization", value})
	}
	return r
}

func malformedCredentialProbes() []probe {
	good, other := mint(nil), mint(nil)
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	bearer := "Bearer " + good
	var probes []probe
	for name, r := range map[string]request{
		"two of the same":           authorizations(bearer, bearer),
		"two good ones":             authorizations(bearer, "Bearer "+other),
		"good, then expired":        authorizations(bearer, "Bearer "+expired),
		"expired, then good":        authorizations("Bearer "+expired, bearer),
		"basic, then bearer":        authorizations("Basic YTpi", bearer),
		"bearer, then basic":        authorizations(bearer, "Basic YTpi"),
		"bearer, then empty":        authorizations(bearer, ""),
		"empty, then bearer":        authorizations("", bearer),
		"a hundred":                 authorizations(slices.Repeat([]string{bearer}, 10)...).with(slices.Repeat([]field{{"authorization", "Basic x"}}, 80)...),
		"in two cases":              {fields: []field{{"Authorization", bearer}, {"AUTHORIZATION", bearer}}},
		"two joined by a comma":     authorizations(bearer + ", Bearer " + other),
		"two joined without spaces": authorizations(bearer + ",Bearer " + other),
		"basic joined by a comma":   authorizations("Basic YTpi, " + bearer),
		"two tokens":                authorizations(bearer + " " + other),
		"two joined by a semicolon": authorizations(bearer + ";" + other),
		"a parameter":               authorizations(bearer + `, realm="x"`),
		"in quotes":                 authorizations(`Bearer "` + good + `"`),
		"two spaces":                authorizations("Bearer  " + good),
		"a tab":                     authorizations("Bearer\t" + good),
		"a space and a tab":         authorizations("Bearer \t" + good),
		"a colon":                   authorizations("Bearer:" + good),
		"a comma":                   authorizations("Bearer," + good),
		"an equals sign":            authorizations("Bearer=" + good),
		"a no-break space":          authorizations("Bearer\u00a0" + good),
		"letters beyond ascii":      authorizations("Bearer " + good + "ä"),
		"empty":                     authorizations(""),
		"no token":                  authorizations("Bearer"),
		"padding alone":             authorizations("Bearer ===="),
		"braces":                    authorizations("Bearer {http.request.uri.query.t}"),
		"a comma in front":          authorizations("," + bearer),
	} {
		probes = append(probes, probe{
			name: name, attack: r, status: http.StatusBadRequest, reason: "malformed_request", control: call(good), intact: carries(whole),
		})
	}
	return probes
}

// elsewhere has the form of a token. It stands in for one where a request
// passes, since whoever logs requests may well write it from there.
const elsewhere = "eyJub25lIjoxfQ.eyJub25lIjoyfQ.bm9uZQ"

// noCredentialProbes: a token elsewhere, or with another scheme, is none.
func noCredentialProbes() []probe {
	good := mint(nil)
	basic := base64.StdEncoding.EncodeToString([]byte("bearer:" + good))
	var probes []probe
	add := func(name string, with func(token string) request) {
		probes = append(probes, probe{
			name: name, attack: with(good), status: http.StatusUnauthorized, reason: "missing_token",
			control: with(elsewhere).with(field{"Authorization", "Bearer " + good}), intact: all(carries(whole), has("Authorization", "")),
		})
	}
	add("nothing", func(string) request { return request{} })
	for _, f := range []field{
		{"Proxy-Authorization", "Bearer TOKEN"}, {"X-Forwarded-Authorization", "Bearer TOKEN"}, {"X-Authorization", "Bearer TOKEN"},
		{"X-Original-Authorization", "Bearer TOKEN"}, {"HTTP_AUTHORIZATION", "Bearer TOKEN"}, {"Authorization_", "Bearer TOKEN"},
		{"Authorization-", "Bearer TOKEN"}, {"Authorisation", "Bearer TOKEN"}, {"WWW-Authenticate", "Bearer TOKEN"},
		{"X-Amz-Security-Token", "TOKEN"}, {"X-Access-Token", "TOKEN"}, {"X-Amzn-Oidc-Data", "TOKEN"},
		{"Cookie", "Authorization=Bearer TOKEN; access_token=TOKEN"}, {"Sec-WebSocket-Protocol", "bearer, TOKEN"}, {"X-Aws-Token-Sub", ordersRole},
	} {
		add("in "+strings.ToLower(f.name), func(token string) request {
			return request{fields: []field{{f.name, strings.ReplaceAll(f.value, "TOKEN", token)}}}
		})
	}
	add("a query", func(token string) request {
		return request{target: "/orders?access_token=" + token + "&Authorization=Bearer%20" + token}
	})
	add("a form", func(token string) request {
		return request{method: "POST", body: "access_token=" + token, fields: []field{{"Content-Type", "application/x-www-form-urlencoded"}}}
	})
	add("a path", func(string) request { return request{target: "/orders/" + elsewhere} })
	for name, value := range map[string]string{
		"basic": "Basic " + basic, "digest": "Digest token=" + good, "negotiate": "Negotiate " + good, "dpop": "DPoP " + good, "jwt": "JWT " + good,
		"token": "Token " + good, "signature v4": "AWS4-HMAC-SHA256 Credential=" + good, "bearers": "Bearers " + good, "beare": "Beare " + good,
		"no scheme": good, "bearer and a dot": "Bearer." + good, "bearer and a plus": "Bearer+" + good, "bearer and an escape": "Bearer%20" + good,
	} {
		probes = append(probes, probe{
			name: "scheme: " + name, attack: authorizations(value), status: http.StatusUnauthorized, reason: "missing_token",
			control: call(good), intact: carries(whole),
		})
	}
	return probes
}

// goodCredentialProbes: what RFC 9110 takes for the same must pass, as one
// caller. The scheme has no case (section 11.1).
func goodCredentialProbes() []probe {
	good := mint(nil)
	var probes []probe
	add := func(name string, by []protocol, r request) {
		probes = append(probes, probe{
			name: "passes: " + name, by: by, attack: r, disarmed: all(carries(whole), hides(good), has("Authorization", "")),
			control: call(good), intact: carries(whole),
		})
	}
	add("bearer", every, authorizations("bearer "+good))
	add("capitals", every, authorizations("BEARER "+good))
	add("mixed case", every, authorizations("bEaReR "+good))
	add("the field in lower case", onlyH1, request{fields: []field{{"authorization", "Bearer " + good}}})
	// White space at the ends is no part of a value (section 5.5).
	add("a space behind", onlyH1, authorizations("Bearer "+good+" \t"))
	add("a tab in front", onlyH1, authorizations("\tBearer "+good))
	add("connection names it", onlyH1, call(good, field{"Connection", "Authorization"}))
	return probes
}

// wireCredentialProbes: what only one protocol has.
func wireCredentialProbes() []probe {
	good := mint(nil)
	bearer := "Bearer " + good
	probes := []probe{{
		// RFC 9112, section 5.2: the end of the line is white space.
		name: "a folded credential", by: onlyH1, attack: rawGet("Authorization: Bearer", " "+good), disarmed: carries(whole),
		control: rawGet("Authorization: " + bearer), intact: carries(whole),
	}, {
		name: "white space at the end in http/2", by: onlyH2, attack: authorizations(bearer + " "),
		status: http.StatusBadRequest, reason: "malformed_request", control: call(good), intact: carries(whole),
	}, {
		name: "user information in the target", by: onlyH1,
		attack: rawRequest("GET http://" + good[:32] + ":x@HOST/orders HTTP/1.1"),
		status: http.StatusUnauthorized, reason: "missing_token",
		control: rawRequest("GET http://HOST/orders HTTP/1.1", "Authorization: "+bearer), intact: carries(whole),
	}}
	for name, lines := range map[string][]string{
		"a space before the colon": {"Authorization : " + bearer},
		"a fold before the colon":  {"Authorization", " : " + bearer},
		"nul in the name":          {"Authorization\x00: " + bearer},
		"nul in the value":         {"Authorization: " + bearer + "\x00"},
		"cr in the value":          {"Authorization: " + bearer + "\rx"},
		"a vertical tab":           {"Authorization: Bearer\v" + good},
		"no colon":                 {"Authorization " + bearer},
	} {
		probes = append(probes, probe{
			name: name, by: onlyH1, attack: rawGet(lines...), status: http.StatusBadRequest,
			control: rawGet("Authorization: " + bearer), intact: carries(whole),
		})
	}
	// On a path that is open a token is a field like any other.
	return append(probes, probe{
		name: "two on an open path", site: matched,
		attack: request{target: "/open"}.with(authorizations("Basic x", bearer).fields...), disarmed: carries(nobody),
		control: request{target: "/open"}, intact: func(a stack.Arrival) string { return strings.Join(a.Get("Authorization"), "|") },
	})
}
