package signals

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

const (
	accountID = "111122223333"
	stranger  = "999988887777"
	audience  = "orders.internal"
)

var must, eventually = stacktest.Must, stacktest.Eventually

// issuers is a local STS.
type issuers struct{ *stacktest.STS }

func newIssuers(t *testing.T) issuers { return issuers{stacktest.NewSTS(t)} }

func (i issuers) mint(account, role string, change func(header, claims, aws map[string]any)) string {
	return i.Token(account, role, audience, change)
}

func (i issuers) good() string { return i.mint(accountID, "orders-lambda", nil) }

// startGateway runs a gateway whose Caddyfile may hold ADDRESS (with http://),
// PORT, ISSUER and STRANGER.
func startGateway(t *testing.T, i issuers, caddyfile string, environment ...string) *stack.Gateway {
	t.Helper()
	address := stacktest.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	caddyfile = strings.NewReplacer("ADDRESS", "http://"+address, "PORT", port, "ISSUER", i.Issuer(accountID), "STRANGER", i.Issuer(stranger)).Replace(caddyfile)
	gateway, err := stack.StartGateway(binaries, t.TempDir(), address, caddyfile, environment...)
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, gateway) })
	return gateway
}

// ask sends a request to a site of the gateway, and returns its status.
func ask(t *testing.T, gateway *stack.Gateway, host, token string, change func(*http.Request)) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+gateway.Address+"/orders", nil)
	must(t, err)
	request.Host = host
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if change != nil {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	if request.Context().Err() != nil {
		return 0 // it hung up, on purpose
	}
	must(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	must(t, err)
	return response.StatusCode
}
