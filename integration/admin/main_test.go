package admin

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
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
)

var must, eventually = stacktest.Must, stacktest.Eventually

// newSTS is a local STS, whose keys are made before anybody waits for them.
func newSTS(t *testing.T) *stacktest.STS {
	t.Helper()
	sts := stacktest.NewSTS(t)
	for _, account := range []string{orders, billing} {
		_, err := sts.SigningKey(account, devsts.RS256)
		must(t, err)
	}
	return sts
}

// world is a gateway before an upstream.
type world struct {
	t         *testing.T
	sts       *stacktest.STS
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
	w := &world{
		t: t, sts: newSTS(t), upstream: upstream, directory: t.TempDir(),
		address: stacktest.FreeAddress(t), admin: stacktest.FreeAddress(t),
	}
	w.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: stacktest.Patience}
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
		"ORDERS", w.sts.Issuer(orders), "BILLING", w.sts.Issuer(billing)).Replace(text)
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
	stacktest.StopGateway(w.t, w.gateway)
	w.gateway = nil
}
