package verifier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"
)

// newClient makes a client that keys are fetched with. It follows no redirect,
// and looks at each address when it is dialled, so that a name that resolves to
// an inner address (DNS rebinding) reaches nothing.
func newClient(c RemoteConfig, allowLoopback bool) *http.Client {
	guard := &dialGuard{
		choose: http.ProxyFromEnvironment, timeout: c.Timeout,
		allowPrivate: c.AllowPrivateAddresses, allowLoopback: allowLoopback,
	}
	if c.Proxy != nil {
		guard.choose = http.ProxyURL(c.Proxy)
	}
	transport := &http.Transport{
		Proxy:                  guard.proxy,
		DialContext:            guard.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    c.Timeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if c.RootCAs != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     transport,
	}
}

// proxyPorts are the schemes of proxies, with the ports that they stand for.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// dialGuard refuses addresses that an issuer has no business at.
type dialGuard struct {
	choose        func(*http.Request) (*url.URL, error) // the proxy, or none
	timeout       time.Duration                         // of dialling, which net/http goes on with after its request
	allowPrivate  bool
	allowLoopback bool
	proxies       sync.Map // their host:port
}

// proxy remembers the proxies that it names, since they may well stand at
// private addresses.
func (g *dialGuard) proxy(request *http.Request) (*url.URL, error) {
	proxy, err := g.choose(request)
	if err != nil || proxy == nil {
		return proxy, err
	}
	port := proxy.Port()
	if port == "" {
		port = proxyPorts[proxy.Scheme]
	}
	g.proxies.Store(net.JoinHostPort(proxy.Hostname(), port), true)
	// Behind a proxy the address is the proxy's affair, unless it is written out.
	if ip, err := netip.ParseAddr(request.URL.Hostname()); err == nil {
		return proxy, g.check(ip)
	}
	return proxy, nil
}

func (g *dialGuard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Control: g.control, Timeout: g.timeout}
	if _, isProxy := g.proxies.Load(address); isProxy {
		dialer.Control = nil
	}
	return dialer.DialContext(ctx, network, address)
}

// control runs for each address that a name resolved to, before it is dialled.
func (g *dialGuard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dialling %s: %w", address, err)
	}
	return g.check(ap.Addr())
}

// nat64 carries an IPv4 address in its last 32 bits (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// special are the prefixes that net/netip takes for public and that are not
// (the IANA registries of special-purpose addresses), or that carry an IPv4
// address for somebody else to send on to.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by carriers (RFC 6598)
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b:1::/48"), // local NAT64 (RFC 8215)
	netip.MustParsePrefix("2001::/32"),      // Teredo
	netip.MustParsePrefix("2002::/16"),      // 6to4
	netip.MustParsePrefix("fec0::/10"),      // site-local, of old
}

func (g *dialGuard) check(ip netip.Addr) error {
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		bytes := ip.As16()
		ip = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	public := ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
	if public || g.allowPrivate || g.allowLoopback && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("refusing to dial %s: %w", ip, errNotPublic)
}

var errNotPublic = errors.New("it is not a public address; allow_private_addresses permits it")
