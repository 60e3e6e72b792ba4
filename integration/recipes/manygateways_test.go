package recipes

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	ending  = "ssl crt"       // of the configuration in which HAProxy ends TLS
	passing = "send-proxy-v2" // of the one in which it hands connections on
)

// The client's address is the one that the balancer saw, whatever the client or
// anybody else says. Each request differs from one that passes in one thing.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	for _, configuration := range []string{ending, passing} {
		t.Run(configuration, func(t *testing.T) {
			t.Parallel()
			var pairs []string
			if configuration == passing {
				page := stacktest.ReadPage(t, "docs/recipes/many-gateways.md")
				wrappers := strings.TrimSuffix(strings.TrimPrefix(page.BlockWith("caddyfile", "proxy_protocol"), "{\n"), "}\n")
				_, wrappers, _ = strings.Cut(wrappers, "{\n")
				pairs = []string{"\t\ttrusted_proxies static 10.0.0.10/32\n\t\ttrusted_proxies_strict\n\t}\n", wrappers}
			}
			p := newPair(t, configuration, pairs...)
			token := p.token("orders", team("orders"))
			one := p.gateways[0].address
			for _, tt := range []struct {
				what, source, to string
				forwarded        string
				passes           bool
			}{
				{"a client", from, p.address, "", true},
				{"another client", others, p.address, "", false},
				{"another that says it is the first", others, p.address, from, false},
				{"the first that says it is another", from, p.address, others, true},
				{"past the balancer", from, one, "", true},
				{"another past the balancer", others, one, "", false},
				{"another past the balancer, that says it is the first", others, one, from, false},
			} {
				fields := []string{"X-Aws-Token-Sub", "forged", "x_aws_token_sub", "forged"}
				if tt.forwarded != "" {
					fields = append(fields, "X-Forwarded-For", tt.forwarded, "X-Real-Ip", tt.forwarded, "Forwarded", "for="+tt.forwarded)
				}
				p.client = p.clientFrom(tt.source, tt.to)
				got := p.ask("GET", "/orders", token, "", fields...)
				if (got.status == 200) != tt.passes || (len(got.seen) == 1) != tt.passes {
					t.Errorf("%s: %d, the API saw %d requests", tt.what, got.status, len(got.seen))
				}
				for _, r := range got.seen {
					if sub := identity(r)["x-aws-token-sub"]; len(sub) != 1 || sub[0] != "arn:aws:iam::"+account+":role/orders" {
						t.Errorf("%s: the API saw the caller %q", tt.what, sub)
					}
				}
				if tt.passes && len(got.seen) == 1 && !strings.HasPrefix(got.seen[0].Header.Get("X-Forwarded-For"), from) {
					t.Errorf("%s: the API saw the address %q", tt.what, got.seen[0].Header.Get("X-Forwarded-For"))
				}
			}
			if configuration == passing {
				p.forgedHeader(token)
			}
		})
	}
}

// forgedHeader: who is not the balancer is not believed in the PROXY protocol; the
// balancer's address is.
func (p *pair) forgedHeader(token string) {
	p.t.Helper()
	for _, source := range []string{others, "127.0.0.1"} {
		address := p.gateways[0].address
		client := p.clientFrom(source, address)
		transport := client.Transport.(*http.Transport)
		dial := transport.DialContext
		transport.DialContext = dialWith(dial, fmt.Sprintf("PROXY TCP4 %s 127.0.0.1 4711 8443\r\n", from))
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "https://orders.example.com/orders", http.NoBody)
		must(p.t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(r)
		passed := err == nil && response.StatusCode == http.StatusOK
		if err == nil {
			response.Body.Close()
		}
		if seen := p.upstream.takeSeen(); passed != (source == "127.0.0.1") || (len(seen) == 1) != passed {
			p.t.Errorf("a header of %s: %v, the API saw %d requests", source, err, len(seen))
		}
	}
}

