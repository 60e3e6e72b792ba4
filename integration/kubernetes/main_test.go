package kubernetes

import (
	"crypto/tls"
	"net/http"
	"os"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	atOnce := 4
	if againstReal() {
		atOnce = 2 // they are large
	}
	stacktest.AtOnce(atOnce)
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

// trusting is a client over HTTP/1.1, which alone has Connection, that trusts an
// authority and follows nothing.
func trusting(t *testing.T, a *authority) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
