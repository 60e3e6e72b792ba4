package attack

import (
	"net/http"
	"strings"
)

// formRows are about the token's form and signature.
var formRows = []row{
	{"C1", c1},
}

// refusedToken is a probe whose token is refused, beside a good one.
func refusedToken(name, reason, token string) probe {
	return probe{name: name, attack: call(token), control: call(mint(nil)), status: http.StatusUnauthorized, reason: reason}
}

// c1: a JSON-serialised JWS that was once valid, with claims in its outer object
// that nobody signed (RFC 7515, section 7.2).
func c1() []probe {
	segments := strings.Split(mint(nil), ".")
	header, payload, signature := segments[0], segments[1], segments[2]
	claims := goodParts(ordersAccount).claims
	outer := func(change map[string]any) string {
		for name, value := range change {
			claims[name] = value
		}
		return text(claims)
	}
	flattened := outer(map[string]any{"protected": header, "payload": payload, "signature": signature})
	return []probe{{
		name: "flattened", attack: call(flattened), control: call(mint(nil)), status: http.StatusBadRequest, reason: "malformed_request",
	}}
}
