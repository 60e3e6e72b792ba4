package keys

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// list writes the file DIR/issuers.json with an entry for each account.
func (w *world) list(accounts ...string) string {
	w.t.Helper()
	entries := []map[string]any{}
	for _, account := range accounts {
		entries = append(entries, map[string]any{"url": w.issuers.url(account), "accounts": []string{account}})
	}
	text, err := json.Marshal(entries)
	must(w.t, err)
	file := filepath.Join(w.directory, "issuers.json")
	replace(w.t, file, string(text))
	return file
}

// A new version of the issuers file is in force within about two seconds, with
// no reload: the issuer that came passes, the one that went is unknown, and the
// one that stayed never notices.
func TestIssuersFileIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, startIssuers(t, accounts(4), "", nil))
	stays, goes, comes := accountID(0), accountID(1), accountID(2)
	w.list(stays, goes, accountID(3))
	w.start(site("a", "issuers_file DIR/issuers.json"))
	w.passes("a", w.issuers.token(stays))
	w.passes("a", w.issuers.token(goes))
	w.refuses("a", w.issuers.token(comes), http.StatusUnauthorized, "unknown_issuer")

	w.list(comes, stays, accountID(3))
	replaced := time.Now()
	eventually(t, "the issuer that came passes", func() bool {
		w.passes("a", w.issuers.token(stays))
		return w.send("a", w.issuers.token(comes)).status == http.StatusOK
	})
	if took := time.Since(replaced); took > 15*time.Second { // a second, and what a busy machine needs
		t.Errorf("it took %v", took)
	}
	w.upstream.Seen()
	w.passes("a", w.issuers.token(comes))
	w.passes("a", w.issuers.token(stays))
	w.refuses("a", w.issuers.token(goes), http.StatusUnauthorized, "unknown_issuer")
	if n := w.issuers.fetched(stays).Keys; n != 1 {
		t.Errorf("the keys of the issuer that stayed were fetched %d times", n)
	}
}

// badIssuers has several faults in several entries.
const badIssuers = `[
	{"url": "ORDERS", "accounts": ["1234"], "algorithms": ["RS256", "none"]},
	{"url": "https://*.tokens.sts.global.api.aws", "jwks_uri": "https://else.example/jwks"},
	{"url": "https://issuer.example?x=1", "accounts": ["111122223333", "12345678901x"]},
	{"url": "BILLING", "jwks_url": "https://else.example/jwks", "jwks_file": "/nowhere/jwks.json"},
	{"url": "BILLING"}
]`

// badIssuersFaults are the paths of its faults.
var badIssuersFaults = []string{
	"issuers_file[0].accounts[0]", "issuers_file[0].algorithms[1]", "issuers_file[1]: there is no member",
	"issuers_file[2].url", "issuers_file[2].accounts[1]", "issuers_file[3].jwks_file", "issuers_file[4].url",
}

// A version with faults leaves the last good one in force, and the log names
// each fault. So does a file that is gone. The good version that follows comes
// into force.
func TestBadIssuersFileChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	file := w.list(orders)
	w.start(site("a", "issuers_file DIR/issuers.json"))
	w.passes("a", w.issuers.token(orders))
	bad := strings.NewReplacer("ORDERS", w.issuers.url(orders), "BILLING", w.issuers.url(billing)).Replace(badIssuers)

	spoil := map[string]func(){
		"faults":  func() { replace(t, file, bad) },
		"torn":    func() { replace(t, file, bad[:len(bad)/2]) },
		"empty":   func() { replace(t, file, "") },
		"missing": func() { must(t, os.Remove(file)) },
	}
	for name, each := range spoil {
		w.skipLog()
		each()
		eventually(t, name+" was logged", func() bool {
			w.passes("a", w.issuers.token(orders))
			return w.logged(`"level":"error"`, "its last good version stays in force", file)
		})
		if name == "faults" && !w.logged(append(badIssuersFaults, "its last good version stays in force")...) {
			t.Error("the log does not name each fault")
		}
		w.passes("a", w.issuers.token(orders))
		w.refuses("a", w.issuers.token(billing), http.StatusUnauthorized, "unknown_issuer")
	}

	w.list(billing)
	eventually(t, "the next good version is in force", func() bool {
		return w.send("a", w.issuers.token(billing)).status == http.StatusOK
	})
	w.upstream.Seen()
	w.passes("a", w.issuers.token(billing))
	w.refuses("a", w.issuers.token(orders), http.StatusUnauthorized, "unknown_issuer")
}

// At load a bad or missing issuers file fails the start, by naming every fault.
// So does an issuer that stands in the Caddyfile, too. The twin's file is good.
func TestBadIssuersFileFailsTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	fails := func(faults []string, lines ...string) {
		t.Helper()
		text := w.caddyfile(site("a", lines...))
		gateway, err := stack.StartGateway(binaries, w.directory, w.address, text)
		if err == nil {
			t.Error("it started")
			stacktest.StopGateway(t, gateway)
			return
		}
		if !containsAll(err.Error(), faults...) {
			t.Errorf("want %q in %v", faults, err)
		}
	}
	file := filepath.Join(w.directory, "issuers.json")
	fails([]string{"issuers_file", "no such file"}, "issuers_file DIR/issuers.json")
	replace(t, file, strings.NewReplacer("ORDERS", w.issuers.url(orders), "BILLING", w.issuers.url(billing)).Replace(badIssuers))
	// Beside other faults of the handler, which are named as well.
	fails(append(badIssuersFaults, "max_lifetime"), "issuers_file DIR/issuers.json", "max_lifetime 0s")
	w.list(orders)
	fails([]string{"issuers_file[0].url", "issuers[0]"}, "issuers_file DIR/issuers.json", "issuer ORDERS "+orders)

	w.start(site("a", "issuers_file DIR/issuers.json"))
	w.passes("a", w.issuers.token(orders))
}
