package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}))
}

const (
	accountID = "111122223333"
	roleARN   = "arn:aws:iam::111122223333:role/orders-lambda"
	audience  = "orders.internal"
)

var issuers = stacktest.Issuers

func issuerURL(t *testing.T, account string) string {
	t.Helper()
	url, err := issuers().IssuerURL(account)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// world is a gateway before an upstream.
type world struct {
	t        *testing.T
	upstream *stack.Upstream
	gateway  *stack.Gateway
}

// newWorld starts a gateway whose Caddyfile may hold ADDRESS (its own),
// UPSTREAM, ISSUER (of the account) and STRANGER (the issuer of another).
func newWorld(t *testing.T, caddyfile string) *world {
	t.Helper()
	return newWorldWith(t, "", caddyfile)
}

// newWorldWith adds global options.
func newWorldWith(t *testing.T, options, caddyfile string) *world {
	t.Helper()
	upstream, err := stack.StartUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(upstream.Close)
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	caddyfile = "{\n\tadmin off\n\tdebug\n" + options + "}\n" + strings.NewReplacer(
		"ADDRESS", "http://"+address, "PORT", port, "UPSTREAM", upstream.Address,
		"ISSUER", issuerURL(t, accountID), "STRANGER", issuerURL(t, "999988887777"),
	).Replace(caddyfile)
	gateway, err := stack.StartGateway(binaries, t.TempDir(), address, caddyfile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stacktest.StopGateway(t, gateway) })
	return &world{t, upstream, gateway}
}

// plain is one site that authenticates all, and hands a tag on.
const plain = `
ADDRESS {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	reverse_proxy UPSTREAM
}`

// mint signs the good claims after a change.
func mint(t *testing.T, change func(header, claims, aws map[string]any)) string {
	t.Helper()
	claims, err := issuers().GoodClaims("orders-lambda", audience)
	if err != nil {
		t.Fatal(err)
	}
	aws, ok := claims["https://sts.amazonaws.com/"].(map[string]any)
	if !ok {
		t.Fatal("the good claims lack AWS's object")
	}
	header := map[string]any{}
	if change != nil {
		change(header, claims, aws)
	}
	token, err := issuers().Mint(accountID, header, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// send writes one request, whose lines are given without their ends and whose
// body follows, and reads the answer.
func (w *world) send(body string, lines ...string) (*http.Response, string) {
	w.t.Helper()
	connection := w.dial()
	defer connection.Close()
	if len(lines) == 0 || !strings.Contains(lines[0], " HTTP/1.") {
		lines = append([]string{"GET /orders HTTP/1.1"}, lines...)
	}
	lines = append(lines, "Host: "+w.gateway.Address, "", body)
	if _, err := io.WriteString(connection, strings.Join(lines, "\r\n")); err != nil {
		w.t.Fatal(err)
	}
	return w.read(bufio.NewReader(connection))
}

func (w *world) dial() net.Conn {
	w.t.Helper()
	connection, err := net.Dial("tcp", w.gateway.Address)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	return connection
}

func (w *world) read(from *bufio.Reader) (*http.Response, string) {
	w.t.Helper()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(body)
}

// passes asserts that the request reaches the upstream once, and returns what
// the upstream saw.
func (w *world) passes(body string, lines ...string) stack.Arrival {
	w.t.Helper()
	w.upstream.Seen()
	response, text := w.send(body, lines...)
	seen := w.upstream.Seen()
	if response.StatusCode != http.StatusOK || len(seen) != 1 {
		w.t.Fatalf("status %d %q, %d requests reached the upstream; want 200 and one", response.StatusCode, text, len(seen))
	}
	return seen[0]
}

// refuses asserts that the upstream sees nothing, and returns the answer with
// the decision that was logged.
func (w *world) refuses(status int, reason string, lines ...string) (*http.Response, string, stack.Decision) {
	w.t.Helper()
	w.upstream.Seen()
	before := len(w.gateway.Decisions())
	response, text := w.send("", lines...)
	if seen := w.upstream.Seen(); len(seen) != 0 {
		w.t.Errorf("the upstream saw %+v", seen)
	}
	decision := w.decision(before)
	if response.StatusCode != status || decision.Reason != reason || decision.Status != status {
		w.t.Errorf("status %d, logged %d and reason %q; want %d and %q; hint: %s",
			response.StatusCode, decision.Status, decision.Reason, status, reason, decision.Hint)
	}
	return response, text, decision
}

// decision waits for the line that is logged after the first n.
func (w *world) decision(n int) stack.Decision {
	w.t.Helper()
	decision, err := w.gateway.Decision(n)
	if err != nil {
		w.t.Fatal(err)
	}
	return decision
}

// want asserts the one value of a field that the upstream saw; "" is none.
func want(t *testing.T, a stack.Arrival, field, value string) {
	t.Helper()
	values := a.Get(field)
	if value == "" && len(values) == 0 || len(values) == 1 && values[0] == value {
		return
	}
	t.Errorf("the upstream saw %s %q, want %q", field, values, value)
}
