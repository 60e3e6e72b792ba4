package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
)

// identityOfGate is the certificate of the listeners with TLS.
type identityOfGate struct {
	pem, key []byte
	roots    *x509.CertPool
}

var certificate = sync.OnceValue(func() identityOfGate { return newIdentity("127.0.0.1", "localhost") })

// newIdentity is a certificate for hosts, by which it is an authority for them.
func newIdentity(hosts ...string) identityOfGate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	made := identityOfGate{
		pem:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		roots: x509.NewCertPool(),
	}
	made.roots.AppendCertsFromPEM(made.pem)
	return made
}
