package assertion

import (
	"flag"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		atOnce(12)
		return m.Run()
	}, "caddy-awsjwt", "devsts"))
}

// atOnce lets as many tests run at the same time, unless the command line says
// how many. They wait much more than they work, and share nothing.
func atOnce(tests int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(tests))
	}
}

const (
	orders   = "111122223333"
	audience = "orders.internal" // of the tokens: the gateway
	upstream = "orders-upstream" // of the assertions

	patience = stacktest.Patience
)

var must, eventually, freeAddress = stacktest.Must, stacktest.Eventually, stacktest.FreeAddress

// issuers is a local STS in this process, so that tests can sign whatever they
// like with an issuer's own keys.
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
