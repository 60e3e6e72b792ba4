package stacktest

import (
	"flag"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// Issuers returns one devsts in this process for all tests of a package, so that
// they can sign whatever they like with an issuer's own keys. It has the accounts
// of devsts.DefaultConfig, and lasts as long as the process.
var Issuers = sync.OnceValue(func() *devsts.Server {
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

// AtOnce lets as many tests of a package run at the same time, unless the command
// line says how many. It is for a TestMain, and for tests that wait much more than
// they work, and share nothing.
func AtOnce(tests int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(tests))
	}
}
