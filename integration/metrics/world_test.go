package metrics

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	audience = "https://orders.example"

	// Of the default accounts.
	orders   = "111122223333"
	billing  = "444455556666"
	stranger = "999988887777"
)

// world is a gateway with an admin endpoint, before issuers that can fail.
type world struct {
	t       *testing.T
	sts     *stacktest.STS
	address string // of all its sites, which differ by their hosts
	admin   string
	gateway *stack.Gateway
	client  *http.Client
}

// newWorld starts a gateway with these sites.
func newWorld(t *testing.T, sites ...string) *world {
	t.Helper()
	w := &world{t: t, sts: stacktest.NewSTS(t), address: stacktest.FreeAddress(t), admin: stacktest.FreeAddress(t)}
	w.client = &http.Client{Timeout: stacktest.Patience, Transport: &http.Transport{
		MaxIdleConnsPerHost: 100,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.address)
		},
	}}
	var err error
	w.gateway, err = stack.StartGateway(binaries, t.TempDir(), w.address, w.caddyfile(sites...))
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	return w
}

// site is a block of a Caddyfile: a host that answers those whom its aws_jwt
// lets pass.
func site(host string, lines ...string) string {
	return "http://" + host + ":PORT {\n\taws_jwt {\n\t\taudience " + audience + "\n\t\t" +
		strings.Join(lines, "\n\t\t") + "\n\t}\n\trespond ok\n}\n"
}

// caddyfile joins sites. They may hold PORT (the gateway's), and ORDERS, BILLING
// and STRANGER (the issuers of these accounts).
func (w *world) caddyfile(sites ...string) string {
	w.t.Helper()
	_, port, err := net.SplitHostPort(w.address)
	must(w.t, err)
	text := "{\n\tadmin " + w.admin + "\n\tdefault_bind 127.0.0.1\n\tpersist_config off\n}\n" + strings.Join(sites, "")
	replace := []string{"PORT", port}
	for name, account := range map[string]string{"ORDERS": orders, "BILLING": billing, "STRANGER": stranger} {
		replace = append(replace, name, w.sts.Issuer(account))
	}
	return strings.NewReplacer(replace...).Replace(text)
}

// load posts a configuration to the admin API, and returns the status.
func (w *world) load(sites ...string) int {
	w.t.Helper()
	text := w.caddyfile(sites...)
	var status int
	eventually(w.t, "the admin API answered", func() bool {
		request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.admin+"/load", strings.NewReader(text))
		must(w.t, err)
		request.Header.Set("Content-Type", "text/caddyfile")
		request.Close = true
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false // by the admin listener of the configuration before
		}
		defer response.Body.Close()
		status = response.StatusCode
		return true
	})
	return status
}

// get asks a site for something, with a token or without, and wants a status.
func (w *world) get(host, token string, want int) {
	w.t.Helper()
	if status, err := w.try(w.t.Context(), host, token); err != nil || status != want {
		w.t.Fatalf("%s answers %d, %v; want %d", host, status, err, want)
	}
}

func (w *world) try(ctx context.Context, host, token string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/orders", nil)
	if err != nil {
		return 0, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// claims is a payload; aws is its part that is particular to AWS.
type claims struct{ top, aws map[string]any }

// roleOf is a role of each account.
var roleOf = map[string]string{orders: "orders-lambda", billing: "billing-ec2", stranger: "stranger"}

// mint signs the good claims of an account's role, changed by change.
func (w *world) mint(account string, change func(claims)) string {
	w.t.Helper()
	return w.sts.Token(account, roleOf[account], audience, func(_, top, aws map[string]any) {
		if change != nil {
			change(claims{top, aws})
		}
	})
}

// shifted moves a token's times.
func shifted(by time.Duration) func(claims) {
	return func(c claims) {
		for _, name := range []string{"iat", "exp"} {
			at, _ := c.top[name].(int64)
			c.top[name] = at + int64(by/time.Second)
		}
	}
}

// scrape returns what a page of metrics says of us: each series as
// name{labels}, and the lines as they are.
func (w *world) scrape(client *http.Client, url string) (map[string]float64, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url, nil)
	must(w.t, err)
	response, err := client.Do(request)
	must(w.t, err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	must(w.t, err)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s answers %s", url, response.Status)
	}
	series, ours := make(map[string]float64), new(strings.Builder)
	for line := range strings.Lines(string(page)) {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		if !strings.HasPrefix(name, "caddy_aws_jwt_") {
			continue
		}
		ours.WriteString(line)
		if name != line {
			continue
		}
		cut := strings.LastIndexByte(line, ' ')
		var value float64
		if _, err := fmt.Sscan(line[cut:], &value); err != nil {
			w.t.Fatalf("reading %q: %v", line, err)
		}
		series[line[:cut]] = value
	}
	return series, ours.String()
}

// scraped is the page of the admin endpoint.
func (w *world) scraped() (map[string]float64, string) {
	w.t.Helper()
	return w.scrape(http.DefaultClient, "http://"+w.admin+"/metrics")
}
