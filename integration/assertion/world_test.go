package assertion

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// world is a gateway that makes assertions, before an upstream. The gateway can
// be killed, changed and started again, and finds what it has stored.
type world struct {
	t         *testing.T
	directory string
	storage   string // the directory of Caddy's storage
	address   string
	admin     string
	upstream  *stack.Upstream
	gateway   *stack.Gateway
	client    *http.Client // each request comes on a connection of its own
	mark      int          // the first line of the log that counts
}

// newWorld makes a world whose gateway is still to be started.
func newWorld(t *testing.T) *world {
	t.Helper()
	upstream, err := stack.StartUpstream()
	must(t, err)
	t.Cleanup(upstream.Close)
	w := &world{t: t, directory: t.TempDir(), address: freeAddress(t), admin: freeAddress(t), upstream: upstream}
	w.storage = filepath.Join(w.directory, "storage")
	w.client = &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.address)
		},
	}}
	t.Cleanup(w.stop)
	return w
}

// self is the URL of the gateway, and of its issuer unless that has a path.
func (w *world) self() string { return "http://" + w.address }

// caddyfile fills in SELF (the gateway's own URL), PORT, UPSTREAM, ORDERS (the
// issuer of the account) and STORAGE, behind the options that all have.
func (w *world) caddyfile(sites string) string {
	w.t.Helper()
	_, port, err := net.SplitHostPort(w.address)
	must(w.t, err)
	options := "{\n\tadmin " + w.admin + "\n\tdebug\n\tdefault_bind 127.0.0.1\n\tpersist_config off\n\tstorage file_system STORAGE\n}\n"
	return strings.NewReplacer(
		"SELF", w.self(), "PORT", port, "UPSTREAM", w.upstream.Address, "ORDERS", issuerURL(w.t, orders), "STORAGE", w.storage,
	).Replace(options + sites)
}

// start runs the gateway.
func (w *world) start(sites string) *world {
	w.t.Helper()
	var err error
	w.gateway, err = stack.StartGateway(binaries, w.directory, w.address, w.caddyfile(sites))
	must(w.t, err)
	w.mark = 0
	return w
}

// stop ends the gateway, unless it has ended.
func (w *world) stop() {
	w.t.Helper()
	if w.gateway == nil {
		return
	}
	stacktest.StopGateway(w.t, w.gateway)
	w.gateway = nil
}

// kill ends the gateway in the middle of whatever it does.
func (w *world) kill() {
	must(w.t, w.gateway.EndBy(syscall.SIGKILL))
	w.gateway = nil
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to a site of the gateway.
func (w *world) ask(method, host, path, body string, header http.Header) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+host+path, strings.NewReader(body))
	must(w.t, err)
	for name, values := range header {
		request.Header[name] = values
	}
	a, err := answerOf(w.client, request)
	must(w.t, err)
	return a
}

func answerOf(client *http.Client, request *http.Request) (answer, error) {
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// call asks a site with a token.
func (w *world) call(host, token string) answer {
	w.t.Helper()
	return w.ask(http.MethodGet, host, "/orders", "", bearer(token))
}

// asserted is the assertion that the upstream saw of a caller who passes at a site.
func (w *world) asserted(host, token string) string {
	w.t.Helper()
	w.upstream.Seen()
	a := w.call(host, token)
	seen := w.upstream.Seen()
	if a.status != http.StatusOK || len(seen) != 1 {
		w.t.Fatalf("%s: status %d %s, and %d requests reached the upstream", host, a.status, a.body, len(seen))
	}
	values := seen[0].Get("X-Aws-Token-Assertion")
	if len(values) != 1 {
		w.t.Fatalf("%s: the upstream saw the assertions %q", host, values)
	}
	return values[0]
}

// refused asserts that a token does not open a site, and why.
func (w *world) refused(host, token string, status int, reason string) (answer, stack.Decision) {
	w.t.Helper()
	w.upstream.Seen()
	_, w.mark = w.gateway.DecisionsFrom(w.mark)
	a := w.call(host, token)
	d := w.decision()
	if seen := w.upstream.Seen(); a.status != status || d.Reason != reason || len(seen) > 0 {
		w.t.Errorf("%s: status %d, reason %q (%s), %d requests at the upstream; want %d and %q", host, a.status, d.Reason, d.Hint, len(seen), status, reason)
	}
	return a, d
}

// decision waits for the first decision that counts.
func (w *world) decision() (d stack.Decision) {
	w.t.Helper()
	eventually(w.t, "a decision was logged", func() bool {
		decisions, _ := w.gateway.DecisionsFrom(w.mark)
		if len(decisions) > 0 {
			d = decisions[0]
		}
		return len(decisions) > 0
	})
	return d
}

// get fetches a document of an issuer.
func (w *world) get(url string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url, nil)
	must(w.t, err)
	a, err := answerOf(w.client, request)
	must(w.t, err)
	if a.status != http.StatusOK {
		w.t.Fatalf("%s: status %d %s", url, a.status, a.body)
	}
	return a.body
}

// trade asks for a JWT at the token endpoint of an issuer.
func (w *world) trade(issuer, token, target string) (status int, issued string, body string) {
	w.t.Helper()
	u, err := url.Parse(issuer)
	must(w.t, err)
	a := w.ask(http.MethodPost, u.Host, u.Path+"/token", tradeForm(token, target).Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	var said struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(a.body), &said)
	return a.status, said.Token, a.body
}

func tradeForm(token, target string) url.Values {
	return url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {token}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "audience": {target},
	}
}

// load gives the running gateway another configuration, and returns what it says.
func (w *world) load(sites string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.admin+"/load", bytes.NewBufferString(w.caddyfile(sites)))
	must(w.t, err)
	request.Header.Set("Content-Type", "text/caddyfile")
	a, err := answerOf(http.DefaultClient, request)
	must(w.t, err)
	return a
}

// keyFiles are the documents of signing keys that are stored.
func (w *world) keyFiles() []string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.storage, "aws_jwt", "signing", "*.json"))
	must(w.t, err)
	return files
}

// keyFile is the one there is.
func (w *world) keyFile() string {
	w.t.Helper()
	files := w.keyFiles()
	if len(files) != 1 {
		w.t.Fatalf("the documents of signing keys are %q, not one", files)
	}
	return files[0]
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}
