package keys

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// A server's certificate counts as the authorities say that ca names, and no
// others.
func TestCA(t *testing.T) {
	t.Parallel()
	authority, other := newAuthority(t), newAuthority(t)
	for _, host := range []string{"localhost", "127.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			s := startIssuers(t, devsts.DefaultConfig(), "", authority.serve(host))
			must(t, s.SetBaseURL("https://"+host+strings.TrimPrefix(s.address, "127.0.0.1")))
			w := newWorld(t, s)
			jwks := func(host, ca string) string {
				return site(host, "issuer ORDERS "+orders, "jwks {", ca, "persist off", "}")
			}
			w.start(jwks("right", "ca "+authority.file), jwks("both", "ca "+other.file+" "+authority.file),
				jwks("none", ""), jwks("other", "ca "+other.file))
			w.passes("right", s.token(orders))
			w.passes("both", s.token(orders))
			for _, host := range []string{"none", "other"} {
				if d := w.unavailable(host, s.token(orders)); !strings.Contains(d.Hint, "certificate") {
					t.Errorf("%s: hint: %s", host, d.Hint)
				}
			}
		})
	}
}

// A fetch ends when its timeout does. The twin's is long, and it waits until
// the issuer answers.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for _, kind := range []devsts.FaultKind{devsts.FaultHang, devsts.FaultEndless} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, newIssuers(t))
			w.start(site("short", "issuer ORDERS "+orders, "jwks {", "timeout 500ms", "persist off", "}"),
				site("long", "issuer ORDERS "+orders, "jwks {", "timeout 1h", "persist off", "}"))
			w.issuers.fault(orders, kind)
			waits := w.issuers.token(orders)
			done := make(chan answer)
			go func() {
				a, err := ask(t.Context(), w.client, "long", waits)
				if err != nil {
					t.Error(err)
				}
				done <- a
			}()
			eventually(t, "the issuer was asked", func() bool { return w.issuers.fetched(orders).Discovery == 1 })
			w.unavailable("short", w.issuers.token(orders))
			select {
			case a := <-done:
				t.Fatalf("with a timeout of an hour: status %d at once", a.status)
			default:
			}
			must(t, w.issuers.ClearFaults(""))
			// What was endless is cut; what hung is answered.
			if a := <-done; kind == devsts.FaultHang && a.status != http.StatusOK {
				t.Errorf("with a timeout of an hour: status %d", a.status)
			}
		})
	}
}

// An issuer that is not on this machine may not have its keys here, unless that
// is allowed.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	s := startIssuers(t, devsts.DefaultConfig(), "https://issuer.example", nil)
	w := newWorld(t, s)
	path := s.url(orders)[len("https://issuer.example"):] + "/.well-known/jwks.json"
	_, port, _ := strings.Cut(s.address, ":")
	jwks := func(host, at string, lines ...string) string {
		lines = append([]string{"issuer ORDERS " + orders + " {", "jwks_url " + at, "}", "jwks {", "timeout 2s", "persist off"}, lines...)
		return site(host, append(lines, "}")...)
	}
	urls := map[string]string{
		"address": "http://" + s.address + path, "name": "http://localhost:" + port + path,
		"metadata": "https://169.254.169.254/latest", "ten": "https://10.255.255.1/jwks", "six": "https://[::1]:" + port + path,
	}
	var sites []string
	for host, at := range urls {
		sites = append(sites, jwks(host, at))
	}
	// A proxy resolves names itself, but is not asked for an address like that.
	proxy := newForwardProxy(t, nil)
	w.start(append(sites, jwks("proxied", urls["ten"], "proxy http://"+proxy.address), jwks("address-allowed", urls["address"], "allow_private_addresses"),
		jwks("name-allowed", urls["name"], "allow_private_addresses"))...)
	for host := range urls {
		if d := w.unavailable(host, s.token(orders)); !strings.Contains(d.Hint, "refusing to dial") {
			t.Errorf("%s: hint: %s", host, d.Hint)
		}
	}
	if d := w.unavailable("proxied", s.token(orders)); !strings.Contains(d.Hint, "refusing to dial") {
		t.Errorf("behind a proxy: hint: %s", d.Hint)
	}
	proxy.wantRequests(t)
	if n := s.Fetches().Total; n.Keys != 0 {
		t.Errorf("keys were asked for %d times", n.Keys)
	}
	w.passes("address-allowed", s.token(orders))
	w.passes("name-allowed", s.token(orders))
}
