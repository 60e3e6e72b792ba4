package keys

import (
	"net/http"
	"testing"
)

// All issuers call their keys alike: EC384_0 is a key of each. A token is held
// against its own issuer's, whichever was fetched first, also after a reload.
// Each forged token is the good one but for the account whose key signed it.
func TestSameKeyIDAtTwoIssuers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	sites := []string{
		// Different settings, so that each site fetches for itself.
		site("orders-first", "issuer ORDERS "+orders, "issuer BILLING "+billing, "jwks {", "ttl 1h", "persist off", "}"),
		site("billing-first", "issuer ORDERS "+orders, "issuer BILLING "+billing, "jwks {", "ttl 2h", "persist off", "}"),
	}
	w.start(sites...)
	check := func(host string, accounts ...string) {
		t.Helper()
		for i, own := range accounts {
			other := accounts[1-i]
			w.refuses(host, w.issuers.mint(roleOf(own), other, nil), http.StatusUnauthorized, "bad_signature")
			w.passes(host, w.issuers.token(own))
			w.refuses(host, w.issuers.mint(roleOf(own), other, nil), http.StatusUnauthorized, "bad_signature")
		}
	}
	bothOrders := func() {
		t.Helper()
		check("orders-first", orders, billing)
		check("billing-first", billing, orders)
	}
	bothOrders()
	bothOrders()
	w.reload(sites...)
	bothOrders()
	if n := w.issuers.Fetches().Total.Keys; n != 4 {
		t.Errorf("keys were fetched %d times, want 4 times: for two sites with different settings", n)
	}
}
