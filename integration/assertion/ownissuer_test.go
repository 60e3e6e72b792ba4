package assertion

import (
	"net/http"
	"testing"
)

// trustful is the worst configuration there can be: it trusts itself as an issuer
// of AWS's tokens, and makes out what it signs to itself, by an algorithm that
// AWS's tokens have, with a subject that is an ARN.
const trustful = `
http://127.0.0.1:PORT {
	aws_jwt_issuer SELF {
		algorithm RS256
		exchange {
			audience orders.internal
			aws_jwt {
				issuer ORDERS 111122223333
				issuer SELF 111122223333
				audience orders.internal
			}
		}
	}
	aws_jwt {
		issuer ORDERS 111122223333
		issuer SELF 111122223333
		audience orders.internal
		assertion {
			issuer SELF
			algorithm RS256
			audience orders.internal
			claims aws_token.account.id aws_token.principal_tags
		}
	}
	reverse_proxy UPSTREAM
}
`

// Even there, what the gateway signs is no token of AWS, so that nobody can trade
// an assertion for the next one when the token has ended.
func TestAssertionIsNoTokenOfAWS(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(trustful)
	good := mint(t, nil)
	status, traded, body := w.trade(w.self(), good, audience)
	if status != http.StatusOK {
		t.Fatalf("status %d %s", status, body)
	}
	for what, text := range map[string]string{"the assertion": w.asserted("127.0.0.1", good), "what is traded": traded} {
		w.refused("127.0.0.1", text, http.StatusUnauthorized, "invalid_claims")
		if status, issued, body := w.trade(w.self(), text, audience); status != http.StatusBadRequest || issued != "" {
			t.Errorf("%s: status %d %s", what, status, body)
		}
	}
	w.asserted("127.0.0.1", good)
}
