package attack

import (
	"net/http"
	"strings"
)

// judging is a site whose policy refuses for every reason that there is.
var judging = siteOf("issuer ISSUER", "org o-devsts0001", "request_tag stage production",
	"header X-Tags {aws_token.request_tags}",
	"deny blocked `aws_token.principal.name == \"blocked\" || request.path == \"/blocked\"`",
	"deny erring `aws_token.principal.name == \"erring\" && aws_token.request_tags[\"none\"] == \"x\"`",
	"allow known `aws_token.principal.name != \"unknown\" && aws_token.principal.name != \"failing\"`",
	"allow failing `aws_token.principal.name == \"failing\" && aws_token.request_tags[\"none\"] == \"x\"`")

// unreachable is a site with an issuer that nobody answers for.
var unreachable = siteOf("issuer http://127.0.0.1:1/none", "issuer http://127.0.0.1:1/other",
	"issuer http://127.0.0.2:1/none {", "\tjwks_url http://127.0.0.1:1/keys", "}")

// kinds are the refusals between which a client may tell: by their status, and
// by the error of RFC 6750, section 3.1.
func kinds() []kind {
	return []kind{
		{name: "invalid token", site: plain, status: http.StatusUnauthorized, faults: invalidTokens},
		{name: "invalid token, organization", site: organizationSite("o-devsts0001"), status: http.StatusUnauthorized, faults: organizationFaults},
		{name: "no token", site: plain, status: http.StatusUnauthorized, faults: noTokens},
		{name: "malformed request", site: plain, status: http.StatusBadRequest, faults: malformedRequests},
		{name: "insufficient scope", site: judging, status: http.StatusForbidden, faults: policyFaults},
		{name: "unsafe", site: judging, status: http.StatusForbidden, faults: unsafeRequests},
		{name: "upgrade", site: plain, status: http.StatusForbidden, by: onlyH1, faults: upgrades},
		{name: "no keys", site: unreachable, status: http.StatusServiceUnavailable, faults: noKeys},
	}
}

// goodFor is a token that passes a site.
func goodFor(site string) string {
	return mint(func(p *parts) {
		if site == judging {
			p.aws["request_tags"] = map[string]any{"stage": "production"}
		}
	})
}

func invalidTokens() (faults []fault) {
	add := func(reason, token string) { faults = append(faults, fault{reason, call(token)}) }
	changed := func(reason string, change func(*parts)) { add(reason, mint(change)) }
	good := mint(nil)
	parts3 := strings.Split(good, ".")
	claim := func(reason, name string, value any) { changed(reason, func(p *parts) { p.claims[name] = value }) }
	header := func(reason, name string, value any) { changed(reason, func(p *parts) { p.header[name] = value }) }

	add("malformed_token", "abc")
	add("malformed_token", parts3[0]+"."+parts3[1])
	add("malformed_token", good+".x")
	add("malformed_token", good+"=")
	add("malformed_token", strings.Replace(good, ".", "+.", 1))
	add("malformed_token", mintRaw("ES384", goodHeader(), goodPayload()+"{}"))
	header("malformed_token", "crit", []string{"b64"})
	header("malformed_token", "jku", "https://evil.example")
	header("malformed_token", "typ", "at+jwt")
	header("malformed_token", "kid", raw("1"))
	claim("malformed_token", "iss", raw("[]"))
	claim("malformed_token", "ISS", "x")
	add("too_large", ofLength(maxToken+1))
	add("algorithm_not_allowed", mintRaw("ES384", headerOf("none", "EC384_0"), goodPayload()))
	add("algorithm_not_allowed", mintRaw("ES384", headerOf("HS256", "EC384_0"), goodPayload()))
	header("algorithm_not_allowed", "alg", "RS512")
	add("unknown_issuer", goodParts(strangerAccount).signedBy(strangerAccount))
	claim("unknown_issuer", "iss", issuerURL(ordersAccount)+"/")
	header("unknown_key", "kid", "EC384_9")
	header("unknown_key", "kid", "RSA_0")
	add("bad_signature", goodParts(ordersAccount).signedBy(strangerAccount))
	add("bad_signature", parts3[0]+"."+parts3[1]+"."+strings.Repeat("A", 128))
	add("bad_signature", good[:len(good)-8])
	claim("invalid_claims", "exp", "4102444800")
	claim("invalid_claims", "aud", []string{})
	claim("invalid_claims", "sub", "orders")
	changed("invalid_claims", func(p *parts) { p.aws["aws_account"] = 111122223333 })
	changed("invalid_claims", func(p *parts) { delete(p.claims, namespace) })
	claim("wrong_audience", "aud", "else")
	claim("wrong_audience", "aud", []string{"else", "other"})
	changed("expired", func(p *parts) { p.claims["exp"], p.claims["iat"] = 2, 1 })
	claim("not_yet_valid", "nbf", 4102444800)
	changed("not_yet_valid", func(p *parts) {
		p.claims["iat"], p.claims["exp"] = p.claims["iat"].(int64)+86400, p.claims["exp"].(int64)+86400
	})
	claim("lifetime_too_long", "exp", 4102444800)
	claim("account_mismatch", "sub", "arn:aws:iam::444455556666:role/x")
	changed("account_mismatch", func(p *parts) { p.aws["aws_account"] = billingAccount })
	return faults
}

