package assertion

import (
	"os"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		stacktest.AtOnce(12)
		return m.Run()
	}, "caddy-awsjwt", "devsts"))
}

const (
	orders   = "111122223333"
	audience = "orders.internal" // of the tokens: the gateway
	upstream = "orders-upstream" // of the assertions

	patience = stacktest.Patience
)

var must, eventually, freeAddress = stacktest.Must, stacktest.Eventually, stacktest.FreeAddress

var issuers = stacktest.Issuers

func issuerURL(t *testing.T, account string) string {
	t.Helper()
	url, err := issuers().IssuerURL(account)
	must(t, err)
	return url
}

// mint signs the good claims of a role after a change.
func mint(t *testing.T, change func(claims, aws map[string]any)) string {
	t.Helper()
	claims, err := issuers().GoodClaims("orders-lambda", audience)
	must(t, err)
	if change != nil {
		change(claims, claims["https://sts.amazonaws.com/"].(map[string]any))
	}
	token, err := issuers().Mint(orders, nil, claims)
	must(t, err)
	return token
}
