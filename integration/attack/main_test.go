package attack

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
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
	rowsAtOnce(4)
	code := m.Run()
	if leaks := canaries.leaks(); len(leaks) > 0 {
		for _, leak := range leaks {
			fmt.Fprintln(os.Stderr, "LEAK (row O1):", leak)
		}
		return 1
	}
	return code
}

// rowsAtOnce lets as many rows run at the same time, unless the command line
// says how many. They wait as much as they work; those of their scripts that
// wait more run beside each other, too.
func rowsAtOnce(rows int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(rows))
	}
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

// issuers is devsts in this process, so that probes can sign whatever they like
// with an issuer's own keys.
var issuers = sync.OnceValue(func() *devsts.Server {
	server, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		panic(err)
	}
	listener := httptest.NewServer(server.Handler())
	if err := server.SetBaseURL(listener.URL); err != nil {
		panic(err)
	}
	return server
})

func issuerURL(account string) string {
	url, err := issuers().IssuerURL(account)
	if err != nil {
		panic(err)
	}
	return url
}
