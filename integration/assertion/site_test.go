package assertion

import (
	"slices"
	"strings"
	"testing"
)

// oneSite is a gateway with one site, which is its issuer, too; lines may be added
// to that, and to the assertion.
func oneSite(publisher string, assertion ...string) string {
	return `
http://127.0.0.1:PORT {
	aws_jwt_issuer SELF {
		` + publisher + `
	}
	aws_jwt {
		issuer ORDERS 111122223333
		audience orders.internal
		assertion {
			issuer SELF
			audience orders-upstream
			subject spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
			` + strings.Join(assertion, "\n\t\t\t") + `
		}
	}
	reverse_proxy UPSTREAM
}
`
}

// claimsOfKey are the claims of an assertion, and the key that signed it.
func claimsOfKey(t *testing.T, text string) (claims map[string]any, kid string) {
	t.Helper()
	header, claims := claimsOf(t, text)
	return claims, header["kid"].(string)
}

// logged reports whether a line of the log has all the parts.
func (w *world) logged(parts ...string) bool {
	return slices.ContainsFunc(w.gateway.Log(), func(line string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
}
