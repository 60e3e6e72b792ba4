package snippets

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"time"
)

// certificate is one for tests, with its key, as PEM.
var certificate = sync.OnceValues(func() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"orders.example.com"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: private}} {
		if err := pem.Encode(&text, block); err != nil {
			return "", err
		}
	}
	return text.String(), nil
})

var certificateFile = regexp.MustCompile(`(^|[\s])/\S+\.(?:pem|crt|cer|key)\b`)

// withCertificates puts a file with a certificate and its key in place of those that a
// configuration names.
func withCertificates(text, directory string) (string, error) {
	content, err := certificate()
	if err != nil {
		return "", err
	}
	file, err := write(directory, "certificate.pem", content)
	return certificateFile.ReplaceAllString(text, "${1}"+file), err
}
