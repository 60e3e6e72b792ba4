package keys

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

const keepNothing = "jwks {\npersist off\n}"

// A reload goes on with the keys that are there: with the issuer down and
// nothing stored they serve, and nobody asks for them. The twin is the issuer
// that was not used before.
func TestKeysSurviveReloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	lines := []string{"issuer ORDERS " + orders, "issuer BILLING " + billing, keepNothing}
	w.start(site("a", lines...))
	w.passes("a", w.issuers.token(orders))

	w.issuers.fault(devsts.AnyIssuer, devsts.FaultError)
	w.issuers.ResetFetches()
	for _, more := range []string{"", "leeway 10s", "deny never `false`"} {
		w.reload(site("a", append(lines, more)...), site("b", lines...))
		w.passes("a", w.issuers.token(orders))
		w.passes("b", w.issuers.token(orders))
	}
	if n := w.issuers.Fetches().Total; n != (devsts.FetchCount{}) {
		t.Errorf("after the reloads the issuers were asked %+v", n)
	}
	w.unavailable("a", w.issuers.token(billing))
}

// With other settings for keys, a reload begins with what is stored. The twin
// stores nothing.
func TestReloadWithOtherSettingsFindsStoredKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	sites := func(ttl string) []string {
		return []string{
			site("kept", "issuer ORDERS "+orders, "jwks {", "ttl "+ttl, "}"),
			site("off", "issuer ORDERS "+orders, "jwks {", "ttl "+ttl, "persist off", "}"),
		}
	}
	w.start(sites("1h")...)
	w.passes("kept", w.issuers.token(orders))
	w.passes("off", w.issuers.token(orders))
	w.stored(1)
	w.issuers.fault(orders, devsts.FaultError)
	w.reload(sites("2h")...)
	w.passes("kept", w.issuers.token(orders))
	w.unavailable("off", w.issuers.token(orders))
}

// A reload that fails, however far it came, takes nothing from the configuration
// that runs on: not its keys, and not its rules.
func TestFailedReloadsHarmNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	good := site("a", "issuer ORDERS "+orders, keepNothing)
	w.start(good)
	w.passes("a", w.issuers.token(orders))
	w.issuers.fault(devsts.AnyIssuer, devsts.FaultError)
	w.issuers.ResetFetches()

	taken := listen(t, freeAddress(t))
	t.Cleanup(func() { _ = taken.Close() })
	laxer := "issuer BILLING " + billing
	fails := map[string]struct {
		fault string
		sites []string
	}{
		"a bad rule": {"deny", []string{site("a", "issuer ORDERS "+orders, laxer, keepNothing, "deny bad `aws_token.nothing == 1`")}},
		"good, then bad": {"1234", []string{
			site("a", "issuer ORDERS "+orders, laxer, keepNothing), site("b", "issuer BILLING 1234", keepNothing),
		}},
		"bad, then good":     {"1234", []string{site("b", "issuer BILLING 1234", keepNothing), good}},
		"other key settings": {"1234", []string{site("a", laxer, "jwks {\nttl 1h\n}"), site("b", "issuer BILLING 1234")}},
		"an address that is taken": {"address already in use", []string{
			site("a", "issuer ORDERS "+orders, laxer, keepNothing), "http://" + taken.Addr().String() + " {\nrespond hello\n}\n",
		}},
	}
	for name, each := range fails {
		status, text := w.load(each.sites...)
		if status == http.StatusOK || !strings.Contains(text, each.fault) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		w.passes("a", w.issuers.token(orders))
		w.refuses("a", w.issuers.token(billing), http.StatusUnauthorized, "unknown_issuer")
	}

	// The control: a good one takes effect, and has the keys.
	w.reload(site("a", "issuer ORDERS "+orders, laxer, keepNothing))
	w.passes("a", w.issuers.token(orders))
	if n := w.issuers.Fetches().Total; n != (devsts.FetchCount{}) {
		t.Errorf("the issuers were asked %+v", n)
	}
	w.unavailable("a", w.issuers.token(billing))
}

// Sites with the same settings share one fetch, those with others do not, and
// none of them depends on the others' staying.
func TestSitesShareKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	one, two := site("one", "issuer ORDERS "+orders, keepNothing), site("two", "issuer ORDERS "+orders, keepNothing, "leeway 5s")
	other := site("other", "issuer ORDERS "+orders, "jwks {\nttl 1h\npersist off\n}")
	w.start(one, two, other)
	wantFetches := func(n int) {
		t.Helper()
		if got := w.issuers.fetched(orders); got.Discovery != n || got.Keys != n {
			t.Errorf("fetched %+v, want %d times", got, n)
		}
	}
	w.passes("one", w.issuers.token(orders))
	w.passes("two", w.issuers.token(orders))
	wantFetches(1)
	w.passes("other", w.issuers.token(orders))
	wantFetches(2)

	w.issuers.fault(orders, devsts.FaultError)
	w.reload(two)
	w.passes("two", w.issuers.token(orders))
	w.reload(one, two)
	w.passes("one", w.issuers.token(orders))
	w.reload(one)
	w.passes("one", w.issuers.token(orders))
	wantFetches(2)

	// The one whose settings nobody had any more begins anew.
	w.reload(one, other)
	w.passes("one", w.issuers.token(orders))
	w.unavailable("other", w.issuers.token(orders))
}

// What a reload ends is gone: fifty of them leave no goroutine behind, although
// each configuration has served, and has fetched for itself alone.
func TestReloadsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	// Caddy's own proxies keep connections for two minutes after their end.
	sparse := strings.NewReplacer("reverse_proxy UPSTREAM", "reverse_proxy UPSTREAM {\ntransport http {\nkeepalive off\n}\n}")
	next := 0
	reload := func() {
		next++
		// Two settings in turn, so that key sets come and go, too.
		ttl := []string{"1h", "2h"}[next%2]
		w.reload(sparse.Replace(site("a", "issuer ORDERS "+orders, "jwks {\nttl "+ttl+"\npersist off\n}") +
			site("b", "issuer ORDERS "+orders, keepNothing)))
		w.passes("a", w.issuers.token(orders))
		w.passes("b", w.issuers.token(orders))
	}
	w.start(site("a", "issuer ORDERS "+orders))
	for range 5 {
		reload()
	}
	before, _ := w.goroutines()
	for range 50 {
		reload()
	}
	const margin = 10 // a connection has a few
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		n, where := w.goroutines()
		if n <= before+margin {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before 50 reloads, %d behind them: %s", before, n, where)
		}
	}
	if n := w.issuers.fetched(orders).Keys; n != 1+55 {
		t.Errorf("fetched %d times, want once at each change of settings", n)
	}
}
