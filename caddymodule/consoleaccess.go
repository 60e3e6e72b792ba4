package caddymodule

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"golang.org/x/net/http/httpguts"
)

// readRanges reads the addresses that may see the page.
func (c *Console) readRanges(found *faults) {
	for i, text := range c.RemoteIP {
		prefix, err := parseRange(text)
		if err != nil {
			found.add(fmt.Errorf("remote_ip[%d]: %q is no IP address and no CIDR range", i, text))
			continue
		}
		c.ranges = append(c.ranges, prefix)
	}
}

// parseRange reads a range, or an address, which is a range of one. Both are of
// the kind that client IPs are compared as: IPv4 in IPv6 is IPv4.
func parseRange(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("parsing address: %w", err)
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("parsing range: %w", err)
	}
	if address := prefix.Addr(); address.Is4In6() {
		if prefix.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("parsing range: %s is wider than IPv4", text)
		}
		prefix = netip.PrefixFrom(address.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}

func (c *Console) readHosts(found *faults) {
	for i, host := range c.Hosts {
		if host == "" || strings.ContainsAny(host, "*:/") || !httpguts.ValidHostHeader(host) {
			found.add(fmt.Errorf("hosts[%d]: %q is no host name; it is written without port, and in full", i, host))
		}
	}
}

// refuses says for the log why a request may not see the page; "" is that it may.
func (c *Console) refuses(r *http.Request) string {
	switch {
	case len(c.ranges) == 0 && !c.Authenticated:
		return "nobody may see the page" // it was not provisioned
	case len(c.ranges) > 0 && !c.near(r):
		return "the client's address is none of remote_ip"
	case len(c.ranges) > 0 && !c.Authenticated && hearsay(r):
		return "a trusted proxy hands the client's address on, and the client may have written it: set trusted_proxies_strict, or use authenticated"
	case c.Authenticated && !authenticated(r):
		return "no handler before it has let the caller in by who they are (authenticated)"
	case !c.Authenticated && r.TLS == nil && !c.named(r.Host):
		return "the host is no IP address, and not localhost: name it with host, so that no page elsewhere can have its own name lead here; or use TLS"
	}
	return ""
}

// near reports whether the client's address is one that may see the page.
func (c *Console) near(r *http.Request) bool {
	text, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	address, err := plainAddress(text)
	return err == nil && slices.ContainsFunc(c.ranges, func(p netip.Prefix) bool { return p.Contains(address) })
}

// hearsay reports whether the client's address may come from a header of which a
// trusted proxy need not have written the part that was taken: without
// trusted_proxies_strict Caddy takes the leftmost, which is the client's own where
// proxies append. The address itself says nothing: it may be the proxy's own.
func hearsay(r *http.Request) bool {
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return trusted && (server == nil || server.TrustedProxiesStrict == 0)
}

// plainAddress is an address as it is compared: IPv4 in IPv6 is IPv4, and a zone
// does not count.
func plainAddress(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err
}

// named reports whether a host is one that no page elsewhere can have: browsers
// send the name that they were given.
func (c *Console) named(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(c.Hosts, func(each string) bool { return strings.EqualFold(strings.TrimSuffix(each, "."), host) })
}

// authenticated reports whether a handler before this one has let the caller in by
// who they are. For an aws_jwt it is not enough that there is a verified token:
// its policy has let it pass, and not only mode audit.
func authenticated(r *http.Request) bool {
	repl := replacerOf(r)
	if repl == nil {
		return false
	}
	// In an error route the context is not ours any more, but the placeholders are.
	if found, ok := repl.Get(visitPlaceholder); ok {
		if v, ok := found.(*visit); !ok || v.result != nil {
			return ok && v.passed == allowed
		}
	}
	user, _ := repl.GetString("http.auth.user.id")
	return user != ""
}
