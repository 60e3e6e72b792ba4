package attack

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-attack-")
	if err == nil {
		defer func() { _ = os.RemoveAll(directory) }()
		err = stack.Build(context.Background(), directory)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binaries = directory
	stacktest.AtOnce(4) // rows wait as much as they work; those of their scripts that wait more run beside each other, too
	code := m.Run()
	if leaks := canaries.leaks(); len(leaks) > 0 {
		for _, leak := range leaks {
			fmt.Fprintln(os.Stderr, "LEAK (row O1):", leak)
		}
		return 1
	}
	return code
}

// The accounts of devsts: orders and billing are of one organization, the
// stranger is of another.
const (
	ordersAccount   = "111122223333"
	billingAccount  = "444455556666"
	strangerAccount = "999988887777"

	ordersRole = "arn:aws:iam::111122223333:role/orders-lambda"
	audience   = "orders.internal"
)

// roles are the roles that the accounts' good tokens are of.
var roles = map[string]string{
	ordersAccount: "orders-lambda", billingAccount: "billing-ec2", strangerAccount: "stranger",
}

var issuers = stacktest.Issuers

func issuerURL(account string) string {
	url, err := issuers().IssuerURL(account)
	if err != nil {
		panic(err)
	}
	return url
}
