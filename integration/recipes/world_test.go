package recipes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	account = "111122223333" // in place of the pages' 123456789012
	other   = "444455556666" // in place of 210987654321, where a page has a second one

	pageIssuer  = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012"
	otherIssuer = "https://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0.tokens.sts.global.api.aws 210987654321"
)

// world is the gateway of a page before an upstream, reached by https under the
// name of the page's site.
type world struct {
	t         *testing.T
	host      string
	address   string // that the gateway listens on
	directory string // of Caddy's storage
	sts       *stacktest.STS
	gateway   *stack.Gateway
	upstream  *upstream
	client    *http.Client
}

// start runs the page's Caddyfile of a host. Pairs are replaced in it; where they
// have no port of the upstream, nothing is behind it.
func start(t *testing.T, page stacktest.Page, host string, pairs ...string) *world {
	t.Helper()
	w := &world{t: t, host: host, address: stacktest.FreeAddress(t), directory: t.TempDir(), sts: stacktest.NewSTS(t), upstream: newUpstream(t)}
	text := w.caddyfile(page.BlockWith("caddyfile", host+" {"), pairs...)
	var err error
	w.gateway, err = stack.StartGateway(binaries, w.directory, w.address, text)
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	w.client = clientOf(t, w.address)
	return w
}

// caddyfile is the page's with the addresses, the issuers and the certificate of
// the test.
func (w *world) caddyfile(text string, pairs ...string) string {
	w.t.Helper()
	certificate, key := certificateOf(w.t)
	port := w.address[strings.LastIndexByte(w.address, ':'):]
	text = stacktest.Replaced(w.t, text, append(pairs, pageIssuer, w.sts.Issuer(account)+" "+account)...)
	text = strings.NewReplacer(otherIssuer, w.sts.Issuer(other)+" "+other, "123456789012", account, "210987654321", other, "127.0.0.1:9000", w.upstream.address).Replace(text)
	if !strings.Contains(text, "\ttls ") {
		text = stacktest.Replaced(w.t, text, w.host+" {\n", w.host+" {\n\ttls a b\n")
	}
	before, after, _ := strings.Cut(text, "\ttls ")
	_, after, _ = strings.Cut(after, "\n")
	text = before + "\ttls " + certificate + " " + key + "\n" + after
	text = stacktest.Replaced(w.t, text, "\n"+w.host+" {", "\n"+w.host+port+" {\n\tbind 127.0.0.1")
	return stacktest.Replaced(w.t, "\n"+text, "\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n")
}

// clientOf goes to an address whatever the name, and follows no redirect.
func clientOf(t *testing.T, address string) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	certificate, _ := certificateOf(t)
	pem, err := os.ReadFile(certificate)
	must(t, err)
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: roots},
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// token is one of a role of the account with some tags and some claims of AWS.
func (w *world) token(role string, tags map[string]any, aws ...string) string {
	w.t.Helper()
	return w.tokenOf(account, role, tags, aws...)
}

// userToken is one of an IAM user of the account.
func (w *world) userToken(user string, tags map[string]any) string {
	w.t.Helper()
	return w.sts.Token(account, "orders-lambda", "https://"+w.host, func(_, top, claims map[string]any) {
		arn := "arn:aws:iam::" + account + ":user/" + user
		top["sub"], claims["principal_id"], claims["principal_tags"] = arn, arn, tags
	})
}

func (w *world) tokenOf(number, role string, tags map[string]any, aws ...string) string {
	w.t.Helper()
	known := map[string]string{account: "orders-lambda", other: "billing-ec2", "999988887777": "stranger"}
	return w.sts.Token(number, known[number], "https://"+w.host, func(_, top, claims map[string]any) {
		arn := "arn:aws:iam::" + number + ":role/" + role
		top["sub"], claims["principal_id"], claims["principal_tags"] = arn, arn, tags
		if tags == nil {
			delete(claims, "principal_tags")
		}
		delete(claims, "lambda_source_function_arn")
		for i := 0; i < len(aws); i += 2 {
			claims[aws[i]] = aws[i+1]
		}
	})
}

// answer is what the client got, and what the upstream saw of it.
type answer struct {
	status int
	header http.Header
	body   string
	seen   []*http.Request
}

// ask sends a request with a token, unless it is empty, and header fields.
func (w *world) ask(method, target, token, body string, fields ...string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://"+w.host+"/", strings.NewReader(body))
	must(w.t, err)
	if strings.HasPrefix(target, "//") {
		r.URL.Path = target // an opaque one would begin with a host
	} else {
		r.URL.Opaque = target // as it is written
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header[fields[i]] = append(r.Header[fields[i]], fields[i+1])
	}
	response, err := w.client.Do(r)
	must(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil && response.StatusCode < 400 {
		w.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text), w.upstream.takeSeen()}
}

// reason is that of the gateway's decision after the first n.
func (w *world) reason(n int) string {
	w.t.Helper()
	decision, err := w.gateway.Decision(n)
	must(w.t, err)
	return decision.Reason
}

// run runs a script of the page on a machine where the gateway is the page's host,
// and the AWS CLI gives the token.
func (w *world) run(script, token string) (string, error) {
	w.t.Helper()
	certificate, _ := certificateOf(w.t)
	home := w.t.TempDir()
	must(w.t, os.WriteFile(filepath.Join(home, ".curlrc"), fmt.Appendf(nil, "silent\nshow-error\ncacert = %s\nconnect-to = %s:443:%s\n", certificate, w.host, w.address), 0o600))
	must(w.t, os.WriteFile(filepath.Join(home, "aws"), fmt.Appendf(nil, "#!/bin/sh\n[ \"$1 $2\" = 'sts get-web-identity-token' ] || exit 2\necho '%s'\n", token), 0o700))
	command := exec.CommandContext(w.t.Context(), "bash", "-euc", script)
	command.Dir = home
	command.Env = append(os.Environ(), "HOME="+home, "PATH="+home+":"+binaries+":"+os.Getenv("PATH"))
	output, err := command.CombinedOutput()
	return string(output), err
}

// upstream keeps the requests that reach it, and answers by its handler.
type upstream struct {
	address string
	mu      sync.Mutex
	seen    []*http.Request
	handler http.Handler
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			fmt.Fprintln(w, "ok")
		}
	})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		u.seen = append(u.seen, r.Clone(context.Background()))
		handler := u.handler
		u.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u.address = server.Listener.Addr().String()
	return u
}

func (u *upstream) takeSeen() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

// identity are the fields of a request that say who calls, in any spelling.
func identity(r *http.Request, own ...string) map[string][]string {
	plain := func(name string) string {
		return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
	}
	fields := make(map[string][]string)
	for name, values := range r.Header {
		if strings.HasPrefix(plain(name), "x-aws-token-") || slices.Contains(own, plain(name)) || name == "Authorization" {
			fields[plain(name)] = append(fields[plain(name)], values...)
		}
	}
	return fields
}