// Both gateways have one storage: they sign with the same key and publish it, and one
// that starts while the issuer is down has the keys that the other fetched. One with
// a storage of its own has neither.
func TestSharedStorage(t *testing.T) {
	t.Parallel()
	p := newPair(t, ending)
	token := p.token("orders", team("orders"))
	key := func(g *instance) (published, signed string) {
		p.client = p.clientFrom(from, g.address)
		got := p.ask("GET", "/orders", token, "")
		if got.status != 200 || len(got.seen) != 1 {
			t.Fatalf("%d, the API saw %d requests", got.status, len(got.seen))
		}
		header, _, _ := strings.Cut(got.seen[0].Header.Get("X-Aws-Token-Assertion"), ".")
		text, err := base64.RawURLEncoding.DecodeString(header)
		must(t, err)
		var kid struct{ Kid string }
		must(t, json.Unmarshal(text, &kid))
		return p.ask("GET", "/.well-known/jwks.json", "", "").body, kid.Kid
	}
	published, signed := key(p.gateways[0])
	if again, other := key(p.gateways[1]); again != published || other != signed || !strings.Contains(published, signed) {
		t.Errorf("the gateways sign with %s and %s and publish %s and %s", signed, other, published, again)
	}

	must(t, p.sts.SetFault(devsts.Fault{Issuer: account, Kind: devsts.FaultError}))
	two := p.gateways[1]
	for _, shares := range []bool{true, false} {
		two.stop()
		if !shares {
			two.own = t.TempDir()
		}
		two.start()
		p.client = p.clientFrom(from, two.address)
		got := p.ask("GET", "/orders", token, "")
		if (got.status == 200) != shares || (len(got.seen) == 1) != shares || !shares && got.status != 503 {
			t.Errorf("shares %v: %d, the API saw %d requests", shares, got.status, len(got.seen))
		}
		if two.isReady() != shares {
			t.Errorf("shares %v: ready is %v", shares, !shares)
		}
	}
	// Who goes by the balancer is served by the one that is ready.
	p.client = p.clientFrom(from, p.address)
	stacktest.Eventually(t, "the balancer sends to the one that is ready", func() bool {
		return strings.Contains(strings.Join(p.balancer.Log(), "\n"), "gateways/two is DOWN")
	})
	for range 4 {
		if got := p.ask("GET", "/orders", token, ""); got.status != 200 {
			t.Errorf("by the balancer: %d", got.status)
		}
	}
}

// A gateway that is killed under load costs no read, and no write but those that it
// had in hand; none reaches the API twice.
func TestKilledGateway(t *testing.T) {
	t.Parallel()
	p := newPair(t, ending)
	l := p.load(reads("orders"), writes)
	two := p.gateways[1]
	for round := range 2 {
		l.awaitMore(100)
		stacktest.Eventually(t, "both serve", func() bool { return p.gateways[0].served() > 5 && two.served() > 5 })
		two.kill()
		l.awaitMore(100)
		two.start()
		if round == 0 {
			stacktest.Eventually(t, "the balancer finds it back", func() bool { return two.served() > 5 })
		}
	}
	l.end()
	for status, n := range l.statuses("orders") {
		if status != 200 {
			t.Errorf("reads were answered %d, %d times", status, n)
		}
	}
	failed := 0
	for status, n := range l.statuses(writes.name) {
		if status != 200 && status != 502 && status != 0 {
			t.Errorf("writes were answered %d, %d times", status, n)
		} else if status != 200 {
			failed += n
		}
	}
	if most := 2 * 2 * loadWorkers; failed > most {
		t.Errorf("%d writes failed, %d at most were in hand", failed, most)
	}
	l.once(t, writes.name)
	t.Logf("%d reads, %d writes, of which %d were in hand of a killed gateway", l.statuses("orders")[200], l.statuses(writes.name)[200], failed)
}

// A gateway that is stopped is not ready first, so that nothing is lost, writes
// included.
func TestDrainedGateway(t *testing.T) {
	t.Parallel()
	p := newPair(t, ending, "shutdown_delay 10s", "shutdown_delay 8s")
	l := p.load(reads("orders"), writes)
	two := p.gateways[1]
	stacktest.Eventually(t, "both serve", func() bool { return p.gateways[0].served() > 5 && two.served() > 5 })
	must(t, two.running.Signal(os.Interrupt))
	stacktest.Eventually(t, "it says that it is not ready", func() bool {
		response, err := http.Get("http://" + two.ready + "/readyz")
		must(t, err) // it goes on listening for a while
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		must(t, err)
		// aws_jwt_ready would say why; it does so once all is over, and not before.
		return response.StatusCode == http.StatusServiceUnavailable && len(text) == 0
	})
	<-two.running.Ended()
	noticed := strings.Contains(strings.Join(p.balancer.Log(), "\n"), "gateways/two is DOWN")
	if !noticed {
		t.Log("HAProxy was too slow to notice within the page's time, so writes are not looked at")
	}
	two.running = nil
	l.awaitMore(50)
	l.end()
	p.gateways[0].kill() // it would take its time, too
	for _, who := range []string{"orders", writes.name} {
		for status, n := range l.statuses(who) {
			if status != 200 && (noticed || who == "orders") {
				t.Errorf("%q: %d, %d times", who, status, n)
			}
		}
	}
	l.once(t, writes.name)
}

// dialWith sends a text first on each connection.
func dialWith(dial dialFunc, text string) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err == nil {
			_, err = io.WriteString(connection, text)
		}
		return connection, err
	}
}
