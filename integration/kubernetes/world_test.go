package kubernetes

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	account  = "111122223333"
	stranger = "444455556666"
	audience = "https://k8s.example.com"
	deployer = "aws:" + account + ":deployer"
	reports  = "aws:" + account + ":reports"
)

func page(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/recipes/kubernetes.md") }

// world is the gateway of the page before an API server.
type world struct {
	t       *testing.T
	sts     *stacktest.STS
	stsURL  string
	cluster cluster
	gateway *stack.Gateway
	front   *authority // whose certificate the gateway shows
	client  *http.Client
}

// differences are what a world has otherwise than the page says.
type differences struct {
	caddyfile     []string // pairs of texts
	access        []string // pairs of texts
	filter        string   // of impersonationFilters; "" is constrained
	gatewaysProxy bool     // whether the gateway's CA is also that of the front proxies
}

func newWorld(t *testing.T, d differences) *world {
	t.Helper()
	w := &world{t: t}
	w.startSTS()
	cas := newAuthority(t, "kubernetes")
	w.gatewayCertificate(cas)
	must(t, os.WriteFile(cas.file("token"), []byte(serviceAccountToken+"\n"), 0o600))
	allowed := readAccess(t, stacktest.Replaced(t, page(t).BlockWith("yaml", "kind: ClusterRole\n"), append([]string{"aws:123456789012:", "aws:" + account + ":"}, d.access...)...))
	proxies := newAuthority(t, "front-proxy")
	if d.gatewaysProxy {
		proxies = cas
	}
	if d.filter == "" {
		d.filter = "constrained"
	}
	w.cluster = startCluster(t, d.filter, cas, proxies, allowed)
	w.startGateway(cas, d.caddyfile)
	return w
}

// startSTS starts a local STS with the roles of the page.
func (w *world) startSTS() {
	role := func(account, name, group string) devsts.Role {
		return devsts.Role{
			ARN: "arn:aws:iam::" + account + ":role/" + name, AccessKeyID: strings.ToUpper(name) + account, SecretAccessKey: "secret-" + name,
			PrincipalTags: map[string]string{"kubernetes-group": group},
		}
	}
	server, err := devsts.New(devsts.Config{Accounts: []devsts.Account{
		{ID: account, IssuerID: "11112222-3333-4111-8111-111122223333", Roles: []devsts.Role{role(account, "deployer", "deployers"), role(account, "reports", "viewers")}},
		{ID: stranger, IssuerID: "44445555-6666-4444-8444-444455556666", Roles: []devsts.Role{role(stranger, "other", "deployers")}},
	}})
	must(w.t, err)
	listener := httptest.NewServer(server.Handler())
	w.t.Cleanup(listener.Close)
	must(w.t, server.SetBaseURL(listener.URL))
	w.sts, w.stsURL = &stacktest.STS{Server: server}, listener.URL
}

// gatewayCertificate makes the gateway's certificate with the commands of the page.
func (w *world) gatewayCertificate(cas *authority) {
	w.t.Helper()
	script := stacktest.Replaced(w.t, page(w.t).BlockWith("sh", "openssl req"), "/etc/kubernetes/pki/", cas.directory+"/")
	command := exec.CommandContext(w.t.Context(), "sh", "-euc", script)
	command.Dir = cas.directory
	if output, err := command.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, output)
	}
}

func (w *world) startGateway(cas *authority, pairs []string) {
	w.t.Helper()
	front := newAuthority(w.t, "front")
	front.issue("front", name("gateway"))
	address := stacktest.FreeAddress(w.t)
	issuer, err := w.sts.IssuerURL(account)
	must(w.t, err)
	text := stacktest.Replaced(w.t, page(w.t).BlockWith("caddyfile", "aws_jwt"), pairs...)
	text = stacktest.Replaced(w.t, text,
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", issuer+" "+account,
		"k8s.example.com {", "{\n\tadmin off\n\tauto_https off\n}\nhttps://"+address+" {\n\ttls "+front.file("front.crt")+" "+front.file("front.key"),
		"https://10.0.0.10:6443", "https://"+w.cluster.address())
	// A pair may have put the token in the certificate's place.
	text = strings.NewReplacer("/etc/caddy-awsjwt/kubernetes-ca.crt", cas.file("ca.crt"), "/etc/caddy-awsjwt/", cas.directory+"/").Replace(text)
	w.gateway, err = stack.StartGateway(binaries, w.t.TempDir(), address, text)
	must(w.t, err)
	w.t.Cleanup(func() { stacktest.StopGateway(w.t, w.gateway) })
	w.front, w.client = front, trusting(w.t, front)
}

// token is a good one of the deployer with some claims changed.
func (w *world) token(change func(top, aws map[string]any)) string {
	w.t.Helper()
	return w.tokenOf(account, "deployer", change)
}

func (w *world) tokenOf(account, role string, change func(top, aws map[string]any)) string {
	w.t.Helper()
	top, err := w.sts.GoodClaims(role, audience)
	must(w.t, err)
	if change != nil {
		change(top, top["https://sts.amazonaws.com/"].(map[string]any))
	}
	token, err := w.sts.Mint(account, nil, top)
	must(w.t, err)
	return token
}

const review = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

// ask is who am I, with a token, if there is one, and headers in pairs.
func (w *world) ask(token string, headers ...string) *http.Response {
	w.t.Helper()
	return w.send(http.MethodPost, review, token, headers...)
}

// send sends a request and reads its answer, whose body it leaves to be read again.
func (w *world) send(method, path, token string, headers ...string) *http.Response {
	w.t.Helper()
	body := ""
	switch {
	case method == http.MethodPost && path == configMaps:
		body = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}`
	case method == http.MethodPost:
		body = `{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}`
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://"+w.gateway.Address+path, strings.NewReader(body))
	must(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1]) // as it is spelt
	}
	response, err := w.client.Transport.RoundTrip(r)
	must(w.t, err)
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	must(w.t, err)
	response.Body = readAgain{&text}
	return response
}

type readAgain struct{ *bytes.Buffer }

func (readAgain) Close() error { return nil }
