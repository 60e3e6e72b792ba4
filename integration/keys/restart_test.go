package keys

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// A gateway that was restarted while the issuer is down goes on with the keys
// that it had stored. The twins were told to store none, or have never fetched.
func TestRestartWithIssuerDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	sites := []string{
		site("kept", "issuer ORDERS "+orders, "issuer BILLING "+billing),
		site("off", "issuer ORDERS "+orders, "jwks {", "persist off", "}"),
	}
	w.start(sites...)
	first := w.issuers.token(orders)
	w.passes("kept", first)
	w.passes("off", first)
	files := w.stored(1)
	w.stop()

	w.issuers.down()
	before := w.issuers.Fetches()
	w.start(sites...)
	w.passes("kept", w.issuers.token(orders))
	w.passes("kept", w.issuers.mint("orders-lambda", orders, signedRS256))
	w.unavailable("off", w.issuers.token(orders))
	w.unavailable("kept", w.issuers.token(billing))
	if after := w.issuers.Fetches(); after.Total != before.Total {
		t.Errorf("the issuers were asked %+v, %+v before", after.Total, before.Total)
	}
	checkStoredFile(t, files[w.issuers.url(orders)], first)
}

// A restart makes keys no younger: max_stale counts from the fetch. Had it begun
// anew, they would serve for another hour.
func TestRestartMakesKeysNoYounger(t *testing.T) {
	t.Parallel()
	const left = 12 * time.Second // for the restart, and for a first request behind it
	w := newWorld(t, newIssuers(t))
	a := site("a", "issuer ORDERS "+orders, "jwks {", "max_stale 1h", "cooldown 1s", "}")
	w.start(a)
	w.passes("a", w.issuers.token(orders))
	files := w.stored(1)
	w.stop()
	end := time.Now().Add(left)
	fetchedAgo(time.Hour-left)(t, files[w.issuers.url(orders)])
	w.issuers.fault(orders, devsts.FaultError)
	w.start(a)
	eventually(t, "the stored keys grew too old", func() bool {
		before := time.Now()
		status := w.send("a", w.issuers.token(orders)).status
		w.upstream.Seen()
		if status == http.StatusOK {
			return false
		}
		if time.Now().Before(end) {
			t.Errorf("status %d, %v before the keys are too old", status, end.Sub(before))
		}
		return true
	})
	w.unavailable("a", w.issuers.token(orders))
}

// checkStoredFile asserts that nobody but the gateway's user reads a file of
// keys, and that the token that they were fetched for is not in it.
func checkStoredFile(t *testing.T, file string, with token) {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("%s has mode %v", file, mode)
	}
	text, err := os.ReadFile(file)
	must(t, err)
	for _, part := range strings.Split(with.text, ".") {
		if strings.Contains(string(text), part) {
			t.Errorf("%s holds a part of a token", file)
		}
	}
	if !strings.Contains(string(text), `"EC384_`) { // what it must hold is found in the same way
		t.Errorf("%s lacks the key: %s", file, text)
	}
}

// Keys that were stored by one way of fetching do not come back for another,
// which might not have got them. How long keys serve is no such way.
func TestStoredKeysAreOfOneWayOfFetching(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	authority := newAuthority(t)
	jwks := func(host string, lines ...string) string {
		return site(host, append(append([]string{"issuer ORDERS " + orders, "jwks {", "cooldown 1h"}, lines...), "}")...)
	}
	w.start(jwks("same"))
	w.passes("same", w.issuers.token(orders))
	w.stored(1)
	w.stop()

	w.issuers.down()
	w.start(jwks("same"), jwks("ttl", "ttl 1h", "timeout 1s"), jwks("ca", "ca "+authority.file),
		jwks("proxy", "proxy http://"+freeAddress(t)), jwks("private", "allow_private_addresses"))
	w.passes("same", w.issuers.token(orders))
	w.passes("ttl", w.issuers.token(orders))
	for _, host := range []string{"ca", "proxy", "private"} {
		w.unavailable(host, w.issuers.token(orders))
	}
}

