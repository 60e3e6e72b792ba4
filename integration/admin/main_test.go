package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

const (
	orders   = "111122223333"
	billing  = "444455556666"
	audience = "orders.internal"

	// patience is how long a test waits for what must happen. It is long, so that a
	// machine with other work to do fails nothing.
	patience = 60 * time.Second
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually polls until ok, and fails the test if that is never so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it did not happen that %s", patience, what)
		}
	}
}

// newSTS is a local STS in this process. Its keys are made before anybody waits
// for them.
func newSTS(t *testing.T) *devsts.Server {
	t.Helper()
	sts, err := devsts.New(devsts.DefaultConfig())
	must(t, err)
	listening := httptest.NewServer(sts.Handler())
	t.Cleanup(listening.Close)
	must(t, sts.SetBaseURL(listening.URL))
	for _, account := range []string{orders, billing} {
		_, err := sts.SigningKey(account, devsts.RS256)
		must(t, err)
	}
	return sts
}

func issuerOf(t *testing.T, sts *devsts.Server, account string) string {
	t.Helper()
	issuer, err := sts.IssuerURL(account)
	must(t, err)
	return issuer
}

// tokenOf mints a role's good claims after a change.
func tokenOf(t *testing.T, sts *devsts.Server, role, account string, change func(claims map[string]any)) string {
	t.Helper()
	claims, err := sts.GoodClaims(role, audience)
	must(t, err)
	if change != nil {
		change(claims)
	}
	token, err := sts.Mint(account, map[string]any{}, claims)
	must(t, err)
	return token
}

// world is a gateway before an upstream.
type world struct {
	t         *testing.T
	sts       *devsts.Server
	upstream  *stack.Upstream
	gateway   *stack.Gateway
	directory string
	address   string // of all sites
	admin     string
	client    *http.Client
}

// newWorld makes one whose gateway is still to be started.
func newWorld(t *testing.T) *world {
	t.Helper()
	upstream, err := stack.StartUpstream()
	must(t, err)
	t.Cleanup(upstream.Close)
	w := &world{t: t, sts: newSTS(t), upstream: upstream, directory: t.TempDir()}
	for _, address := range []*string{&w.address, &w.admin} {
		*address, err = stack.FreeAddress()
		must(t, err)
	}
	w.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	t.Cleanup(w.stop)
	return w
}

// caddyfile fills in ADDRESS, PORT, ADMIN, UPSTREAM, ORDERS and BILLING.
func (w *world) caddyfile(text string) string {
	w.t.Helper()
	_, port, _ := strings.Cut(w.address, ":")
	if !strings.HasPrefix(text, "{\n\tadmin") {
		text = "{\n\tadmin ADMIN\n\tdebug\n\tdefault_bind 127.0.0.1\n\tpersist_config off\n}\n" + text
	}
	return strings.NewReplacer("PORT", port, "ADMIN", w.admin, "UPSTREAM", w.upstream.Address,
		"ORDERS", issuerOf(w.t, w.sts, orders), "BILLING", issuerOf(w.t, w.sts, billing)).Replace(text)
}

func (w *world) start(caddyfile string) {
	w.t.Helper()
	var err error
	w.gateway, err = stack.StartGateway(binaries, w.directory, w.address, w.caddyfile(caddyfile))
	must(w.t, err)
	// It listens a moment before its configuration is the one that runs, which this
	// waits for.
	w.call(http.MethodGet, "/config/", "")
}

func (w *world) stop() {
	if w.gateway == nil {
		return
	}
	if err := w.gateway.Stop(); err != nil {
		w.t.Error(err)
	}
	if w.t.Failed() {
		log := w.gateway.Log()
		w.t.Log(strings.Join(log[max(0, len(log)-15):], "\n"))
	}
	w.gateway = nil
}
