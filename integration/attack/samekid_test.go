package attack

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// i3: every account calls its keys alike. Whoever looks for a key by its kid
// alone, or remembers it so, lets each trusted account speak for the others
// (CVE-2025-59936).
func i3() (probes []probe) {
	for _, each := range []struct{ name, own, other string }{
		{"orders by billing", ordersAccount, billingAccount},
		{"billing by orders", billingAccount, ordersAccount},
	} {
		for _, algorithm := range []string{"ES384", "RS256"} {
			forged, good := crossed(issuers(), each.own, each.other, algorithm)
			probes = append(probes, probe{
				name: each.name + ", " + strings.ToLower(algorithm), site: twoIssuers, attack: call(forged), control: call(good),
				status: http.StatusUnauthorized, reason: "bad_signature",
			})
		}
	}
	return append(probes,
		probe{name: "forged first", script: func(t *testing.T) { freshGate(t, []string{ordersAccount, billingAccount}) }},
		probe{name: "forged first, the other way", script: func(t *testing.T) { freshGate(t, []string{billingAccount, ordersAccount}) }},
		probe{name: "keys from files", script: keysFromFiles},
		probe{name: "while refreshing", script: whileRefreshing},
		probe{name: "after a reload", script: afterReload},
		probe{name: "withdrawn at one", script: withdrawnAtOne},
	)
}

var twoIssuers = siteOf("issuer ISSUER 111122223333", "issuer BILLING 444455556666")

// crossed is an account's good token signed with the key of another that has
// the same name, and with its own.
func crossed(from *devsts.Server, own, other, algorithm string) (forged, good string) {
	claims, err := from.GoodClaims(roles[own], audience)
	if err != nil {
		panic(err)
	}
	sign := func(account string) string {
		token, err := from.Mint(account, map[string]any{"alg": algorithm}, claims)
		if err != nil {
			panic(err)
		}
		return canaries.note(token)
	}
	return sign(other), sign(own)
}

// crossedBoth sends both accounts' forged and good tokens, in the order of the
// accounts.
func (g *gate) crossedBoth(t *testing.T, from *devsts.Server, accounts []string) {
	t.Helper()
	for i, own := range accounts {
		forged, good := crossed(from, own, accounts[1-i], "ES384")
		for _, p := range inClear {
			g.refuses(t, p, call(forged), http.StatusUnauthorized, "bad_signature")
			g.passes(t, p, call(good))
			g.refuses(t, p, call(forged), http.StatusUnauthorized, "bad_signature")
		}
	}
}

// freshGate is one that has fetched nothing when the forged token comes.
func freshGate(t *testing.T, accounts []string) {
	lines := make([]string, len(accounts))
	for i, account := range accounts {
		lines[i] = "issuer " + issuerURL(account) + " " + account
	}
	g := newGate(t, siteOf(lines...))
	g.crossedBoth(t, issuers(), accounts)
	slices.Reverse(accounts)
	g.crossedBoth(t, issuers(), accounts)
}

func keysFromFiles(t *testing.T) {
	directory := t.TempDir()
	file := func(account string) string {
		name := filepath.Join(directory, account+".json")
		if err := os.WriteFile(name, []byte(publishedKeys(account)), 0o600); err != nil {
			t.Fatal(err)
		}
		return "{\n\t\t\tjwks_file " + name + "\n\t\t}"
	}
	g := newGate(t, siteOf("issuer ISSUER 111122223333 "+file(ordersAccount), "issuer BILLING 444455556666 "+file(billingAccount)))
	g.crossedBoth(t, issuers(), []string{ordersAccount, billingAccount})
}

// whileRefreshing sends forged and good tokens while the gateway fetches both
// issuers' keys again and again, and each fetch takes its time.
func whileRefreshing(t *testing.T) {
	own := ownIssuers(t)
	for _, account := range []string{ordersAccount, billingAccount} {
		if err := own.SetFault(devsts.Fault{Issuer: account, Kind: devsts.FaultDelay, Delay: 50 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	g := newGate(t, ownSite(t, own, "jwks {", "\tttl 100ms", "\tcooldown 100ms", "}"))
	const refreshes = 12
	for deadline := time.Now().Add(2 * patience); own.Fetches().Total.Keys < refreshes; {
		if time.Now().After(deadline) {
			t.Fatalf("keys were fetched %d times within %v, want %d", own.Fetches().Total.Keys, 2*patience, refreshes)
		}
		g.crossedBoth(t, own, []string{ordersAccount, billingAccount})
	}
}

// afterReload has the issuers in the other order in the new configuration, which
// takes the keys over from the old.
func afterReload(t *testing.T) {
	admin, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, "global admin "+admin+"\n"+twoIssuers)
	accounts := []string{ordersAccount, billingAccount}
	g.crossedBoth(t, issuers(), accounts)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(g.gateway.LogFile()), "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	orders, billing := "issuer "+issuerURL(ordersAccount)+" "+ordersAccount, "issuer "+issuerURL(billingAccount)+" "+billingAccount
	swapped := strings.NewReplacer(orders, billing, billing, orders).Replace(string(text))
	response, err := http.Post("http://"+admin+"/load", "text/caddyfile", strings.NewReader(swapped))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || swapped == string(text) {
		t.Fatalf("loading: %d %s", response.StatusCode, body)
	}
	g.settle(t)
	slices.Reverse(accounts)
	g.crossedBoth(t, issuers(), accounts)
}

// settle waits after a reload until connections are the new server's: for a
// moment the old one takes some, and closes them as they are.
func (g *gate) settle(t *testing.T) {
	t.Helper()
	const inARow = 20
	for answered, deadline := 0, time.Now().Add(patience); answered < inARow; answered++ {
		if a := g.send(t, h1, request{}); a.status == 0 {
			answered = 0
		}
		if time.Now().After(deadline) {
			t.Fatalf("the new server did not answer within %v", patience)
		}
	}
}

// withdrawnAtOne: a kid that one issuer has withdrawn, and the other still has.
func withdrawnAtOne(t *testing.T) {
	own := ownIssuers(t)
	g := newGate(t, ownSite(t, own, "jwks {", "\tcooldown 100ms", "}"))
	forged, old := crossed(own, ordersAccount, billingAccount, "ES384")
	g.passes(t, h1, call(old))
	if err := own.Rotate(ordersAccount, true); err != nil {
		t.Fatal(err)
	}
	_, current := crossed(own, ordersAccount, billingAccount, "ES384")
	// Its kid is unknown, and so the keys are fetched, once the cooldown is over.
	for deadline := time.Now().Add(patience); g.send(t, h1, call(current)).status != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the new key is not fetched")
		}
	}
	g.refuses(t, h1, call(forged), http.StatusUnauthorized, "unknown_key")
	g.refuses(t, h1, call(old), http.StatusUnauthorized, "unknown_key")
	g.passes(t, h1, call(current))
	_, billing := crossed(own, billingAccount, ordersAccount, "ES384")
	g.passes(t, h1, call(billing))
}

// ownIssuers are issuers that one probe can do with as it likes.
func ownIssuers(t *testing.T) *devsts.Server {
	t.Helper()
	server, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(listener.Close)
	if err := server.SetBaseURL(listener.URL); err != nil {
		t.Fatal(err)
	}
	return server
}

// ownSite trusts orders and billing among them.
func ownSite(t *testing.T, from *devsts.Server, lines ...string) string {
	t.Helper()
	for _, account := range []string{ordersAccount, billingAccount} {
		url, err := from.IssuerURL(account)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "issuer "+url+" "+account)
	}
	return siteOf(lines...)
}
