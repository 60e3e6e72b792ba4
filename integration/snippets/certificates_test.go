package snippets

import (
	"regexp"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// certificate is one for tests, with its key, as PEM.
var certificate = sync.OnceValue(func() string {
	made := certificates.SelfSigned("orders.example.com")
	return string(made.PEM()) + string(made.KeyPEM())
})

var certificateFile = regexp.MustCompile(`(^|[\s])/\S+\.(?:pem|crt|cer|key)\b`)

// withCertificates puts a file with a certificate and its key in place of those that a
// configuration names.
func withCertificates(text, directory string) (string, error) {
	file, err := write(directory, "certificate.pem", certificate())
	return certificateFile.ReplaceAllString(text, "${1}"+file), err
}
