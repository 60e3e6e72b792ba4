package snippets

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const account = "111122223333"

// moved is a gateway by a Caddyfile of docs/migration.md, before its upstreams.
type moved struct {
	t              *testing.T
	address        string
	upstream, next *stack.Upstream // what listens on 9000 and what on 4180 or 8080
}

// startMoved runs the one Caddyfile of the page that has a text; what it replaces
// are addresses and the issuer.
func startMoved(t *testing.T, text string) moved {
	t.Helper()
	m := moved{t: t, address: stacktest.FreeAddress(t)}
	for _, each := range []**stack.Upstream{&m.upstream, &m.next} {
		upstream, err := stack.StartUpstream()
		stacktest.Must(t, err)
		t.Cleanup(upstream.Close)
		*each = upstream
	}
	issuer, err := stacktest.Issuers().IssuerURL(account)
	stacktest.Must(t, err)
	caddyfile := stacktest.ReadPage(t, "docs/migration.md").BlockWith("caddyfile", text)
	caddyfile = stacktest.Replaced(t, caddyfile, "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws", issuer, "123456789012", account)
	caddyfile = strings.NewReplacer("127.0.0.1:9000", m.upstream.Address, "127.0.0.1:4180", m.next.Address, "127.0.0.1:8080", m.next.Address).Replace(caddyfile)
	caddyfile = regexp.MustCompile(`(?m)^orders[a-z-]*\.example\.com `).ReplaceAllString(caddyfile, "http://"+m.address+" ")
	gateway, err := stack.StartGateway(binaries, t.TempDir(), m.address, "{\n\tadmin off\n}\n"+caddyfile)
	stacktest.Must(t, err)
	t.Cleanup(func() { stacktest.Must(t, gateway.Stop()) })
	return m
}

// ask sends a request with a forged identity and has what the two upstreams saw.
func (m moved) ask(path, authorization string) (status int, upstream, next []stack.Arrival) {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, "http://"+m.address+path, nil)
	stacktest.Must(m.t, err)
	for _, field := range []string{"X-User", "X-Forwarded-User", "X-Aws-Token-Sub"} {
		request.Header.Set(field, "arn:aws:iam::111122223333:role/forged")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	stacktest.Must(m.t, err)
	stacktest.Must(m.t, response.Body.Close())
	return response.StatusCode, m.upstream.Seen(), m.next.Seen()
}

func bearer(t *testing.T, audience string) string {
	t.Helper()
	claims, err := stacktest.Issuers().GoodClaims("orders-lambda", audience)
	stacktest.Must(t, err)
	token, err := stacktest.Issuers().Mint(account, map[string]any{}, claims)
	stacktest.Must(t, err)
	return "Bearer " + token
}

// identity asserts what the only one of the arrivals has in a header; "" is none.
func identity(t *testing.T, seen []stack.Arrival, field, want string) {
	t.Helper()
	if len(seen) != 1 {
		t.Fatalf("%d requests arrived", len(seen))
	}
	if got := strings.Join(seen[0].Get(field), ", "); got != want {
		t.Errorf("%s is %q, want %q", field, got, want)
	}
}

const (
	orders  = "https://orders.example.com"
	ordersR = "arn:aws:iam::111122223333:role/orders-lambda"
)

// Each gateway of the page lets the token pass and sets the header that the upstream
// read before; one for somebody else, or none, is refused, and a forged header is gone.
func TestMigration(t *testing.T) {
	for text, field := range map[string]string{
		"aws_jwt {\n\t\tissuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012\n\t\taudience https://orders.example.com\n\t\theader X-User": "X-User",
		"@authenticated not path /healthz": "X-User",
	} {
		m := startMoved(t, text)
		status, seen, _ := m.ask("/orders", bearer(t, orders))
		if status != http.StatusOK {
			t.Errorf("a good token: %d", status)
		}
		identity(t, seen, field, ordersR)
		identity(t, seen, "Authorization", "")
		for _, authorization := range []string{"", bearer(t, "https://billing.example.com")} {
			if status, seen, _ := m.ask("/orders", authorization); status != http.StatusUnauthorized || len(seen) > 0 {
				t.Errorf("with %.7q: status %d, %d arrived", authorization, status, len(seen))
			}
		}
		if field == "X-User" && strings.HasPrefix(text, "@") {
			_, seen, _ := m.ask("/healthz", "")
			identity(t, seen, "X-User", "")
			identity(t, seen, "X-Aws-Token-Sub", "")
		}
	}
}

// Beside oauth2-proxy, a verified caller comes to the upstream and everybody without a
// token to oauth2-proxy, with no identity that they made up.
func TestMigrationBesideALogin(t *testing.T) {
	m := startMoved(t, "@programs")
	_, upstream, login := m.ask("/orders", bearer(t, orders))
	identity(t, upstream, "X-Forwarded-User", ordersR)
	if len(login) > 0 {
		t.Error("oauth2-proxy saw it, too")
	}
	for _, authorization := range []string{"", "Basic YTpi"} {
		_, upstream, login = m.ask("/orders", authorization)
		identity(t, login, "X-Forwarded-User", "")
		identity(t, login, "X-Aws-Token-Sub", "")
		if len(upstream) > 0 {
			t.Error("the upstream saw it, too")
		}
	}
	if status, upstream, login := m.ask("/orders", bearer(t, "https://billing.example.com")); status != http.StatusUnauthorized || len(upstream)+len(login) > 0 {
		t.Errorf("a token for somebody else: status %d, %d and %d arrived", status, len(upstream), len(login))
	}
}

// Before the old gateway, the token is handed on, and the policy only tells.
func TestMigrationBeforeTheOldOne(t *testing.T) {
	m := startMoved(t, "forward_token")
	authorization := bearer(t, orders)
	_, _, old := m.ask("/orders", authorization)
	identity(t, old, "Authorization", authorization)
	identity(t, old, "X-Aws-Token-Sub", ordersR)
	if status, _, old := m.ask("/orders", ""); status != http.StatusUnauthorized || len(old) > 0 {
		t.Errorf("without a token: status %d, %d arrived", status, len(old))
	}
}