func organizationFaults() []fault {
	return []fault{
		{"org_mismatch", call(goodParts(strangerAccount).signedBy(strangerAccount))},
		{"org_mismatch", call(mint(func(p *parts) { delete(p.aws, "org_id") }))},
		{"bad_signature", call(goodParts(ordersAccount).signedBy(strangerAccount))},
		{"unknown_issuer", call(mint(func(p *parts) { p.claims["iss"] = issuerURL(ordersAccount) + "0" }))},
		{"expired", call(mint(func(p *parts) { p.claims["exp"], p.claims["iat"] = 2, 1 }))},
		{"malformed_token", call("abc")},
	}
}

func authorization(values ...string) (r request) {
	for _, value := range values {
		r = r.with(field{"Authorization", value})
	}
	return r
}

func noTokens() (faults []fault) {
	for _, bear := range []request{
		{}, authorization("Basic YTpi"), authorization("Digest x"), authorization("Negotiate"), authorization("Bearerx abc"),
		{target: "/orders?access_token=abc"}, request{}.with(field{"X-Api-Key", "x"}), request{}.with(field{"Cookie", "token=x"}),
	} {
		faults = append(faults, fault{"missing_token", bear})
	}
	return faults
}

func malformedRequests() (faults []fault) {
	bearer := "Bearer " + mint(nil)
	for _, bear := range []request{
		authorization(bearer, bearer), authorization("Basic YTpi", bearer), authorization(bearer + ", " + bearer),
		authorization("Bearer  x"), authorization("Bearer\tx"), authorization("Bearer"), authorization(""),
		authorization("Bearer =="), authorization(`Bearer "x"`), authorization(", " + bearer), authorization("Bearer {}"),
	} {
		faults = append(faults, fault{"malformed_request", bear})
	}
	return faults
}

// policyFaults are of tokens that are good, and so must not tell how near to
// passing they were either.
func policyFaults() []fault {
	role := func(name string) request {
		return call(mint(func(p *parts) {
			p.claims["sub"] = "arn:aws:iam::111122223333:role/" + name
			p.aws["request_tags"] = map[string]any{"stage": "production"}
		}))
	}
	tag := func(tags map[string]any) request {
		return call(mint(func(p *parts) { p.aws["request_tags"] = tags }))
	}
	blocked := role("orders-lambda")
	blocked.target = "/blocked"
	return []fault{
		{"policy_denied", role("blocked")},
		{"policy_denied", blocked},
		{"policy_denied", role("unknown")},
		{"policy_error", role("erring")},
		{"policy_error", role("failing")},
		{"requirement_failed", tag(map[string]any{"stage": "test"})},
		{"requirement_failed", tag(map[string]any{})},
		{"requirement_failed", call(mint(func(p *parts) { delete(p.aws, "org_id") }))},
		{"requirement_failed", call(mint(func(p *parts) { p.aws["org_id"] = "o-stranger01" }))},
	}
}

// unsafeRequests are of a caller that may pass.
func unsafeRequests() (faults []fault) {
	good := call(goodFor(judging))
	for _, target := range []string{"/a//b", "/a%2fb", "/a/../b", "/a%5cb", "/a/%2e%2e/b", "/a%00", "/a%0ab"} {
		bear := good
		bear.target = target
		faults = append(faults, fault{"unsafe_path", bear})
	}
	long := mint(func(p *parts) {
		p.aws["request_tags"] = map[string]any{"stage": "production", "long": strings.Repeat("\u20ac", 500)}
	})
	return append(faults, fault{"unsafe_header_value", call(long)})
}

func upgrades() (faults []fault) {
	good := call(mint(nil))
	for _, protocol := range []string{"h2c", "websocket", "TLS/1.0", "x"} {
		faults = append(faults, fault{"upgrade_refused", good.with(field{"Connection", "Upgrade"}, field{"Upgrade", protocol})})
	}
	return append(faults, fault{"upgrade_refused", good.with(field{"Upgrade", "websocket"})})
}

func noKeys() (faults []fault) {
	for _, iss := range []string{"http://127.0.0.1:1/none", "http://127.0.0.1:1/other", "http://127.0.0.2:1/none"} {
		for _, kid := range []string{"EC384_0", "EC384_9"} {
			faults = append(faults, fault{"keys_unavailable", call(mint(func(p *parts) { p.claims["iss"], p.header["kid"] = iss, kid }))})
		}
	}
	return faults
}
