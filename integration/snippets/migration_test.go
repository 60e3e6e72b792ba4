package snippets

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
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

	// old are the identity headers that the gateway set which was here before.
	old []string
}

// startMoved runs the one Caddyfile of the page that has a text, with the first of
// each pair of edits replaced by the second. What else it replaces are addresses and
// the issuer.
func startMoved(t *testing.T, text string, old []string, edits ...string) moved {
	t.Helper()
	caddyfile := stacktest.ReadPage(t, "docs/migration.md").BlockWith("caddyfile", text)
	return startSite(t, stacktest.Replaced(t, caddyfile, edits...), old)
}

func startSite(t *testing.T, caddyfile string, old []string) moved {
	t.Helper()
	m := moved{t: t, address: stacktest.FreeAddress(t), old: old}
	for _, each := range []**stack.Upstream{&m.upstream, &m.next} {
		upstream, err := stack.StartUpstream()
		stacktest.Must(t, err)
		t.Cleanup(upstream.Close)
		*each = upstream
	}
	issuer, err := stacktest.Issuers().IssuerURL(account)
	stacktest.Must(t, err)
	caddyfile = strings.NewReplacer("https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws", issuer, "123456789012", account,
		"127.0.0.1:9000", m.upstream.Address, "127.0.0.1:4180", m.next.Address, "127.0.0.1:8080", m.next.Address).Replace(caddyfile)
	caddyfile = regexp.MustCompile(`(?m)^orders[a-z-]*\.example\.com `).ReplaceAllString(caddyfile, "http://"+m.address+" ")
	gateway, err := stack.StartGateway(binaries, t.TempDir(), m.address, "{\n\tadmin off\n}\n"+caddyfile)
	stacktest.Must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, gateway) })
	return m
}

// forged is what a client claims to be.
const forged = "arn:aws:iam::111122223333:role/forged"

// spelt is a name in spellings that an upstream by CGI may take for one.
func spelt(name string) (all []string) {
	for _, sign := range []string{"-", "_", ".", "~"} {
		all = append(all, strings.ReplaceAll(name, "-", sign))
	}
	return append(all, strings.Replace(name, "-", "~", 1), strings.Replace(name, "-", "_", 1))
}

// send sends a request with every identity forged, ours and those of before, in every
// spelling, and has what the two upstreams saw.
func (m moved) send(method, path, authorization string) (status int, upstream, next []stack.Arrival) {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), method, "http://"+m.address+path, nil)
	stacktest.Must(m.t, err)
	for _, name := range append([]string{"X-Aws-Token-Sub", "X-Aws-Token-Org-Id"}, m.old...) {
		for _, spelling := range spelt(name) {
			request.Header[spelling] = []string{forged}
		}
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	stacktest.Must(m.t, err)
	stacktest.Must(m.t, response.Body.Close())
	return response.StatusCode, m.upstream.Seen(), m.next.Seen()
}

// ask is send of a GET to /orders, of which nothing that was forged arrives.
func (m moved) ask(authorization string) (status int, upstream, next []stack.Arrival) {
	m.t.Helper()
	status, upstream, next = m.send(http.MethodGet, "/orders", authorization)
	for _, seen := range [][]stack.Arrival{upstream, next} {
		if names := forgeries(seen); len(names) > 0 {
			m.t.Errorf("with %.7q: forged %q arrive", authorization, names)
		}
	}
	return status, upstream, next
}

// forgeries are the names under which something arrived that a client forged.
func forgeries(seen []stack.Arrival) (names []string) {
	for _, arrival := range seen {
		for name, values := range arrival.Header {
			if slices.Contains(values, forged) {
				names = append(names, strings.ToLower(name))
			}
		}
	}
	slices.Sort(names)
	return names
}

func bearer(t *testing.T, audience string) string {
	t.Helper()
	return bearerOfTeam(t, "orders", audience)
}

func bearerOfTeam(t *testing.T, team, audience string) string {
	t.Helper()
	claims, err := stacktest.Issuers().GoodClaims("orders-lambda", audience)
	stacktest.Must(t, err)
	claims["https://sts.amazonaws.com/"].(map[string]any)["principal_tags"] = map[string]any{"team": team}
	token, err := stacktest.Issuers().Mint(account, map[string]any{}, claims)
	stacktest.Must(t, err)
	return "Bearer " + token
}

