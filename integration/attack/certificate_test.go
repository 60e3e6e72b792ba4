package attack

import (
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

// certificate is that of the listeners with TLS.
var certificate = sync.OnceValue(func() *certificates.Certificate { return certificates.SelfSigned("127.0.0.1", "localhost") })
