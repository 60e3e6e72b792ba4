package signals

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/decisionlog"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
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

	patience = 20 * time.Second
)

// issuers is a local STS in this process, whose documents pass through front.
type issuers struct{ *devsts.Server }

func newIssuers(t *testing.T, front func(http.Handler) http.Handler) issuers {
	t.Helper()
	server, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	handler := server.Handler()
	if front != nil {
		handler = front(handler)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(listener.Close)
	if err := server.SetBaseURL(listener.URL); err != nil {
		t.Fatal(err)
	}
	return issuers{server}
}

func (i issuers) url(t *testing.T, account string) string {
	t.Helper()
	url, err := i.IssuerURL(account)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// mint signs the good claims of a role, after a change.
func (i issuers) mint(t *testing.T, account, role string, change func(header, claims, aws map[string]any)) string {
	t.Helper()
	claims, err := i.GoodClaims(role, audience)
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]any{}
	if change != nil {
		change(header, claims, claims["https://sts.amazonaws.com/"].(map[string]any))
	}
	token, err := i.Mint(account, header, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i issuers) good(t *testing.T) string { return i.mint(t, accountID, "orders-lambda", nil) }

// startGateway runs a gateway whose Caddyfile may hold ADDRESS (with http://),
// PORT, ISSUER and STRANGER.
func startGateway(t *testing.T, i issuers, caddyfile string, environment ...string) *stack.Gateway {
	t.Helper()
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(address, ":")
	caddyfile = strings.NewReplacer("ADDRESS", "http://"+address, "PORT", port, "ISSUER", i.url(t, accountID), "STRANGER", i.url(t, stranger)).Replace(caddyfile)
	gateway, err := stack.StartGateway(binaries, t.TempDir(), address, caddyfile, environment...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gateway.Stop(); err != nil {
			t.Error(err)
		}
		lines := gateway.Log()
		if _, err := decisionlog.Check(lines); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(strings.Join(lines[max(0, len(lines)-20):], "\n"))
		}
	})
	return gateway
}

// ask sends a request to a site of the gateway, and returns its status.
func ask(t *testing.T, gateway *stack.Gateway, host, token string, change func(*http.Request)) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+gateway.Address+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
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
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
