// Package certificates makes certificates for tests, good from an hour ago for two
// hours. It is for tests alone.
package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// Certificate is a certificate with its key, of P-256.
type Certificate struct {
	*x509.Certificate
	Key *ecdsa.PrivateKey
}

// Sign makes a key, and a certificate of a template for it. Its serial number is
// random. Without an authority it signs itself. A template that cannot be signed
// panics.
func Sign(template x509.Certificate, by *Certificate) *Certificate {
	made := &Certificate{Key: needed(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	template.SerialNumber = needed(rand.Int(rand.Reader, big.NewInt(1<<62)))
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if by == nil {
		by = &Certificate{Certificate: &template, Key: made.Key}
	}
	der := needed(x509.CreateCertificate(rand.Reader, &template, by.Certificate, made.Key.Public(), by.Key))
	made.Certificate = needed(x509.ParseCertificate(der))
	return made
}

// Authority makes one that signs others.
func Authority(name string) *Certificate {
	return Sign(x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, nil)
}

// For is the template of a server at hosts, each a name or an IP address.
func For(hosts ...string) x509.Certificate {
	template := x509.Certificate{Subject: pkix.Name{CommonName: hosts[0]}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}

// SelfSigned makes one of a server at hosts, which whoever trusts it needs no other
// for.
func SelfSigned(hosts ...string) *Certificate {
	template := For(hosts...)
	template.IsCA, template.BasicConstraintsValid = true, true
	return Sign(template, nil)
}

// PEM is the certificate as files have it.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// KeyPEM is its key as files have it, by PKCS #8.
func (c *Certificate) KeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: needed(x509.MarshalPKCS8PrivateKey(c.Key))})
}

// TLS is what a server or a client shows.
func (c *Certificate) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: c.Key, Leaf: c.Certificate}
}

// Pool trusts it, and no other.
func (c *Certificate) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.Certificate)
	return pool
}

// needed is a value whose making does not fail.
func needed[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