// bearerOf is the token of an Authorization behind something else.
func bearerOf(authorization, scheme string) string {
	return scheme + strings.TrimPrefix(authorization, "Bearer ")
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

// Of the gateways that the page replaces, these are the headers that they set there.
var (
	caddyJWT    = []string{"X-User"}
	envoy       = []string{"X-User", "X-Jwt-Payload"}
	oauth2Proxy = []string{"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token"}
)

const caddyJWTs = "aws_jwt {\n\t\tissuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012\n\t\taudience https://orders.example.com\n\t\theader X-User"

// Each gateway of the page lets the token pass and sets the header that the upstream
// read before; one for somebody else, or none, is refused.
func TestMigration(t *testing.T) {
	for text, old := range map[string][]string{caddyJWTs: caddyJWT, "@authenticated": envoy} {
		m := startMoved(t, text, old)
		status, seen, _ := m.ask(bearer(t, orders))
		if status != http.StatusOK {
			t.Errorf("a good token: %d", status)
		}
		identity(t, seen, "X-User", ordersR)
		identity(t, seen, "Authorization", "")
		for _, authorization := range []string{"", bearer(t, "https://billing.example.com")} {
			if status, seen, _ := m.ask(authorization); status != http.StatusUnauthorized || len(seen) > 0 {
				t.Errorf("with %.7q: status %d, %d arrived", authorization, status, len(seen))
			}
		}
	}
}

// Beside oauth2-proxy, a verified caller comes to the upstream, in whatever spelling
// of the scheme, and everybody without credentials to oauth2-proxy.
func TestMigrationBesideALogin(t *testing.T) {
	m := startMoved(t, "@programs", oauth2Proxy)
	good := bearer(t, orders)
	for _, authorization := range []string{good, bearerOf(good, "bearer "), bearerOf(good, "BEARER ")} {
		_, upstream, login := m.ask(authorization)
		identity(t, upstream, "X-Forwarded-User", ordersR)
		identity(t, upstream, "Authorization", "")
		if len(login) > 0 {
			t.Errorf("oauth2-proxy saw %.7q, too", authorization)
		}
	}
	_, upstream, login := m.ask("")
	identity(t, login, "X-Forwarded-User", "")
	identity(t, login, "X-Aws-Token-Sub", "")
	if len(upstream) > 0 {
		t.Error("the upstream saw it, too")
	}
	for _, authorization := range []string{
		bearer(t, "https://billing.example.com"), bearerOf(good, "Bearer\t"), bearerOf(good, "Bearer  "), bearerOf(good, ""),
		"Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+bearerOf(good, ""))), "Basic YTpi",
	} {
		if status, upstream, login := m.ask(authorization); status/100 != 4 || len(upstream)+len(login) > 0 {
			t.Errorf("%.8q: status %d, %d and %d arrived", authorization, status, len(upstream), len(login))
		}
	}
}

// The twin: a matcher of one spelling hands the others on, with the token.
func TestMigrationBesideALoginBySpelling(t *testing.T) {
	m := startMoved(t, "@programs", oauth2Proxy, "header Authorization *", `header Authorization "Bearer *"`, "\t\trequest_header -Authorization\n", "")
	authorization := bearerOf(bearer(t, orders), "bearer ")
	_, _, login := m.ask(authorization)
	identity(t, login, "Authorization", authorization)

	m = startMoved(t, "@programs", oauth2Proxy, "header Authorization *", `header Authorization "Bearer *"`)
	_, _, login = m.ask(authorization)
	identity(t, login, "Authorization", "")
}

// Before the old gateway, the token is handed on, and the policy only tells: without
// mode audit it refuses the same caller.
func TestMigrationBeforeTheOldOne(t *testing.T) {
	m := startMoved(t, "forward_token", nil)
	authorization := bearerOfTeam(t, "billing", orders)
	_, _, old := m.ask(authorization)
	identity(t, old, "Authorization", authorization)
	identity(t, old, "X-Aws-Token-Sub", ordersR)
	if status, _, old := m.ask(""); status != http.StatusUnauthorized || len(old) > 0 {
		t.Errorf("without a token: status %d, %d arrived", status, len(old))
	}

	m = startMoved(t, "forward_token", nil, "\t\tmode audit\n", "")
	if status, _, old := m.ask(authorization); status != http.StatusForbidden || len(old) > 0 {
		t.Errorf("without mode audit: status %d, %d arrived", status, len(old))
	}
}

// No block of the page has mode audit in front of the upstream itself, and that with
// it says what it is in front of.
func TestMigrationAuditsBeforeTheOldOne(t *testing.T) {
	page := stacktest.ReadPage(t, "docs/migration.md")
	block := page.BlockWith("caddyfile", "mode audit")
	if strings.Contains(block, "127.0.0.1:9000") || !strings.Contains(block, "reverse_proxy 127.0.0.1:8080 # the old gateway") || !strings.HasPrefix(block, "orders.example.com {") {
		t.Errorf("mode audit is not in front of the old gateway, under its name:\n%s", block)
	}
}
