package caddymodule

import (
	"reflect"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// believesClients reports whether a server takes for a client's address what the
// client may have written: it has trusted_proxies, or trusted_proxies_unix, without
// trusted_proxies_strict. Which proxies are trusted, Caddy tells nobody once it has
// read it, so that whether there are any is looked for where it keeps them.
func believesClients(server *caddyhttp.Server) bool {
	if server == nil || server.TrustedProxiesStrict > 0 {
		return false
	}
	proxies := reflect.ValueOf(server).Elem().FieldByName("trustedProxies")
	return server.TrustedProxiesUnix || proxies.IsValid() && !proxies.IsZero()
}

// mayBeWritten is why an address is not to be relied upon then.
const mayBeWritten = "the server has trusted_proxies without trusted_proxies_strict, so that Caddy takes the leftmost address of X-Forwarded-For, which a client may write where proxies append"
