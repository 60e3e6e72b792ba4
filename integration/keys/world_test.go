package keys

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// world is a gateway before an upstream. The gateway can be stopped, changed
// and started again, and finds what it has stored.
type world struct {
	t         *testing.T
	issuers   *issuers
	upstream  *stack.Upstream
	directory string
	address   string // of all its sites, which differ by their hosts
	admin     string
	client    *http.Client
	gateway   *stack.Gateway // nil while it is stopped
	mark      int            // the first line of the log that counts
}

// newWorld makes a world whose gateway is still to be started.
func newWorld(t *testing.T, s *issuers) *world {
	t.Helper()
	upstream, err := stack.StartUpstream()
	must(t, err)
	t.Cleanup(upstream.Close)
	w := &world{t: t, issuers: s, upstream: upstream, directory: t.TempDir(), address: freeAddress(t), admin: freeAddress(t)}
	w.client = &http.Client{
		// Each request comes on a connection of its own.
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: w.dial},
		Timeout:   patience,
	}
	t.Cleanup(w.stop)
	return w
}

// dial reaches the gateway, whatever the host.
func (w *world) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, w.address)
}

// site is a block of a Caddyfile: a host that lets those pass whom the lines
// of its aws_jwt trust.
func site(host string, lines ...string) string {
	return "http://" + host + ":PORT {\n\taws_jwt {\n\t\taudience " + audience + "\n\t\t" +
		strings.Join(lines, "\n\t\t") + "\n\t}\n\treverse_proxy UPSTREAM\n}\n"
}

// caddyfile joins sites. They may hold PORT (the gateway's), UPSTREAM, DIR (the
// world's), and ORDERS, BILLING and STRANGER (the issuers of these accounts).
func (w *world) caddyfile(sites ...string) string {
	w.t.Helper()
	_, port, err := net.SplitHostPort(w.address)
	must(w.t, err)
	text := "{\n\tadmin " + w.admin + "\n\tdebug\n\tdefault_bind 127.0.0.1\n\tpersist_config off\n" +
		"\tservers {\n\t\tprotocols h1 h2c\n\t}\n}\n" + strings.Join(sites, "")
	replace := []string{"PORT", port, "UPSTREAM", w.upstream.Address, "DIR", w.directory}
	if strings.Contains(text, "ORDERS") || strings.Contains(text, "BILLING") || strings.Contains(text, "STRANGER") {
		replace = append(replace, "ORDERS", w.issuers.url(orders), "BILLING", w.issuers.url(billing), "STRANGER", w.issuers.url(stranger))
	}
	return strings.NewReplacer(replace...).Replace(text)
}

// start runs the gateway.
func (w *world) start(sites ...string) {
	w.t.Helper()
	w.startIn(nil, sites...)
}

// startIn adds to the gateway's environment.
func (w *world) startIn(environment []string, sites ...string) {
	w.t.Helper()
	var err error
	w.gateway, err = stack.StartGateway(binaries, w.directory, w.address, w.caddyfile(sites...), environment...)
	must(w.t, err)
	w.mark = 0
}

// stop ends the gateway, unless it is stopped.
func (w *world) stop() {
	w.t.Helper()
	if w.gateway == nil {
		return
	}
	stacktest.StopGateway(w.t, w.gateway)
	w.gateway = nil
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
}

// send asks a site for something, with a token or without.
func (w *world) send(host string, with token) answer {
	w.t.Helper()
	a, err := askAnew(w.t.Context(), w.client, host, with)
	must(w.t, err)
	return a
}

// askAnew asks again when a new connection is closed without an answer. For a
// moment after a reload the server that ends still accepts connections, and
// closes them as they are. A connection that has served before is no such: if
// it is closed between two requests, the client itself takes another.
func askAnew(ctx context.Context, client *http.Client, host string, with token) (a answer, err error) {
	for range 20 {
		var reused bool
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
		a, err = ask(httptrace.WithClientTrace(ctx, trace), client, host, with)
		if !wasClosed(err) || reused {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return a, err
}

// wasClosed reports whether a connection was closed without an answer, or was
// not accepted.
func wasClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED)
}

// ask sends one request for a site.
func ask(ctx context.Context, client *http.Client, host string, with token) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/orders", nil)
	if err != nil {
		return answer{}, err
	}
	if with.text != "" {
		request.Header.Set("Authorization", "Bearer "+with.text)
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return answer{response.StatusCode, response.Header}, err
}

// passes asserts that a token opens a site, and that the upstream saw its bearer
// and nothing else since it was last looked at.
func (w *world) passes(host string, with token) {
	w.t.Helper()
	if a := w.send(host, with); a.status != http.StatusOK {
		w.t.Fatalf("%s: status %d, want 200", host, a.status)
	}
	if seen := w.seen(); !slices.Equal(seen, []string{with.id}) {
		w.t.Fatalf("%s: the upstream saw the tokens %q, want %q", host, seen, with.id)
	}
}

// seen returns the IDs of the tokens whose bearers reached the upstream since
// the last call.
func (w *world) seen() (ids []string) {
	for _, arrival := range w.upstream.Seen() {
		ids = append(ids, strings.Join(arrival.Get("X-Aws-Token-Jti"), "+"))
	}
	return ids
}

// refuses asserts that a token does not open a site, and why, and that the
// upstream sees nothing. It returns the decision that was logged.
func (w *world) refuses(host string, with token, status int, reason string) stack.Decision {
	w.t.Helper()
	w.skipLog()
	a := w.send(host, with)
	decision := w.decision()
	if a.status != status || decision.Reason != reason || decision.Status != status {
		w.t.Errorf("%s: status %d, logged %d and reason %q; want %d and %q; hint: %s",
			host, a.status, decision.Status, decision.Reason, status, reason, decision.Hint)
	}
	if seen := w.seen(); len(seen) > 0 {
		w.t.Errorf("%s: the upstream saw the tokens %q", host, seen)
	}
	w.wantRetryAfter(a)
	return decision
}

// unavailable asserts that a site says for a token that keys cannot be had.
func (w *world) unavailable(host string, with token) stack.Decision {
	w.t.Helper()
	return w.refuses(host, with, http.StatusServiceUnavailable, "keys_unavailable")
}

// wantRetryAfter asserts that an answer of 503 says when to come back, and that
// others do not.
func (w *world) wantRetryAfter(a answer) {
	w.t.Helper()
	text := a.header.Get("Retry-After")
	seconds, err := strconv.Atoi(text)
	if (a.status == http.StatusServiceUnavailable) != (err == nil && seconds >= 1) {
		w.t.Errorf("status %d with Retry-After %q", a.status, text)
	}
}

// skipLog makes that what was logged up to now does not count.
func (w *world) skipLog() { _, w.mark = w.gateway.DecisionsFrom(w.mark) }

// decision waits for the first refusal or pass that counts.
func (w *world) decision() stack.Decision {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if decisions, _ := w.gateway.DecisionsFrom(w.mark); len(decisions) > 0 {
			return decisions[0]
		}
	}
	w.t.Fatal("no decision was logged")
	return stack.Decision{}
}

// logged reports whether a line that counts has all the parts.
func (w *world) logged(parts ...string) bool {
	lines := w.gateway.Log()
	return slices.ContainsFunc(lines[min(w.mark, len(lines)):], func(line string) bool { return containsAll(line, parts...) })
}
