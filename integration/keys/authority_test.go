package keys

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// authority signs the certificates of issuers' servers.
type authority struct {
	*certificates.Certificate
	file string // its own certificate, PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{certificates.Authority("test authority"), filepath.Join(t.TempDir(), "ca.pem")}
	must(t, os.WriteFile(a.file, a.PEM(), 0o600))
	return a
}

// serve is what a server for a host, which may be an IP address, presents.
func (a *authority) serve(host string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificates.Sign(certificates.For(host), a.Certificate).TLS()}}
}
