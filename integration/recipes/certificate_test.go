package recipes

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// testCertificate is one for all hosts of the pages, which is its own authority.
var testCertificate = sync.OnceValue(func() *certificates.Certificate { return certificates.SelfSigned("*.example.com") })

// certificateOf has its files.
func certificateOf(t *testing.T) (certificate, key string) {
	t.Helper()
	directory := t.TempDir()
	certificate, key = filepath.Join(directory, "site.pem"), filepath.Join(directory, "site-key.pem")
	must(t, os.WriteFile(certificate, testCertificate().PEM(), 0o600))
	must(t, os.WriteFile(key, testCertificate().KeyPEM(), 0o600))
	return certificate, key
}
