package dashboard

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	account  = "111122223333"
	stranger = "999988887777"
	audience = "https://dashboards.example.com"
)

func page(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/recipes/dashboard.md") }

// world is the gateway of the page before something.
type world struct {
	t       *testing.T
	sts     *stacktest.STS
	gateway *stack.Gateway
}

// newWorld starts the gateway before an address, with pairs of texts of its
// Caddyfile replaced.
func newWorld(t *testing.T, upstream string, pairs ...string) *world {
	t.Helper()
	w := &world{t: t, sts: stacktest.NewSTS(t)}
	address := stacktest.FreeAddress(t)
	text := stacktest.Replaced(t, page(t).BlockWith("caddyfile", "aws_jwt"), pairs...)
	text = stacktest.Replaced(t, text,
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", w.sts.Issuer(account)+" "+account,
		"dashboards.example.com {", "{\n\tadmin off\n}\nhttp://"+address+" {", "127.0.0.1:3000", upstream)
	var err error
	w.gateway, err = stack.StartGateway(binaries, t.TempDir(), address, text)
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	return w
}

// caller is a role, its account and its tags.
type caller struct {
	account, arn string
	tags         map[string]any
}

func role(name, dashboardRole string) caller {
	return caller{account, "arn:aws:iam::" + account + ":role/" + name, map[string]any{"dashboard-role": dashboardRole}}
}

func (w *world) token(c caller) string {
	w.t.Helper()
	signing := map[string]string{account: "orders-lambda", stranger: "stranger"}[c.account]
	return w.sts.Token(c.account, signing, audience, func(_, top, aws map[string]any) {
		top["sub"], aws["principal_id"], aws["principal_tags"] = c.arn, c.arn, c.tags
	})
}

// answer is what came back.
type answer struct {
	status  int
	text    string
	cookies []*http.Cookie
}

// send sends a request to an address, with a token, if there is one, and headers in
// pairs, spelt as they are; a form makes it a POST.
func send(t *testing.T, address, path, token string, form url.Values, headers ...string) answer {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return answer{response.StatusCode, string(text), response.Cookies()}
}
