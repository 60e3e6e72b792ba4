package kubernetes

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// authority is a CA with its files, as kubeadm lays them.
type authority struct {
	*certificates.Certificate
	t         *testing.T
	directory string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{certificates.Authority(name), t, t.TempDir()}
	a.write("ca", a.Certificate)
	return a
}

// file is the path of one of the authority's files, such as ca.crt.
func (a *authority) file(name string) string { return filepath.Join(a.directory, name) }

// issue signs a certificate for a name and, for servers, loopback, and writes
// <file>.crt and <file>.key.
func (a *authority) issue(file string, subject pkix.Name) tls.Certificate {
	a.t.Helper()
	template := certificates.For("localhost", "127.0.0.1")
	template.Subject = subject
	made := certificates.Sign(template, a.Certificate)
	a.write(file, made)
	return made.TLS()
}

func (a *authority) write(name string, made *certificates.Certificate) {
	a.t.Helper()
	must(a.t, os.WriteFile(a.file(name+".crt"), made.PEM(), 0o600))
	must(a.t, os.WriteFile(a.file(name+".key"), made.KeyPEM(), 0o600))
}
