package keys

import (
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// With a proxy every fetch goes through it, and there is no other way: with the
// proxy down keys cannot be had, although the issuer is up. The twin names no
// proxy.
func TestProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	proxy := newForwardProxy(t, nil)
	jwks := func(host string, lines ...string) string {
		return site(host, append(append([]string{"issuer ORDERS " + orders, "jwks {", "cooldown 1s", "persist off"}, lines...), "}")...)
	}
	w.start(jwks("direct"), jwks("through", "proxy http://"+proxy.address), jwks("dead", "proxy http://"+freeAddress(t)))

	issuer := w.issuers.url(orders)
	w.passes("direct", w.issuers.token(orders))
	proxy.wantRequests(t)
	w.passes("through", w.issuers.token(orders))
	proxy.wantRequests(t, "GET "+issuer+"/.well-known/openid-configuration", "GET "+issuer+"/.well-known/jwks.json")

	before := w.issuers.fetched(orders)
	w.unavailable("dead", w.issuers.token(orders))
	if after := w.issuers.fetched(orders); after != before {
		t.Errorf("with a dead proxy the issuer was asked directly: %+v, %+v before", after, before)
	}

	// The proxy that worked goes down: what it brought serves on, and nothing new
	// comes.
	old := w.issuers.token(orders)
	proxy.down()
	w.issuers.rotate(orders, false)
	w.unavailable("through", w.issuers.token(orders))
	w.passes("through", old)
	if after := w.issuers.fetched(orders); after != before {
		t.Errorf("without the proxy the issuer was asked directly: %+v, %+v before", after, before)
	}
	w.passes("direct", w.issuers.token(orders))
}

// The environment's proxy is honoured, and may be at a private address where
// the issuer may not. Behind it, the issuer's certificate counts. The twin is
// told to reach the issuer without the proxy, where there is none.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t)
	s := startIssuers(t, devsts.DefaultConfig(), "https://issuer.example", authority.serve("issuer.example"))
	proxy := newForwardProxy(t, map[string]string{"issuer.example:443": s.address})
	w := newWorld(t, s)
	trusting := site("a", "issuer ORDERS "+orders, "jwks {", "ca "+authority.file, "persist off", "}")
	doubting := site("b", "issuer ORDERS "+orders, "jwks {", "ca "+newAuthority(t).file, "persist off", "}")

	w.startIn([]string{"HTTPS_PROXY=http://" + proxy.address}, trusting, doubting)
	w.passes("a", s.token(orders))
	connects := proxy.requests()
	if len(connects) == 0 {
		t.Error("the proxy was not asked")
	}
	for _, each := range connects {
		if each != "CONNECT issuer.example:443" {
			t.Errorf("the proxy was asked for %q", each)
		}
	}
	w.unavailable("b", s.token(orders))
	w.stop()

	proxy.requests()
	w.startIn([]string{"HTTPS_PROXY=http://" + proxy.address, "NO_PROXY=issuer.example"}, trusting)
	w.unavailable("a", s.token(orders))
	proxy.wantRequests(t)
}

// What jwks names goes before the environment's.
func TestProxyBeforeThatOfTheEnvironment(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t)
	s := startIssuers(t, devsts.DefaultConfig(), "https://issuer.example", authority.serve("issuer.example"))
	hosts := map[string]string{"issuer.example:443": s.address}
	named, other := newForwardProxy(t, hosts), newForwardProxy(t, hosts)
	w := newWorld(t, s)
	w.startIn([]string{"HTTPS_PROXY=http://" + other.address, "NO_PROXY=issuer.example"},
		site("a", "issuer ORDERS "+orders, "jwks {", "ca "+authority.file, "proxy http://"+named.address, "persist off", "}"))
	w.passes("a", s.token(orders))
	if len(named.requests()) == 0 {
		t.Error("the proxy that jwks names was not asked")
	}
	other.wantRequests(t)
}