// spoilt is what was done to a stored file before a restart.
type spoilt struct {
	name  string
	spoil func(t *testing.T, file string)
	log   string // why the keys are ignored; "" is that they are not
}

func write(text string) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		t.Helper()
		must(t, os.WriteFile(file, []byte(text), 0o600))
	}
}

func members(change func(map[string]any)) func(*testing.T, string) {
	return func(t *testing.T, file string) { t.Helper(); rewrite(t, file, change) }
}

// copyOver puts the first of all stored files in the place of another.
func copyOver(t *testing.T, file string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.json"))
	must(t, err)
	text, err := os.ReadFile(all[0])
	must(t, err)
	must(t, os.WriteFile(file, text, 0o600))
}

// How old stored keys are where a max_stale of 24 hours tells old from too old,
// and how far ahead where clocks may be set by a minute.
const (
	old, tooOld      = 23 * time.Hour, 25 * time.Hour
	justAhead, ahead = 30 * time.Second, time.Hour
)

var spoiltFiles = []spoilt{
	{"whole", func(*testing.T, string) {}, ""},
	{"empty", write(""), "ignoring stored keys"},
	{"torn", func(t *testing.T, file string) { t.Helper(); must(t, os.Truncate(file, 500)) }, "ignoring stored keys"},
	{"no JSON", write("<html>"), "ignoring stored keys"},
	{"another issuer's", copyOver, "they are those of"},
	{"another place's", members(func(d map[string]any) { d["jwks_url"] = "https://else.example/jwks" }), "they are those of"},
	{"no usable key", members(func(d map[string]any) { d["jwks"] = map[string]any{"keys": []any{}} }), "ignoring stored keys"},
	{"without a date", members(func(d map[string]any) { delete(d, "fetched") }), "ignoring stored keys"},
	{"from the future", fetchedAgo(-ahead), "ignoring stored keys"},
	{"from just ahead", fetchedAgo(-justAhead), ""},
	{"too old", fetchedAgo(tooOld), "they are too old"},
	{"old", fetchedAgo(old), ""},
}

// Each stored file is of an issuer of its own and was spoilt in its own way.
// What is not as it was stored is ignored and logged, and fetched anew as soon
// as the issuer is up.
func TestSpoiltStoredKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, startIssuers(t, accounts(len(spoiltFiles)), "", nil))
	lines := []string{"jwks {", "max_stale 24h", "cooldown 1s", "}"}
	for n := range spoiltFiles {
		lines = append(lines, "issuer "+w.issuers.url(accountID(n))+" "+accountID(n))
	}
	w.start(site("a", lines...))
	for n := range spoiltFiles {
		w.passes("a", w.issuers.token(accountID(n)))
	}
	files := w.stored(len(spoiltFiles))
	w.stop()
	for n, each := range spoiltFiles {
		each.spoil(t, files[w.issuers.url(accountID(n))])
	}

	w.issuers.fault(devsts.AnyIssuer, devsts.FaultError)
	w.start(site("a", lines...))
	for n, each := range spoiltFiles {
		with := w.issuers.token(accountID(n))
		if each.log == "" {
			w.passes("a", with)
			continue
		}
		w.unavailable("a", with)
		if !w.logged(each.log, w.issuers.url(accountID(n))) {
			t.Errorf("%q was not logged", each.log)
		}
		if t.Failed() {
			t.Fatalf("the stored file was %s", each.name)
		}
	}
	w.stop()

	must(t, w.issuers.ClearFaults(""))
	w.issuers.ResetFetches()
	w.start(site("a", lines...))
	for n, each := range spoiltFiles {
		w.passes("a", w.issuers.token(accountID(n)))
		if fetches := w.issuers.fetched(accountID(n)).Keys; each.log != "" && fetches != 1 {
			t.Errorf("%s: fetched %d times", each.name, fetches)
		}
	}
}
