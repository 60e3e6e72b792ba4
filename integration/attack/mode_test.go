package attack

import "net/http"

// loose are sites that let more pass than others do, and say so in one line.
const (
	looseOptional = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\noptional\n}\nreverse_proxy UPSTREAM"
	looseAudit    = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\ndeny `true`\nmode audit\n}\nreverse_proxy UPSTREAM"
)

// modes: a line that lets more pass opens the gate no further than it says. The
// control is what the line is for.
func modes() (probes []probe) {
	nobody, denied := request{}, call(mint(nil))
	bad := map[string]struct {
		token  string
		reason string
	}{
		"expired":        {mint(func(p *parts) { p.claims["exp"], p.claims["iat"] = 1000000300, 1000000000 }), "expired"},
		"for another":    {mint(func(p *parts) { p.claims["aud"] = "else" }), "wrong_audience"},
		"a stranger's":   {mintAs(strangerAccount, nil), "unknown_issuer"},
		"a forged":       {mint(func(p *parts) { p.claims["iss"] = issuerURL(ordersAccount) })[:200] + ".x.x", "malformed_token"},
		"a foreign":      {goodParts(strangerAccount).inTheNameOf(ordersAccount), "bad_signature"},
		"of another":     {mint(func(p *parts) { p.aws["aws_account"] = strangerAccount }), "account_mismatch"},
		"an unknown key": {mint(func(p *parts) { p.header["kid"] = "unknown" }), "unknown_key"},
	}
	for name, each := range bad {
		probes = append(probes,
			probe{name: "optional: " + name, site: looseOptional, attack: call(each.token), status: http.StatusUnauthorized, reason: each.reason, control: nobody},
			probe{name: "audit: " + name, site: looseAudit, attack: call(each.token), status: http.StatusUnauthorized, reason: each.reason, control: denied},
		)
	}
	two := field{"Authorization", "Bearer x"}
	return append(probes,
		probe{name: "neither: nobody", attack: nobody, status: http.StatusUnauthorized, reason: "missing_token", control: call(mint(nil))},
		probe{name: "audit: nobody", site: looseAudit, attack: nobody, status: http.StatusUnauthorized, reason: "missing_token", control: denied},
		probe{name: "optional: two tokens", site: looseOptional, attack: request{fields: []field{two, two}}, status: http.StatusBadRequest, reason: "malformed_request", control: nobody},
		probe{name: "audit: two tokens", site: looseAudit, attack: request{fields: []field{two, two}}, status: http.StatusBadRequest, reason: "malformed_request", control: denied},
	)
}

// inTheNameOf signs with the stranger's key what names another's issuer.
func (p *parts) inTheNameOf(account string) string {
	p.claims["iss"] = issuerURL(account)
	return p.signedBy(strangerAccount)
}
