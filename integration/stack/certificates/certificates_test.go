package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
)

// Whoever trusts the authority takes what it signed at its hosts, and nothing else.
func TestSign(t *testing.T) {
	authority, other := Authority("one"), Authority("other")
	server := Sign(For("orders.example.com", "127.0.0.1"), authority)
	for _, tt := range []struct {
		name  string
		made  *Certificate
		roots *x509.CertPool
		host  string
		good  bool
	}{
		{"a name", server, authority.Pool(), "orders.example.com", true},
		{"an address", server, authority.Pool(), "127.0.0.1", true},
		{"another host", server, authority.Pool(), "billing.example.com", false},
		{"another authority", server, other.Pool(), "orders.example.com", false},
		{"its own", SelfSigned("*.example.com"), nil, "orders.example.com", true},
		{"its own, elsewhere", SelfSigned("*.example.com"), nil, "orders.example.org", false},
	} {
		roots := tt.roots
		if roots == nil {
			roots = tt.made.Pool()
		}
		if _, err := tt.made.Verify(x509.VerifyOptions{Roots: roots, DNSName: tt.host}); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// The files are a pair that TLS reads.
func TestFiles(t *testing.T) {
	made := SelfSigned("localhost")
	if _, err := tls.X509KeyPair(made.PEM(), made.KeyPEM()); err != nil {
		t.Error(err)
	}
	if _, err := tls.X509KeyPair(made.PEM(), SelfSigned("localhost").KeyPEM()); err == nil {
		t.Error("a certificate with the key of another one is read")
	}
}
